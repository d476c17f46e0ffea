"""The two numbers of helper mode: the code on the helper's screen, and the number in the citizen's chat."""

from __future__ import annotations

import re
import secrets

from knowledge.text import clean, fold

CODE, NUMBER = "assist-code", "assist-number"  # begin their keyed hashes
DIGITS = 6
MOST_CHARS = 60
_IN_CHAT = re.compile(r"(?:cho )?(?:lam )?giup(?: ma)?[ :]*(\d(?:[ .\-]?\d){5})[ .]*")


def new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def shown(code: str) -> str:
    return f"{code[:3]} {code[3:]}"


def code_in(text: str | None) -> str | None:
    """The code of a message that is nothing but "giúp 482 915"."""
    found = _IN_CHAT.fullmatch(fold(clean(text, MOST_CHARS))) if text and len(text) <= MOST_CHARS else None
    return _digits(found[1]) if found else None


def read_number(text: str) -> str | None:
    """What a helper typed, however it is spaced; None when it is no such number."""
    digits = _digits(text) if len(text) <= MOST_CHARS else ""
    return digits if len(digits) == DIGITS else None


def _digits(text: str) -> str:
    return "".join(char for char in text if char in "0123456789")
