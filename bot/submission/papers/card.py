"""What the QR code of a Vietnamese identity card says, read strictly: any doubt, and there is no card."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

from knowledge.text import clean

# number | old number | name | birth date | sex | address | day of issue; newer cards add fields behind.
KEPT_FIELDS, MOST_FIELDS = 7, 16
MOST_CHARS = 1000
OLDEST_YEARS = 120
SEXES = {"nam": "male", "nữ": "female"}
_BEGINS = re.compile(r"\d{12}\|(?:\d{9}|\d{12})?\|")


@dataclass(frozen=True)
class Card:
    """The holder's own data: never logged."""

    number: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: dt.date = field(repr=False)
    sex: str = field(repr=False)
    address: str = field(repr=False)
    issued_on: dt.date = field(repr=False)


def looks_like_card(text: str) -> bool:
    return len(text) <= MOST_CHARS and KEPT_FIELDS <= text.count("|") + 1 <= MOST_FIELDS and bool(_BEGINS.match(text))


def read(text: str, today: dt.date) -> Card | None:
    """None for anything that is not a card, or contradicts itself."""
    if not looks_like_card(text):
        return None
    number, _, name, born, sex, address, issued = (part.strip() for part in text.split("|")[:KEPT_FIELDS])
    birth_date, issued_on, sex_told = _day(born), _day(issued), SEXES.get(sex.lower())
    if birth_date is None or issued_on is None or sex_told is None:
        return None
    if not _is_name(name) or not address or not _agrees(number, birth_date, sex_told):
        return None
    if not birth_date < issued_on <= today or today.year - birth_date.year > OLDEST_YEARS:
        return None
    return Card(number, name, birth_date, sex_told, clean(address, 300), issued_on)


def _day(text: str) -> dt.date | None:
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return dt.date(int(text[4:]), int(text[2:4]), int(text[:2]))
    except ValueError:
        return None


def _is_name(name: str) -> bool:
    return 2 <= len(name) <= 80 and all(char.isalpha() or char in " '’.-" for char in name)


def _agrees(number: str, birth_date: dt.date, sex: str) -> bool:
    """The fourth digit of the number tells century and sex, the next two the year."""
    century_and_sex = (birth_date.year // 100 - 19) * 2 + (sex == "female")
    return number.isascii() and int(number[3]) == century_and_sex and int(number[4:6]) == birth_date.year % 100
