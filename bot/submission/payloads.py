"""The buttons of a journey: short ASCII that names dossier, question and answer, so that an old one is recognised."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.submission.dossier import TAG_CHARS, Dossier
from bot.submission.journey import Step

WARD = "w~"
VERBS = ("skip", "back", "edit", "review", "pause", "leave", "drop", "go", "send", "done", "code", "post", "fetch")
_TAG = rf"(?P<tag>[0-9a-f]{{{TAG_CHARS}}})"
_PLACE = r"(?P<place>\d{1,3}\.\d{1,2}m?)"
_ANSWER = re.compile(rf"a:{_TAG}:{_PLACE}:(?P<value>[\w~.-]{{1,45}})", re.ASCII)
_ORDER = re.compile(rf"j:(?P<verb>[a-z]{{2,6}}):{_TAG}(?::{_PLACE})?", re.ASCII)


@dataclass(frozen=True)
class Press:
    """`verb` "answer" carries a value; the others may name a question by its place."""

    verb: str
    tag: str
    place: str | None = None
    value: str | None = None


def place(step: Step) -> str:
    return f"{step.number}.{step.round}{'m' if step.is_more else ''}"


def answer(dossier: Dossier, step: Step, value: str) -> str:
    return f"a:{dossier.tag}:{place(step)}:{value}"


def order(verb: str, dossier: Dossier, step: Step | None = None) -> str:
    return f"j:{verb}:{dossier.tag}" + (f":{place(step)}" if step else "")


def read(payload: str | None) -> Press | None:
    """None for anything that is no button of a journey."""
    if payload is None:
        return None
    if found := _ANSWER.fullmatch(payload):
        return Press("answer", found["tag"], found["place"], found["value"])
    found = _ORDER.fullmatch(payload)
    return Press(found["verb"], found["tag"], found["place"]) if found and found["verb"] in VERBS else None


def step_at(dossier: Dossier, where: str | None) -> Step | None:
    """The step of the path that a button names."""
    return next((step for step in dossier.path.steps if place(step) == where), None)
