"""Answers that cannot all be true: days in the wrong order, ages that cannot be, one person with two numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml

from bot.submission.answers_codes import birth_year
from bot.submission.dossier import Dossier
from bot.submission.journey import Answer, Step
from bot.submission.persons import whose
from bot.wording import say
from knowledge.working_days import VIETNAM

ORDERED = (
    ("deceased_birth_date", "death_date"),
    ("deceased_birth_date", "deceased_death_date"),
    ("leave_date", "return_date"),
    ("leaves_on", "back_on"),
    ("leave_from", "leave_to"),
    ("pause_from", "pause_to"),
    ("valid_from", "valid_to"),
    ("treated_from", "treated_to"),
)
PARENTS = ("mother", "father")
YOUNGEST_PARENT_YEARS = 12  # a slip of the pen rather than a rule
MARRIAGE_YEARS = {"man": 20, "woman": 18}  # Article 8 of the Law on Marriage and Family 2014
ENDS = ("_expires_on", "_valid_until")


@dataclass(frozen=True)
class Finding:
    """One thing to put right, and the step where that is done."""

    text: str
    step: Step | None = None


def disagreements(dossier: Dossier) -> list[Finding]:
    today = dossier.changed_at.astimezone(VIETNAM).date()
    return [
        *_days(dossier),
        *_parents(dossier),
        *_too_young(dossier, today),
        *_expired(dossier, today),
        *_two_numbers(dossier),
    ]


def _days(dossier: Dossier) -> Iterator[Finding]:
    """Nobody died before being born, or comes back before leaving."""
    for earlier, later in ORDERED:
        first, second = _answer(dossier, earlier), _answer(dossier, later)
        if first and second and first.value > second.value:
            step = dossier.path.step(later)
            yield Finding(say("filing.found.order", first=first.shown, second=second.shown), step)


def _parents(dossier: Dossier) -> Iterator[Finding]:
    """A parent's number tells the year of birth; the child cannot be nearly as old."""
    born = _answer(dossier, "child_birth_date")
    for parent in PARENTS:
        number = _answer(dossier, f"{parent}_id")
        year = birth_year(number.value) if number else None
        if born and year and int(born.value[:4]) - year < YOUNGEST_PARENT_YEARS:
            text = say("after.found.parent", year=year, child_year=born.value[:4])
            yield Finding(text, dossier.path.step(f"{parent}_id"))


def _too_young(dossier: Dossier, today: dt.date) -> Iterator[Finding]:
    """Only where both who marry are told of."""
    born = {who: _answer(dossier, f"{who}_birth_date") for who in MARRIAGE_YEARS}
    if not all(born.values()):
        return
    for who, years in MARRIAGE_YEARS.items():
        day = dt.date.fromisoformat(born[who].value)
        if _years(day, today) < years:
            yield Finding(say(f"after.found.young.{who}", years=years), dossier.path.step(f"{who}_birth_date"))


def _expired(dossier: Dossier, today: dt.date) -> Iterator[Finding]:
    """Papers whose day is told: the day they end, or the day they were issued and how long such a paper lives."""
    for step in dossier.path.answered:
        answer, asked = dossier.path.answers[step.id], step.question
        if asked.kind != "date" or not answer.value:
            continue
        day = dt.date.fromisoformat(answer.value)
        if asked.id.endswith(ENDS) and day < today:
            yield Finding(say("after.found.ended", day=answer.shown), step)
        elif (months := _life().get(asked.id)) and _months_later(day, months) < today:
            yield Finding(say("after.found.expired", day=answer.shown, months=months), step)


def _two_numbers(dossier: Dossier) -> Iterator[Finding]:
    """One name with two numbers."""
    seen: dict[str, str] = {}
    for step, number in citizen_ids(dossier):
        name = name_of(dossier, step)
        if name and seen.setdefault(name.lower(), number) != number:
            yield Finding(say("after.found.two_numbers", name=name), step)


def citizen_ids(dossier: Dossier) -> list[tuple[Step, str]]:
    """Every number that was told; "another one?" after a group is none."""
    asked = (step for step in dossier.path.answered if step.question.kind == "citizen_id" and not step.is_more)
    told = [(step, dossier.path.answers[step.id].value) for step in asked]
    return [(step, number) for step, number in told if number]


def name_of(dossier: Dossier, step: Step) -> str:
    """The name of the person this step is about; empty where none was told."""
    same = (one for one in dossier.path.answered if one.round == step.round and whose(one) == whose(step))
    named = next((one for one in same if one.question.kind == "person_name"), None)
    return dossier.path.answers[named.id].shown if named and dossier.path.answers[named.id].value else ""


def _answer(dossier: Dossier, step_id: str) -> Answer | None:
    """Of a question on the path that was not left out."""
    answer = dossier.path.answers.get(step_id)
    return answer if answer and answer.value else None


def _years(born: dt.date, today: dt.date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _months_later(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.month - 1 + months, 12)
    first = dt.date(day.year + year, month + 1, 1)
    last = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


@lru_cache(maxsize=1)
def _life() -> dict[str, int]:
    return yaml.safe_load(resources.files("bot.submission").joinpath("paper_life.yml").read_text("utf-8"))
