"""Numbers that mean something: citizen id, vehicle plate, organisation code, land parcel."""

from __future__ import annotations

import re

from bot.submission.asking import Asked, Parsed, Person, Wrong
from bot.submission.journey import Answer
from bot.submission.words import birth_provinces, words
from bot.wording import say
from knowledge.text import fold

FIRST_ABROAD, LAST_ABROAD = 100, 399  # instead of a province: the country of birth
OLD_ID_DIGITS = 9  # chứng minh nhân dân, ended with 2024
TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_GROUPED = re.compile(r"(?<![\d])\d(?:[ .\-]?\d){6,14}(?![\d])")
_PLATE = re.compile(r"(?P<province>[1-9]\d)(?P<series>[A-Z]{1,2}|[A-Z]\d)(?P<number>\d{4,5})(?!\d)")
_TAX = re.compile(r"(?<!\d)(\d{10})(?:-?(\d{3}))?(?!\d)")


def citizen_id(text: str, asked: Asked) -> Parsed:
    """Twelve digits that agree with what was told about the person; there is no check digit to lean on."""
    found = _GROUPED.search(text)
    digits = re.sub(r"\D", "", found[0]) if found else re.sub(r"\D", "", text)
    if len(digits) == OLD_ID_DIGITS:
        return Wrong("id_old")
    if len(digits) != 12:
        return Wrong("id_digits", {"count": len(digits)})
    if not _has_known_origin(digits):
        return Wrong("id_province", {"code": digits[:3]})
    if birth_year(digits) > asked.today.year:
        return Wrong("id_future", {"year": birth_year(digits)})
    return contradiction(digits, asked.person) or Answer(digits, digits)


def _has_known_origin(digits: str) -> bool:
    return digits[:3] in birth_provinces() or FIRST_ABROAD <= int(digits[:3]) <= LAST_ABROAD


def birth_year(digits: str) -> int:
    """The fourth digit names century and sex, the next two the year."""
    return 1900 + int(digits[3]) // 2 * 100 + int(digits[4:6])


def sex(digits: str) -> str:
    return "female" if int(digits[3]) % 2 else "male"


def contradiction(digits: str, person: Person) -> Wrong | None:
    """Where the number says otherwise than the birth date or sex told before."""
    if person.birth_date and person.birth_date.year != birth_year(digits):
        values = {"year": birth_year(digits), "told": person.birth_date.strftime("%d/%m/%Y")}
        return Wrong("id_birth_year", values, edit=person.birth_date_step)
    if person.sex and person.sex != sex(digits):
        return Wrong(f"id_is_{sex(digits)}", edit=person.sex_step)
    return None


def masked(digits: str) -> str:
    """For everyone but its holder: the last four."""
    return f"{'•' * (len(digits) - 4)}{digits[-4:]}"


def plate_number(text: str, asked: Asked) -> Parsed:
    """'78a12345', '78-B1 234.56' → '78A-123.45', '78B1-234.56'."""
    found = _PLATE.search(re.sub(r"[^A-Z0-9]", "", fold(text).upper()))
    if found is None:
        return Wrong("plate")
    number = found["number"]
    shown = f"{found['province']}{found['series']}-{number if len(number) == 4 else f'{number[:3]}.{number[3:]}'}"
    return Answer(shown, shown)


def organisation_code(text: str, asked: Asked) -> Parsed:
    """Ten digits with their check digit, three more for a branch; a household business uses its owner's twelve."""
    bare = re.sub(r"[ .]", "", text)
    alone = re.search(r"(?<!\d)\d{12}(?!\d)", bare)
    if alone:
        return Answer(alone[0], alone[0]) if _has_known_origin(alone[0]) else Wrong("organisation_check")
    found = _TAX.search(bare)
    if found is None:
        return Wrong("organisation_digits", {"count": len(re.sub(r"\D", "", text))})
    if not _is_checked(found[1]):
        return Wrong("organisation_check")
    code = f"{found[1]}-{found[2]}" if found[2] else found[1]
    return Answer(code, code)


def _is_checked(digits: str) -> bool:
    total = sum(weight * int(digit) for weight, digit in zip(TAX_WEIGHTS, digits, strict=False))
    return (10 - total % 11) == int(digits[9])


def land_parcel(text: str, asked: Asked) -> Parsed:
    """Parcel and map sheet, in either order; bare figures are asked back, for nobody knows which is which."""
    parcel, sheet = _numbered(text, words().parcel), _numbered(text, words().sheet)
    if parcel and sheet:
        return Answer(f"{sheet}/{parcel}", say("filing.parcel", parcel=parcel, sheet=sheet))
    if parcel or sheet:
        return Wrong("parcel_sheet" if parcel else "parcel_number")
    return Wrong("parcel_which" if len(re.findall(r"\d+", text)) == 2 else "parcel")


def _numbered(text: str, word: str) -> str | None:
    found = re.search(rf"\b{word}\b\D{{0,20}}?(\d{{1,6}})\b", fold(text))
    return found[1] if found else None
