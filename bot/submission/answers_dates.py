"""Days as people write them; the moon's calendar and half a date are asked back, never guessed."""

from __future__ import annotations

import datetime as dt
import re

from bot.submission.asking import Asked, Parsed, Wrong
from bot.submission.journey import Answer
from bot.submission.words import words
from knowledge.text import expand, fold

OLDEST_YEARS = 130
FARTHEST_YEARS = 30
SHORT_YEARS = 90  # a year of two figures is not read farther back
SHOWN = "%d/%m/%Y"
MOST_OTHER_CHARS = 30  # around the day: "dạ bé sinh ngày … ạ"

_ISO = re.compile(r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)")
_FIGURES = re.compile(r"(?<!\d)(?P<day>\d{1,2})\s?[-/. ]\s?(?P<month>\d{1,2})\s?[-/. ]\s?(?P<year>\d{4}|\d{2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(?P<day>\d\d)(?P<month>\d\d)(?P<year>(?:18|19|20)\d\d)(?!\d)")
_WORDS = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})\s*(?:thang|th|t)\.?\s*(?P<month>\d{1,2})\s*,?\s*(?:nam|n)?\.?\s*(?P<year>\d{4}|\d{2})(?!\d)"
)
_NO_YEAR = re.compile(r"(?<!\d)\d{1,2}\s*(?:[-/.]|thang)\s*\d{1,2}(?!\d)")
_YEAR_ALONE = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def date(text: str, asked: Asked) -> Parsed:
    """A day of the usual calendar: 15/3/85, 15 tháng 3 năm 1985, hôm qua."""
    spoken = f" {fold(expand(text))} "
    if any(fold(phrase) in spoken and phrase in f" {expand(text)} " for phrase in words().lunar):
        return Wrong("date_lunar")
    counted = _day_word(spoken.strip())
    if counted is not None:
        return _within(asked.today + dt.timedelta(days=counted), asked)
    written = fold(text)
    found = next(filter(None, (shape.search(written) for shape in (_ISO, _FIGURES, _WORDS, _COMPACT))), None)
    if found is None:
        return _half(written)
    others = written.replace(found[0], "", 1)
    if len(others) > MOST_OTHER_CHARS or re.search(r"\d", others):
        return Wrong("date_unclear")
    return _read(found, asked)


def _day_word(spoken: str) -> int | None:
    around = {fold(word) for word in words().around}
    kept = " ".join(word for word in spoken.split() if word not in around or word in ("qua", "mai"))
    return words().days.get(kept.removeprefix("tu ").strip())


def _half(text: str) -> Wrong:
    if _NO_YEAR.search(text):
        return Wrong("date_no_year")
    return Wrong("date_year_alone" if _YEAR_ALONE.search(text) else "date_unclear")


def _read(found: re.Match[str], asked: Asked) -> Parsed:
    day, month = int(found["day"]), int(found["month"])
    try:
        read = dt.date(_year(found["year"], day, month, asked), month, day)
    except ValueError:
        return Wrong("date_impossible")
    is_short = len(found["year"]) == 2
    if is_short and read.year < asked.today.year - SHORT_YEARS:  # "27": a slip for this century, or somebody very old?
        return Wrong("date_no_century")
    return _within(read, asked)


def _year(written: str, day: int, month: int, asked: Asked) -> int:
    """'85' is 1985 and '24' is 2024; where only the past is asked, a day to come is of the century before."""
    if len(written) == 4:
        return int(written)
    year = asked.today.year // 100 * 100 + int(written)
    is_to_come = (year, month, day) > (asked.today.year, asked.today.month, asked.today.day)
    limit = 0 if asked.question.is_past else FARTHEST_YEARS
    return year - 100 if (is_to_come if not limit else year > asked.today.year + limit) else year


def _within(day: dt.date, asked: Asked) -> Parsed:
    if asked.question.is_past and day > asked.today:
        return Wrong("date_future", {"day": day.strftime(SHOWN)})
    if day.year < asked.today.year - OLDEST_YEARS:
        return Wrong("date_too_old", {"day": day.strftime(SHOWN)})
    if day.year > asked.today.year + FARTHEST_YEARS:
        return Wrong("date_too_far", {"day": day.strftime(SHOWN)})
    return Answer(day.isoformat(), day.strftime(SHOWN))
