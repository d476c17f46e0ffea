"""Telephone numbers and e-mail addresses."""

from __future__ import annotations

import re

from bot.submission.asking import Asked, Parsed, Wrong
from bot.submission.journey import Answer

MOST_EMAIL_CHARS = 254
_NUMBER = re.compile(r"(?<!\d)(?:\+?84|0)(?:[ .\-()]*\d){8,11}(?!\d)")
_MOBILE = re.compile(r"0[35789]\d{8}")
_LANDLINE = re.compile(r"02\d{9}")
_OLD_MOBILE = re.compile(r"01\d{9}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL = re.compile(rf"[a-z0-9][\w.+-]{{0,63}}@{_LABEL}(?:\.{_LABEL}){{1,8}}", re.ASCII)


def phone(text: str, asked: Asked) -> Parsed:
    """A mobile or landline number of Việt Nam, however its figures are grouped."""
    found = _NUMBER.search(text)
    if found is None:
        return Wrong("phone_digits", {"count": len(re.sub(r"\D", "", text))})
    digits = re.sub(r"\D", "", found[0])
    digits = f"0{digits[2:]}" if digits.startswith("84") and len(digits) > 10 else digits
    if _OLD_MOBILE.fullmatch(digits):
        return Wrong("phone_old")
    if not (_MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits)):
        return Wrong("phone_digits", {"count": len(digits)})
    return Answer(digits, digits)


def email(text: str, asked: Asked) -> Parsed:
    """One address; capitals and spaces around the sign are a phone keyboard's doing."""
    if re.search(r"\S\s+\S+\s+@", text):  # "tran thi be @ gmail.com": where it begins is anybody's guess
        return Wrong("email")
    found = _EMAIL.search(re.sub(r"\s*@\s*", "@", text).lower())
    if found is None or len(found[0]) > MOST_EMAIL_CHARS or ".." in found[0]:
        return Wrong("email")
    return Answer(found[0], found[0])
