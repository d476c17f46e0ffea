"""The day that a message tells: '3/11', 'ngày 3 tháng 11', 'hôm qua', 'được 10 ngày'; a lunar one is not guessed."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum

from knowledge.text import expand, fold

_FIGURES = re.compile(
    r"(?<![\d/.-])(?P<day>\d{1,2})\s?[/-]\s?(?P<month>\d{1,2})(?:\s?[/-]\s?(?P<year>\d{4}|\d{2}))?(?![\d/-])"
)
_DOTTED = re.compile(r"(?<![\d.])(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?![\d.])")
_WORDS = re.compile(r"\b(?P<day>\d{1,2}) thang (?P<month>\d{1,2})(?:(?: nam)? (?P<year>\d{4}))?\b")
_DAYS_AGO = re.compile(
    r"\b(?:duoc|cach day|moi|da)(?: \w+)? (\d{1,3}) ngay\b(?! lam viec)|\b(\d{1,3}) ngay (?:truoc|roi|nay|tuoi)\b"
)
_NAMED = (
    (re.compile(r"\b(?:hom qua|toi qua|chieu qua|sang qua|dem qua|bua qua|ngay hom qua)\b"), -1),
    (re.compile(r"\b(?:hom kia|bua kia|ngay kia)\b"), -2),
    (re.compile(r"\b(?:hom nay|sang nay|chieu nay|toi nay|trua nay|dem nay|bua nay)\b"), 0),
)
_TOMORROW = re.compile(r"\b(?:ngay mai|sang mai|chieu mai|toi mai|mai)\b")
_LUNAR = re.compile(r"\b(?:am lich|lich ta|mung \d|mong \d|ram|thang gieng|thang chap|30 tet|am\b)")
_OF_A_LUNAR_DAY = re.compile(rf"{_LUNAR.pattern}|\b(?:lich|ngay|tet|thang \w+|nam \w+|\d+)\b")
_TO_COME = re.compile(r"\b(?:sap|se|dinh|du kien|du sinh|chuan bi|toi day|sang nam)\b")
OLDEST_YEARS = 130
FARTHEST_DAYS = 366


class Unclear(StrEnum):
    """Why no day was read."""

    none = "none"  # none is told, or several
    lunar = "lunar"


@dataclass(frozen=True)
class SaidDay:
    """A day told, and the words around it."""

    day: dt.date
    rest: str


def said_day(text: str, today: dt.date, may_come: bool = False) -> SaidDay | Unclear:
    """The one day that `text` tells. Without a year, the last such; with `may_come`, or words for it, the nearest."""
    key, written = fold(expand(text)), fold(text)
    if _LUNAR.search(key) and re.search(r"\d|ram", key):
        return Unclear.lunar
    found = [*_written(written, _FIGURES), *_written(written, _DOTTED), *_written(key, _WORDS)]
    ahead = may_come or bool(_TO_COME.search(key))
    days = {(day, rest) for parts, rest in found if (day := _day(parts, today, ahead))}
    days = days or set(_counted(key, today, ahead))
    if len({day for day, _ in days}) != 1:
        return Unclear.none
    day, rest = min(days, key=lambda pair: len(pair[1]))
    return SaidDay(day, rest) if _is_near_enough(day, today, ahead) else Unclear.none


def beside_lunar_day(text: str) -> str:
    """The words of a message that do not tell its lunar day."""
    return _OF_A_LUNAR_DAY.sub(" ", fold(expand(text)))


def _written(text: str, shape: re.Pattern[str]) -> list[tuple[dict[str, str | None], str]]:
    return [(match.groupdict(), f"{text[: match.start()]} {text[match.end() :]}") for match in shape.finditer(text)]


def _day(parts: dict[str, str | None], today: dt.date, ahead: bool) -> dt.date | None:
    day, month, year = int(parts["day"] or 0), int(parts["month"] or 0), parts["year"]
    if year:
        return _date(int(year) if len(year) == 4 else 2000 + int(year), month, day)
    around = (_date(today.year + shift, month, day) for shift in (-1, 0, 1))
    possible = [told for told in around if told and (ahead or told <= today)]
    return min(possible, key=lambda told: abs((told - today).days), default=None)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _counted(key: str, today: dt.date, ahead: bool) -> list[tuple[dt.date, str]]:
    shifts = [(-int(match[1] or match[2]), match) for match in _DAYS_AGO.finditer(key)]
    shifts += [(shift, match) for shape, shift in _NAMED for match in shape.finditer(key)]
    if ahead and not shifts:
        shifts += [(1, match) for match in _TOMORROW.finditer(key)]
    return [
        (today + dt.timedelta(days=shift), f"{key[: match.start()]} {key[match.end() :]}") for shift, match in shifts
    ]


def _is_near_enough(day: dt.date, today: dt.date, ahead: bool) -> bool:
    latest = today + dt.timedelta(days=FARTHEST_DAYS if ahead else 0)
    return today.year - OLDEST_YEARS <= day.year and day <= latest
