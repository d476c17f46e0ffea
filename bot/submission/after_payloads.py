"""The buttons of a dossier that was handed in: `b:<verb>:<dossier>[:<moment>]`, the dossier by its code or its tag."""

from __future__ import annotations

import re
from dataclasses import dataclass

VERBS = ("give", "send", "later", "again", "late", "visit", "time")
PREFIX = "b:"
_PRESS = re.compile(r"b:(?P<verb>[a-z]{4,5}):(?P<key>[0-9A-Za-z.-]{8,45})(?::(?P<moment>\d{6}(?:\d{4})?))?", re.ASCII)
_KEY = re.compile(r"[0-9A-Za-z.-]{8,45}", re.ASCII)


@dataclass(frozen=True)
class Press:
    """`key`: the agency's code of a dossier, or the tag of one that has none; `moment`: yymmdd or yymmddHHMM."""

    verb: str
    key: str
    moment: str | None = None


def press(verb: str, key: str, moment: str | None = None) -> str | None:
    """None for a code that no button can carry: some agency's own shape."""
    if not _KEY.fullmatch(key):
        return None
    return f"{PREFIX}{verb}:{key}" + (f":{moment}" if moment else "")


def read(payload: str | None) -> Press | None:
    """None for anything that is no button of this kind."""
    found = _PRESS.fullmatch(payload) if payload else None
    return Press(found["verb"], found["key"], found["moment"]) if found and found["verb"] in VERBS else None
