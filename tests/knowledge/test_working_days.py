from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.schema import TimeLimit
from knowledge.working_days import VIETNAM, add_working_days, due_on, holiday_name, is_working_day, next_working_day

DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2030, 12, 31))


def at(day: dt.date, hour: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), VIETNAM)


@pytest.mark.parametrize("day", [dt.date(2027, 2, 6), dt.date(2026, 4, 30), dt.date(2026, 9, 2), dt.date(2027, 1, 1)])
def test_public_holidays_with_tet_are_no_working_days(day: dt.date) -> None:
    assert not is_working_day(day)
    assert holiday_name(day)


def test_a_dossier_of_friday_with_three_working_days_is_due_on_wednesday() -> None:
    friday = dt.date(2026, 11, 27)
    assert due_on(at(friday, 9), TimeLimit(value=3)) == dt.date(2026, 12, 2)


def test_tet_is_stepped_over() -> None:
    before = dt.date(2027, 2, 3)
    assert next_working_day(before) == dt.date(2027, 2, 11)


@pytest.mark.parametrize(
    ("hour", "due"), [(9, dt.date(2026, 11, 23)), (15, dt.date(2026, 11, 25)), (20, dt.date(2026, 11, 25))]
)
def test_the_same_day_ends_at_three_in_the_afternoon(hour: int, due: dt.date) -> None:
    # 24 November is Vietnam Cultural Day, a day off from 2026.
    assert due_on(at(dt.date(2026, 11, 23), hour), TimeLimit(unit="same_day")) == due


def test_a_month_from_the_31st_ends_on_the_last_day_or_the_next_working_day() -> None:
    assert due_on(at(dt.date(2026, 8, 31), 9), TimeLimit(value=1, unit="month")) == dt.date(2026, 9, 30)
    assert due_on(at(dt.date(2026, 12, 31), 9), TimeLimit(value=2, unit="month")) == dt.date(2027, 3, 1)


def test_words_are_no_date() -> None:
    assert due_on(at(dt.date(2026, 11, 23), 9), TimeLimit(unit="other", text="tùy trường hợp")) is None


def test_time_of_another_zone_is_read_as_vietnams() -> None:
    late = dt.datetime(2026, 11, 25, 17, 30, tzinfo=dt.UTC)  # half past midnight on the 26th in Hà Nội
    assert due_on(late, TimeLimit(value=1)) == dt.date(2026, 11, 27)


@given(DAYS, st.integers(0, 60), st.integers(0, 60))
def test_adding_in_two_parts_is_adding_at_once(day: dt.date, one: int, other: int) -> None:
    start = add_working_days(day, 1)
    assert add_working_days(add_working_days(start, one), other) == add_working_days(start, one + other)


@given(DAYS, st.integers(1, 60))
def test_a_due_day_is_a_working_day(day: dt.date, value: int) -> None:
    for unit in ("hour", "day", "working_day", "month"):
        assert is_working_day(due_on(at(day, 10), TimeLimit(value=value, unit=unit)))


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        add_working_days(dt.date(2026, 11, 23), -1)
