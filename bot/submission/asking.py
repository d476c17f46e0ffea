"""A question as it is held against an answer, and what may come of it besides an answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from bot.submission.journey import Answer
from knowledge.places import Places, Ward
from knowledge.schema import Question


@dataclass(frozen=True)
class Wrong:
    """Why it is no answer: a sentence of `filing.wrong`, and what to fill into it."""

    key: str
    values: dict[str, object] = field(default_factory=dict)
    edit: str | None = None  # the step whose answer may be the wrong one instead


@dataclass(frozen=True)
class Several:
    """It may mean several wards: the citizen chooses, we never guess."""

    wards: tuple[Ward, ...]


Parsed = Answer | Wrong | Several


@dataclass(frozen=True)
class Person:
    """What was told before about the one whose number is asked."""

    birth_date: dt.date | None = None
    sex: str | None = None
    birth_date_step: str | None = None
    sex_step: str | None = None


NOBODY = Person()


@dataclass(frozen=True)
class Asked:
    """A question and what its answer is held against."""

    question: Question
    today: dt.date
    places: Places
    person: Person = NOBODY
    ward: Ward | None = None  # chosen among several
