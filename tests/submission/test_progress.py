"""How far a journey is: the question's place, and how many there will be as far as can be told now."""

from __future__ import annotations

import pytest

from bot.channels.reply import Turn
from bot.store import Store
from bot.submission.journey import left, replay
from tests.submission.filer import Filer, filing_on
from tests.submission.journeys import journeys, question, told

BIRTH = "1.001193"


@pytest.fixture
async def filer(store: Store) -> Filer:
    return Filer(filing_on(store), (await store.start_conversation("web"))[0].id)


def progress(filer: Filer) -> tuple[int, int] | None:
    told = filer.outcome.turn.progress
    return (told.number, told.total) if told else None


async def test_each_question_tells_its_place_and_the_review_none(filer: Filer) -> None:
    await filer.starts(BIRTH)
    assert progress(filer) == (1, 11)  # the paper of who files for others is not counted yet
    await filer.says("mẹ")
    assert progress(filer) == (2, 11)
    await filer.says("Nguyễn Minh An")
    await filer.says("hôm qua là ngày mấy nhỉ")
    assert filer.asked == "child_birth_date" and progress(filer) == (3, 11)
    await filer.says("câu trước")
    assert progress(filer) == (2, 11)
    await filer.says("Nguyễn Minh An")
    await filer.answers("02/11/2026", "nữ", "Bệnh viện", "Trần Thị Hoa", "054195001234", "không", "nộp sau")
    assert filer.question is None and progress(filer) is None


def test_no_journey_counts_less_than_it_asks() -> None:
    for one in journeys():
        path = replay(one.questions, {})
        assert left(one.questions, path) + 1 >= 1
        assert left(one.questions, path) < len(one.questions)
    only = (question("name"),)
    assert left(only, replay(only, told(name="An"))) == 0


def test_a_turn_without_a_journey_tells_no_progress() -> None:
    assert "progress" not in Turn(kind="answer").model_dump(mode="json")
