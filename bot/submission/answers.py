"""What a citizen writes becomes an answer of the kind that was asked, or a reason why it cannot."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from bot.submission import (
    answers_choices,
    answers_codes,
    answers_contact,
    answers_dates,
    answers_names,
    answers_numbers,
    answers_places,
)
from bot.submission.asking import Asked, Parsed, Wrong
from knowledge.text import clean

MOST_CHARS = 500  # of one answer; a form's line is shorter

# A new kind of answer: one function, its name in the schema, a test.
PARSERS: dict[str, Callable[[str, Asked], Parsed]] = {
    "person_name": answers_names.person_name,
    "text": answers_names.free_text,
    "date": answers_dates.date,
    "money": answers_numbers.money,
    "number": answers_numbers.number,
    "phone": answers_contact.phone,
    "email": answers_contact.email,
    "citizen_id": answers_codes.citizen_id,
    "plate_number": answers_codes.plate_number,
    "organisation_code": answers_codes.organisation_code,
    "land_parcel": answers_codes.land_parcel,
    "choice": answers_choices.choice,
    "yes_no": answers_choices.yes_no,
    "address": answers_places.address,
}


def parse(text: str, asked: Asked) -> Parsed:
    """Never raises: whatever was written gives an answer, a choice among wards, or a reason. Files come as files."""
    if len(text) > MOST_CHARS:
        return Wrong("too_long", {"limit": MOST_CHARS})
    cleaned = "".join(map(_plain_figure, clean(text, MOST_CHARS)))
    if not any(char.isalnum() for char in cleaned):
        return Wrong("empty")
    parser = PARSERS.get(asked.question.kind)
    return parser(cleaned, asked) if parser else Wrong("file")


def _plain_figure(char: str) -> str:
    """Figures of other scripts look like figures; a number is kept in ours."""
    return str(unicodedata.decimal(char)) if char.isdecimal() and not char.isascii() else char
