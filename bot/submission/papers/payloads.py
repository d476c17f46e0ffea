"""The buttons of papers: `g:<order>:<dossier>:<place>[:<value>]`, short ASCII like those of a journey."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.submission.dossier import TAG_CHARS, Dossier
from bot.submission.journey import Step
from bot.submission.payloads import place

# more: add pages; cut: take one back; use: an answer known already; agree, refuse: may known answers be offered?
VERBS = ("more", "cut", "use", "agree", "refuse")
MARK_CHARS = 8  # enough to tell the values of one question apart
_PRESS = re.compile(
    rf"g:(?P<verb>[a-z]{{3,6}}):(?P<tag>[0-9a-f]{{{TAG_CHARS}}}):(?P<place>\d{{1,3}}\.\d{{1,2}}m?)"
    rf"(?::(?P<mark>[0-9a-f]{{{MARK_CHARS}}}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Press:
    """`mark` names the page or the value that is meant."""

    verb: str
    tag: str
    place: str
    mark: str | None = None


def button(verb: str, dossier: Dossier, step: Step, mark: str = "") -> str:
    return f"g:{verb}:{dossier.tag}:{place(step)}" + (f":{mark}" if mark else "")


def read(payload: str | None) -> Press | None:
    """None for anything that is no button of papers."""
    found = _PRESS.fullmatch(payload) if payload else None
    if found is None or found["verb"] not in VERBS:
        return None
    return Press(found["verb"], found["tag"], found["place"], found["mark"])
