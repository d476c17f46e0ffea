"""What Rasa is shown of a message, and its features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.dialogue.asking import asking_part
from bot.dialogue.cues import Cues
from bot.dialogue.frames import Frames, common_words
from bot.dialogue.views import LONGEST_MESSAGE, Views, prepare

TEXTS = ["làm căn cước cần giấy tờ gì", "lệ phí bao nhiêu tiền", "nộp hồ sơ ở đâu", "xin chào", "cảm ơn bạn"]


@pytest.fixture(scope="module")
def views() -> Views:
    return Views.fit(TEXTS, Cues.ours())


@pytest.mark.parametrize(
    ("typed", "seen"), [("/greet", "greet"), (" //restart ", "restart"), ("/", ""), ("", ""), ("\u200b", "")]
)
def test_a_leading_slash_is_defused(typed: str, seen: str) -> None:
    assert prepare(typed) == seen


def test_only_the_beginning_of_an_endless_message_is_looked_at() -> None:
    assert len(prepare("a " * 100_000)) <= LONGEST_MESSAGE


def test_the_same_words_without_diacritics_share_most_features(views: Views) -> None:
    with_marks, without = set(views.row("nộp hồ sơ ở đâu")[0]), set(views.row("nop ho so o dau")[0])
    assert len(with_marks & without) > 0.7 * len(with_marks)


@pytest.mark.parametrize("text", ["", "🙂", "zzzz", "中文"])
def test_a_message_of_unknown_words_has_a_row(views: Views, text: str) -> None:
    columns, values = views.row(text)
    assert len(columns) == len(values)


def test_views_come_back_from_a_file_as_they_were(views: Views, tmp_path: Path) -> None:
    views.save(tmp_path)
    again = Views.load(tmp_path)
    for text in TEXTS:
        assert np.array_equal(again.row(text)[1], views.row(text)[1])


def test_a_topic_becomes_a_gap_in_a_frame() -> None:
    frames = Frames.fit(TEXTS, common_words([["làm thế nào"]]), Cues.ours())
    tractor, boat = frames.features("đăng ký trâu nghé ở đâu"), frames.features("đăng ký thuyền thúng ở đâu")
    assert "f:_ o dau" in tractor
    assert {one for one in tractor if one.startswith("f:")} == {one for one in boat if one.startswith("f:")}


def test_the_question_is_found_after_a_story() -> None:
    story = "Bố tôi mất năm ngoái. Nhà có ba anh em. Giờ tôi muốn sang tên đất thì nộp ở đâu ạ? Tôi cảm ơn."
    assert asking_part(story, Cues.ours()) == "Giờ tôi muốn sang tên đất thì nộp ở đâu ạ?"
