"""The result by post, for who chooses it: two more questions at the end of the path, and what is said of them.

That it was chosen is a note beside the answers, like those of `papers/notes.py`; the two answers lie among them.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from importlib import resources

import yaml

from bot.submission.journey import Answer, Answers, Path, Step, replay
from bot.wording import say
from knowledge.schema import Channel, Procedure, Question

POST = "_post"
ADDRESS, PHONE = "posted_address", "posted_phone"
ASKED_BY_JOURNEY = "post"  # the choice of journeys that ask by themselves how the result is fetched


def can_be_posted(procedure: Procedure) -> bool:
    """The post serves it, its result is a paper, nobody has to come for it, and its journey does not ask it anyway."""
    serves = Channel.postal in procedure.submission_methods
    return serves and _is_paper(procedure) and not _wants_presence(procedure) and not _asks_itself(procedure)


def _is_paper(procedure: Procedure) -> bool:
    outcome = (procedure.outcome or "").casefold()
    return any(outcome.startswith(f"{paper} ") for paper in _words()["papers"])


def _wants_presence(procedure: Procedure) -> bool:
    told = (*procedure.conditions, *procedure.official_steps, procedure.differs_because.get("online_level", ""))
    return any(phrase in line.casefold() for line in told for phrase in _words()["presence"])


def _asks_itself(procedure: Procedure) -> bool:
    return any(one.value == ASKED_BY_JOURNEY for question in procedure.questions for one in question.choices)


@lru_cache(maxsize=1)
def _words() -> dict[str, list[str]]:
    return yaml.safe_load(resources.files("bot.submission").joinpath("posting.yml").read_text("utf-8"))


# ---- on the path


@lru_cache(maxsize=1)
def questions() -> tuple[Question, ...]:
    return (
        Question(id=ADDRESS, kind="address", prompt=say("posting.address"), example=say("posting.address_example")),
        Question(id=PHONE, kind="phone", prompt=say("posting.phone"), example=say("posting.phone_example")),
    )


def with_delivery(path: Path, procedure: Procedure, answers: Answers) -> Path:
    """The path goes on with the two questions, once all of the procedure's own are answered and the post was chosen."""
    if not is_chosen(answers):
        return path
    if path.waiting is not None:
        return dataclasses.replace(path, still=len(questions()))
    more = replay(questions(), answers)
    steps = {step.id: _moved(step, len(procedure.questions)) for step in more.steps}
    waiting = steps[more.waiting.id] if more.waiting else None
    still = len(questions()) - len(steps)
    return Path((*path.steps, *steps.values()), waiting, {**path.answers, **more.answers}, still)


def _moved(step: Step, by: int) -> Step:
    return dataclasses.replace(step, number=step.number + by, is_delivery=True)


def is_chosen(answers: Answers) -> bool:
    return POST in answers


# ---- choosing


def chosen(procedure: Procedure, answers: Answers) -> Answers:
    """The answers with the post chosen; as they are where nothing can be posted, or it was chosen before."""
    return answers if is_chosen(answers) or not can_be_posted(procedure) else {**answers, POST: Answer("yes", "")}


def unchosen(answers: Answers) -> Answers:
    """Without it: an address and a number that nobody needs any more are not kept."""
    return {name: answer for name, answer in answers.items() if name not in (POST, ADDRESS, PHONE)}


# ---- told


def receiver(answers: Answers) -> str:
    """Where to, and whom to call, in words; empty where the result is not posted or nobody said yet where to."""
    address, phone = answers.get(ADDRESS), answers.get(PHONE)
    if not is_chosen(answers) or address is None or phone is None:
        return ""
    return say("posting.receiver", address=address.shown, phone=phone.shown)


def line(answers: Answers) -> str:
    """What stands in a review and beside a dossier; empty where the result is not posted."""
    to = receiver(answers)
    return say("posting.line", receiver=to) if to else ""
