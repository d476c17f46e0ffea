"""The code that links two channels: eight characters, told once, kept as a keyed hash."""

from __future__ import annotations

import re
import secrets

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read as another
CHARS = 8
MOST_CHARS = 60  # of a message that may hold a code
PURPOSE = "link"
_BARE = re.compile(rf"[{LETTERS}]{{{CHARS}}}")


def new_code() -> str:
    """39 bits; at least two figures and two letters tell it from words and from numbers."""
    while True:
        drawn = "".join(secrets.choice(LETTERS) for _ in range(CHARS))
        if _is_mixed(drawn):
            return drawn


def shown(code: str) -> str:
    return f"{code[:4]}-{code[4:]}"


def read_bare(text: str) -> str | None:
    """The code when the message is nothing else, however it is spaced and written."""
    bare = "".join(char for char in text.upper() if char.isalnum()) if len(text) <= MOST_CHARS else ""
    return bare if _BARE.fullmatch(bare) and _is_mixed(bare) else None


def _is_mixed(bare: str) -> bool:
    figures = sum(char.isdigit() for char in bare)
    return 2 <= figures <= CHARS - 2
