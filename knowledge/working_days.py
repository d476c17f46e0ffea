"""Working days in Việt Nam: weekends, public holidays with Tết by the lunar calendar, and when a result is due.

Holidays come from the package `holidays` (Labour Code 45/2019/QH14, Art. 112, with the days off swapped each year).
A one-stop desk answers the same day what is handed in before 15:00, else the next working day.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import holidays

from knowledge.schema import TimeLimit

SAME_DAY_UNTIL = dt.time(15, 0)
VIETNAM = dt.timezone(dt.timedelta(hours=7))


@lru_cache(maxsize=16)
def _holidays(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("VN", years=year, language="vi")


def holiday_name(day: dt.date) -> str | None:
    """The Vietnamese name of the public holiday on `day`."""
    return _holidays(day.year).get(day)


def is_working_day(day: dt.date) -> bool:
    return day.weekday() < 5 and day not in _holidays(day.year)


def next_working_day(day: dt.date) -> dt.date:
    """The first working day after `day`."""
    return add_working_days(day, 1)


def add_working_days(day: dt.date, count: int) -> dt.date:
    """`count` working days after `day`, which itself is not counted; raises ValueError for a negative count."""
    if count < 0:
        raise ValueError(f"a count of working days cannot be {count}")
    while count:
        day += dt.timedelta(days=1)
        count -= is_working_day(day)
    return day


def due_on(received_at: dt.datetime, limit: TimeLimit) -> dt.date | None:
    """The day a result is due for a dossier complete at `received_at` (aware); None when the limit is no number.

    Days, months and years end on a working day: a last day that is none moves to the next
    (Civil Code 91/2015/QH13, Art. 148).
    """
    local = received_at.astimezone(VIETNAM)
    day = local.date()
    if limit.unit == "same_day":
        return day if is_working_day(day) and local.time() < SAME_DAY_UNTIL else next_working_day(day)
    if limit.value is None or limit.unit == "other":
        return None
    if limit.unit == "hour":
        return _on_working_day((local + dt.timedelta(hours=limit.value)).date())
    if limit.unit == "working_day":
        return add_working_days(day, limit.value)
    return _on_working_day(_later(day, limit))


def _later(day: dt.date, limit: TimeLimit) -> dt.date:
    if limit.unit == "day":
        return day + dt.timedelta(days=limit.value)
    months = limit.value * (12 if limit.unit == "year" else 1)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, _last_day(year, month + 1)))


def _last_day(year: int, month: int) -> int:
    return (dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)).day


def _on_working_day(day: dt.date) -> dt.date:
    return day if is_working_day(day) else next_working_day(day)
