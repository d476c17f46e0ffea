"""How one-stop systems write times, dossier codes and statuses."""

from __future__ import annotations

import datetime as dt
import re

from bot.submission.dossier import Status
from knowledge.working_days import VIETNAM

WIRE_TIME = "%Y%m%d%H%M%S"
# The rule was changed several times and systems keep the old shapes; only the shape is checked, because the
# list of units after the mergers of 2025 is not public.
_CODE = r"(?:\d{3}(?:\.\d{2}){2}\.)?[A-Z]\d{2}(?:\.\d{2,3})*-\d{6}(?:\d{2})?-\d{4,7}"
DOSSIER_CODE = re.compile(f"^{_CODE}$")
# People copy codes from paper: other dashes, spaces around them, small letters, a full stop at the end.
_DASH = re.compile(r"\s*[-\u2010-\u2015\u2212_]\s*")
_IN_TEXT = re.compile(rf"(?<![\w.]){_CODE}(?!\d)", re.IGNORECASE)
MOST_BESIDE_CODE = 12  # letters: "mã", "ạ", spaces around dashes
OWN_REFERENCE = re.compile(r"(?<!\w)MC-?(\d{6})-?([2-9A-HJKMNP-Z]{6})(?!\w)", re.IGNORECASE)


def wire_time(moment: dt.datetime) -> str:
    """yyyyMMddHHmmss on the clock of Việt Nam, wherever this server stands."""
    return moment.astimezone(VIETNAM).strftime(WIRE_TIME)


def read_wire_time(text: str | None) -> dt.datetime | None:
    """The moment, also of a day without an hour; None for anything else."""
    digits = (text or "").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) in (8, 14)):
        return None
    try:
        return dt.datetime.strptime(digits.ljust(14, "0"), WIRE_TIME).replace(tzinfo=VIETNAM)
    except ValueError:
        return None


def find_dossier_code(text: str) -> str | None:
    """The dossier code in a message, or our own reference, as the systems write them."""
    tidy = _DASH.sub("-", text)
    found = _IN_TEXT.search(tidy)
    if found:
        return found[0].upper()
    own = OWN_REFERENCE.search(tidy)
    return f"MC-{own[1]}-{own[2]}".upper() if own else None


def is_code_alone(text: str) -> bool:
    """Whether a message is a dossier's code and little else: "H15.50-261008-0975 ạ"."""
    code = find_dossier_code(text)
    return code is not None and len(text.strip()) <= len(code) + MOST_BESIDE_CODE


def read_status(raw: str) -> Status | None:
    """The status of a national code 1 … 10; None for any other."""
    number = raw.strip()
    if not (number.isascii() and number.isdigit() and len(number) <= 2 and 1 <= int(number) <= 10):
        return None
    return list(Status)[int(number)]
