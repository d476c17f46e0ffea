"""References of payments: short enough for a bank transfer, and the token that opens a payment's page."""

from __future__ import annotations

import base64
import hmac
import re
import secrets

from bot.privacy import KeyRing

PREFIX = "TT"
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read as another
DRAWN = 7
REFERENCE = re.compile(f"{PREFIX}[{LETTERS}]{{{DRAWN}}}")
TOKEN_BYTES = 18
CHECK_CHARS = 8  # besides the reference: 39 bits that nobody can guess, and that prove it is ours
CHECK = re.compile(f"({REFERENCE.pattern})-([{LETTERS}]{{{CHECK_CHARS}}})")
SHOWN_END = 3


def new_reference() -> str:
    """Nine characters, for some banks let no more through; whose it is, is proved by the token."""
    return PREFIX + "".join(secrets.choice(LETTERS) for _ in range(DRAWN))


def is_reference(text: str) -> bool:
    return bool(REFERENCE.fullmatch(text))


def number_of(reference: str) -> int:
    """The same as a number, below 31^7."""
    number = 0
    for letter in reference.removeprefix(PREFIX):
        number = number * len(LETTERS) + LETTERS.index(letter)
    return number


def reference_in(text: str) -> str | None:
    """The one reference in a bank's words, which may be spaced, in small letters and with words around it."""
    bare = re.sub(r"[^A-Z0-9]", "", text.upper()) if len(text) <= 1000 else ""
    found = set(re.findall(f"(?={REFERENCE.pattern})(.{{{len(PREFIX) + DRAWN}}})", bare))
    return found.pop() if len(found) == 1 else None


def token_of(keys: KeyRing, reference: str) -> str:
    """Opens the page of a payment for whoever was given its link; nothing of it is stored."""
    return _token(keys.hash("payment page", reference))


def is_token_of(keys: KeyRing, reference: str, given: str) -> bool:
    right = [_token(hashed).encode() for hashed in keys.hashes("payment page", reference)]
    return any(hmac.compare_digest(token, given.encode()) for token in right)


def check_code(keys: KeyRing, reference: str) -> str:
    """What a confirmation bears: whoever has it may see whether it is true, and nothing else."""
    return f"{reference}-{_check(keys.hash('payment check', reference))}"


def checked(keys: KeyRing, code: str) -> str | None:
    """The reference a code belongs to; None when it was not made here."""
    found = CHECK.fullmatch(code.upper())
    if found is None:
        return None
    reference, given = found.groups()
    right = [_check(hashed).encode() for hashed in keys.hashes("payment check", reference)]
    return reference if any(hmac.compare_digest(one, given.encode()) for one in right) else None


def masked(dossier_reference: str) -> str:
    """Enough to compare with a paper in the hand, not enough to look the dossier up."""
    kept = dossier_reference[-SHOWN_END:]
    return re.sub(r"\w", "*", dossier_reference[:-SHOWN_END]) + kept


def _check(hashed: bytes) -> str:
    number, drawn = int.from_bytes(hashed[:16]), ""
    for _ in range(CHECK_CHARS):
        number, place = divmod(number, len(LETTERS))
        drawn += LETTERS[place]
    return drawn


def _token(hashed: bytes) -> str:
    return base64.urlsafe_b64encode(hashed[:TOKEN_BYTES]).decode()
