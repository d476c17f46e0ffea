"""The buttons about money: short ASCII that names what is wanted and for which dossier."""

from __future__ import annotations

import re
from dataclasses import dataclass

# ask: pay (again) · case: tell another case · is: this case · desk: pay in cash · sure: I did pay
_ORDER = re.compile(r"m:(?P<verb>ask|case|is|desk|sure):(?P<tag>[0-9a-f]{8})(?::(?P<more>[\w]{1,12}))?", re.ASCII)


@dataclass(frozen=True)
class Press:
    verb: str
    tag: str
    more: str = ""


def read(payload: str | None) -> Press | None:
    """None for anything that is no button about money."""
    found = _ORDER.fullmatch(payload) if payload else None
    return Press(found["verb"], found["tag"], found["more"] or "") if found else None
