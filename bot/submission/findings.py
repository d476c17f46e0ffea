"""Will it be sent back? What an officer would stop at, found before it is handed in, each with its fix."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.submission import answers_codes
from bot.submission.answers_names import has_no_marks
from bot.submission.disagreements import Finding, citizen_ids, disagreements, name_of
from bot.submission.dossier import Dossier
from bot.submission.journey import Step
from bot.submission.persons import person_of, whose
from bot.submission.words import has_pages
from bot.wording import say

LATER = "later"  # the value of a paper that will be brought to the desk
CONSENTS = ("_agrees", "consent")


Serves = Callable[[str], bool]  # whether the desk we hand over to answers for the ward of this key


def findings(dossier: Dossier, is_outdated: bool, serves: Serves | None = None) -> list[Finding]:
    """In the order of the questions; empty when nothing was found. `is_outdated`: the record has changed since."""
    found = [*_papers(dossier), *_pages(dossier), *_numbers(dossier), *_twice(dossier), *_names(dossier)]
    found += [*_refusals(dossier), *disagreements(dossier), *_elsewhere(dossier, serves)]
    order = {step.id: number for number, step in enumerate(dossier.path.steps)}
    found = sorted(found, key=lambda one: order[one.step.id])
    return [Finding(say("filing.found.outdated")), *found] if is_outdated else found


def _number(dossier: Dossier, step: Step) -> int:
    return [one.id for one in dossier.path.steps].index(step.id) + 1


def _papers(dossier: Dossier) -> Iterator[Finding]:
    for step in dossier.path.answered:
        if step.question.kind == "file" and dossier.path.answers[step.id].value == LATER:
            yield Finding(say("filing.found.paper", number=_number(dossier, step)), step)


def _pages(dossier: Dossier) -> Iterator[Finding]:
    """A paper with several sides or pages of which one picture was sent."""
    for step in dossier.path.answered:
        answer = dossier.path.answers[step.id]
        # Several files are told with a comma between their ids, one of several pages with a comma before those.
        is_one = step.question.kind == "file" and answer.value not in ("", LATER) and "," not in answer.value
        is_one = is_one and "," not in answer.shown
        if is_one and has_pages(step.question.prompt):
            yield Finding(say("after.found.pages", number=_number(dossier, step)), step)


def _elsewhere(dossier: Dossier, serves: Serves | None) -> Iterator[Finding]:
    """The first address decides which desk answers for the dossier; an operator's list says which desks there are."""
    addresses = (step for step in dossier.path.of_the_case if step.question.kind == "address")
    step = next((step for step in addresses if dossier.path.answers[step.id].value), None)
    if serves is not None and step is not None and not serves(dossier.path.answers[step.id].value):
        yield Finding(say("after.found.elsewhere", address=dossier.path.answers[step.id].shown), step)


def _numbers(dossier: Dossier) -> Iterator[Finding]:
    for step, number in citizen_ids(dossier):
        wrong = answers_codes.contradiction(number, person_of(step, dossier.path))
        if wrong:
            yield Finding(say(f"filing.wrong.{wrong.key}", **wrong.values), step)


def _twice(dossier: Dossier) -> Iterator[Finding]:
    """One number for two people; the same person may well be told of twice."""
    seen: dict[str, str] = {}
    for step, number in citizen_ids(dossier):
        person = name_of(dossier, step) or f"{whose(step)}.{step.round}"
        if seen.setdefault(number, person) != person:
            yield Finding(say("filing.found.same_id", end=number[-4:]), step)


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
