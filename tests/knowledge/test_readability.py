"""Plain language: what counts as a sentence, what makes it hard, and that our records and replies are not."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.checking import reply_texts
from knowledge.catalogue import load_curated
from knowledge.readability import (
    MOST_SYLLABLES,
    common_syllables,
    measure,
    plain_words_for,
    sentences,
    told_texts,
)
from knowledge.text import place_tone
from tests.knowledge.records import record

DAY = dt.date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nộp đơn. Chờ 3 ngày.", ["Nộp đơn.", "Chờ 3 ngày."]),
        ("1. Nộp đơn\n2. Chờ giấy hẹn", ["Nộp đơn", "Chờ giấy hẹn"]),
        ("• Lệ phí: 15.000 đồng/lần", ["Lệ phí: 15.000 đồng/lần"]),
        ("Đã có thẻ? Đổi thẻ.", ["Đã có thẻ?", "Đổi thẻ."]),
        ("mất giấy (xin lại); tách hộ", ["mất giấy (xin lại)", "tách hộ"]),
        ("Nộp ở TP. nào cũng được.", ["Nộp ở TP. nào cũng được."]),
        ("Xem tại https://dichvucong.gov.vn/a.b rồi nộp.", ["Xem tại  rồi nộp."]),
        ("", []),
        (" \n • \n", []),
    ],
)
def test_a_text_falls_into_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_the_length_of_a_sentence_is_its_syllables_and_figures() -> None:
    assert [one.syllables for one in measure(["Bạn nộp 15.000 đồng trong 3 ngày."]).sentences] == [7]


def test_a_longer_sentence_raises_the_median_and_the_longest() -> None:
    read = measure(["Nộp đơn.", "Chờ ba ngày.", "Đến quầy một cửa của xã nhận giấy."])
    assert (read.median_syllables, read.longest) == (3, 8)


def test_the_same_sentence_is_counted_once() -> None:
    assert len(measure(["Nộp đơn.", "Nộp đơn. Chờ ba ngày."]).sentences) == 2


def test_nothing_to_read_is_no_error() -> None:
    read = measure([])
    assert (read.median_syllables, read.longest, read.rare_share, read.worst(3)) == (0, 0, 0, [])


def test_words_of_offices_are_found_whole_and_in_any_case() -> None:
    read = measure(["Xuất trình giấy tờ cho cơ quan có thẩm quyền.", "Giấy của văn bản hóa"])
    assert read.jargon == {"xuất trình": 1, "cơ quan có thẩm quyền": 1, "văn bản": 1}
    assert not measure(["Niêm yết giá"]).jargon.get("niêm")


def test_a_rare_syllable_counts_but_a_name_or_a_figure_does_not() -> None:
    [sentence] = measure(["Bạn ghi khuếch trương ở Krông Bông 25"]).sentences
    assert sentence.rare == ("khuếch", "trương")


def test_the_worst_sentence_is_long_or_speaks_like_an_office() -> None:
    read = measure(["Nộp đơn.", "Xuất trình giấy.", "Bạn mang đơn đến quầy một cửa."])
    assert [one.text for one in read.worst(2)] == ["Xuất trình giấy.", "Bạn mang đơn đến quầy một cửa."]


def test_every_word_of_offices_has_plain_ones_instead_and_is_written_as_it_is_compared() -> None:
    for word, plain in plain_words_for().items():
        assert plain and plain != word and word == word.lower()


def test_everyday_words_are_common_and_office_words_are_not() -> None:
    assert {"giấy", "làm", "tiền", "mất", "hoặc"} <= common_syllables()
    assert not {"khuếch", "thụ", "niêm"} & common_syllables()
    assert all(place_tone(syllable) == syllable for syllable in common_syllables())


def test_names_of_laws_and_official_names_are_not_held_against_a_record() -> None:
    ours = record(name="Cấp phép thả diều theo thẩm quyền", who_for="người thả diều")
    assert "người thả diều" in list(told_texts(ours))
    assert all("thẩm quyền" not in text for text in told_texts(ours))


def test_what_the_bot_replies_has_short_sentences() -> None:
    read = measure(reply_texts(load_curated(), DAY))
    assert len(read.sentences) > 500
    assert read.median_syllables <= MOST_SYLLABLES


def test_every_record_has_short_sentences() -> None:
    for procedure in load_curated():
        assert measure(told_texts(procedure)).median_syllables <= MOST_SYLLABLES, procedure.code
