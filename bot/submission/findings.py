"""Will it be sent back? What an officer would stop at, found before it is handed in, each with its fix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.submission import answers_codes
from bot.submission.answers_names import has_no_marks
from bot.submission.dossier import Dossier
from bot.submission.journey import Step
from bot.submission.persons import person_of, whose
from bot.wording import say

LATER = "later"  # the value of a paper that will be brought to the desk
CONSENTS = ("_agrees", "consent")


@dataclass(frozen=True)
class Finding:
    """One thing to put right, and the step where that is done."""

    text: str
    step: Step | None = None


def findings(dossier: Dossier, is_outdated: bool) -> list[Finding]:
    """In the order of the questions; empty when nothing was found. `is_outdated`: the record has changed since."""
    found = [*_papers(dossier), *_numbers(dossier), *_twice(dossier), *_names(dossier), *_refusals(dossier)]
    order = {step.id: number for number, step in enumerate(dossier.path.steps)}
    found = sorted([*found, *_days(dossier)], key=lambda one: order[one.step.id])
    return [Finding(say("filing.found.outdated")), *found] if is_outdated else found


def _number(dossier: Dossier, step: Step) -> int:
    return [one.id for one in dossier.path.steps].index(step.id) + 1


def _papers(dossier: Dossier) -> Iterator[Finding]:
    for step in dossier.path.answered:
        if step.question.kind == "file" and dossier.path.answers[step.id].value == LATER:
            yield Finding(say("filing.found.paper", number=_number(dossier, step)), step)


def _numbers(dossier: Dossier) -> Iterator[Finding]:
    for step in dossier.path.answered:
        value = dossier.path.answers[step.id].value
        if step.question.kind != "citizen_id" or not value:
            continue
        wrong = answers_codes.contradiction(value, person_of(step, dossier.path))
        if wrong:
            yield Finding(say(f"filing.wrong.{wrong.key}", **wrong.values), step)


def _twice(dossier: Dossier) -> Iterator[Finding]:
    """One number for two people."""
    seen: dict[str, str] = {}
    for step in dossier.path.answered:
        value = dossier.path.answers[step.id].value
        if step.question.kind != "citizen_id" or not value:
            continue
        person = f"{whose(step)}.{step.round}"
        if seen.setdefault(value, person) != person:
            yield Finding(say("filing.found.same_id", end=value[-4:]), step)


def _names(dossier: Dossier) -> Iterator[Finding]:
    for step in dossier.path.answered:
        name = dossier.path.answers[step.id].shown
        if step.question.kind == "person_name" and dossier.path.answers[step.id].value and has_no_marks(name):
            yield Finding(say("filing.found.no_marks", name=name), step)


def _refusals(dossier: Dossier) -> Iterator[Finding]:
    """Who has to agree does not."""
    for step in dossier.path.answered:
        is_consent = step.question.kind == "yes_no" and step.question.id.endswith(CONSENTS)
        if is_consent and dossier.path.answers[step.id].value == "no":
            yield Finding(say("filing.found.refused", number=_number(dossier, step)), step)


def _days(dossier: Dossier) -> Iterator[Finding]:
    """Nobody died before being born, or comes back before leaving."""
    by_id = {step.id: step for step in dossier.path.answered if step.question.kind == "date"}
    for earlier, later in (("deceased_birth_date", "death_date"), ("leave_date", "return_date")):
        if earlier in by_id and later in by_id:
            first, second = dossier.path.answers[earlier], dossier.path.answers[later]
            if first.value and second.value and first.value > second.value:
                yield Finding(say("filing.found.order", first=first.shown, second=second.shown), by_id[later])
