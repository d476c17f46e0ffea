"""The day people tell, however they write it; what is no day, or two, or a lunar one, is not guessed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.said_day import SaidDay, Unclear, said_day

TODAY = dt.date(2026, 11, 25)  # a Wednesday


def day_of(text: str, may_come: bool = False, today: dt.date = TODAY) -> dt.date | None:
    said = said_day(text, today, may_come)
    return said.day if isinstance(said, SaidDay) else None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3/11", dt.date(2026, 11, 3)),
        ("03/11/2026", dt.date(2026, 11, 3)),
        ("3-11-26", dt.date(2026, 11, 3)),
        ("3.11.2026", dt.date(2026, 11, 3)),
        ("ngày 3 tháng 11", dt.date(2026, 11, 3)),
        ("ngay 3 thang 11 nam 2025", dt.date(2025, 11, 3)),
        ("bé sinh hôm 3/11 ạ", dt.date(2026, 11, 3)),
        ("hôm nay", TODAY),
        ("sáng nay em sinh", TODAY),
        ("hôm qua", dt.date(2026, 11, 24)),
        ("toi qua", dt.date(2026, 11, 24)),
        ("hôm kia", dt.date(2026, 11, 23)),
        ("bé được 10 ngày", dt.date(2026, 11, 15)),
        ("cách đây 3 ngày", dt.date(2026, 11, 22)),
        ("25/11", TODAY),
        ("26/11", dt.date(2025, 11, 26)),  # tomorrow of this year is not past: last year's is meant
        ("31/12", dt.date(2025, 12, 31)),
        ("29/2/2024", dt.date(2024, 2, 29)),
    ],
)
def test_a_day_is_read_as_people_write_it(text: str, day: dt.date) -> None:
    assert day_of(text) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("26/11", dt.date(2026, 11, 26)),
        ("ngày mai", dt.date(2026, 11, 26)),
        ("2/1", dt.date(2027, 1, 2)),
        ("hôm qua", dt.date(2026, 11, 24)),
    ],
)
def test_where_the_day_may_lie_ahead_the_nearest_is_meant(text: str, day: dt.date) -> None:
    assert day_of(text, may_come=True) == day


@pytest.mark.parametrize("text", ["dự sinh 2/1", "sap sinh 2/1"])
def test_words_for_what_is_to_come_look_ahead(text: str) -> None:
    assert day_of(text) == dt.date(2027, 1, 2)


@pytest.mark.parametrize("text", ["mùng 3 tết", "15 âm lịch", "rằm tháng bảy", "mong 1 thang gieng", "23 tháng chạp"])
def test_a_lunar_day_is_not_guessed(text: str) -> None:
    assert said_day(text, TODAY) == Unclear.lunar


@pytest.mark.parametrize(
    "text",
    [
        "", "?", "em chưa biết", "31/2", "32/11", "0/11", "3/13", "30/2/2026", "từ 3/11 đến 5/11", "3/11 hay 4/11",
        "099/11", "3/11/2030", "1/1/1800", "hồ sơ số 12/2024/NĐ-CP", "trong 3 ngày làm việc", "99999999999/1",
    ],
)  # fmt: skip
def test_what_is_no_day_or_several_is_none(text: str) -> None:
    assert day_of(text) is None


def test_the_year_turns_at_new_year() -> None:
    assert day_of("31/12", today=dt.date(2027, 1, 1)) == dt.date(2026, 12, 31)
    assert day_of("29/2", today=dt.date(2027, 3, 1)) is None  # no such day in the years around


def test_the_words_beside_a_day_are_kept() -> None:
    said = said_day("bé sinh hôm 3/11 ạ", TODAY)
    assert isinstance(said, SaidDay) and "3/11" not in said.rest and "sinh" in said.rest


@given(st.dates(dt.date(2020, 1, 1), TODAY))
def test_every_past_day_written_out_is_read_back(day: dt.date) -> None:
    assert day_of(f"ngày {day.day}/{day.month}/{day.year}") == day
    assert day_of(f"{day.day} tháng {day.month} năm {day.year}") == day


@given(st.text(max_size=60))
def test_no_text_breaks_it_and_no_day_lies_far_ahead(text: str) -> None:
    day = day_of(text)
    assert day is None or day <= TODAY + dt.timedelta(days=366)
