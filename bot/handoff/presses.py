"""Our buttons in a conversation: short ASCII that names the verb and the case."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.handoff.case import TAG_CHARS

# end, not wanted, rate, skip the word, open again, leave a number, yes and no to being read
_PRESS = re.compile(rf"k:(?P<verb>[ewrsocyx]):(?P<tag>[0-9a-f]{{{TAG_CHARS}}})(?::(?P<value>[1-5]))?", re.ASCII)


@dataclass(frozen=True)
class Press:
    verb: str
    tag: str
    rating: int = 0


def read_press(payload: str | None) -> Press | None:
    """None for anything that is no button of ours."""
    found = _PRESS.fullmatch(payload) if payload else None
    if found is None or (found["verb"] == "r") != bool(found["value"]):
        return None
    return Press(found["verb"], found["tag"], int(found["value"] or 0))
