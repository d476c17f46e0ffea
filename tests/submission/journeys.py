"""Small journeys and easy ways to walk them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from bot.submission.answers import parse
from bot.submission.asking import Asked, Parsed
from bot.submission.journey import MORE, Answer, Path, Step, replay
from knowledge import places
from knowledge.catalogue import load_curated
from knowledge.places import Places
from knowledge.schema import Procedure, Question

TODAY = dt.date(2026, 11, 25)


@lru_cache(maxsize=1)
def all_places() -> Places:
    return places.load()


@lru_cache(maxsize=1)
def curated() -> Mapping[str, Procedure]:
    return {procedure.code: procedure for procedure in load_curated()}


def journeys() -> list[Procedure]:
    return [procedure for procedure in curated().values() if procedure.questions]


def question(id: str, kind: str = "text", example: str | None = "x", **more: Any) -> Question:
    return Question(id=id, kind=kind, prompt=f"{id}?", example=None if kind == "file" else example, **more)


def procedure(*questions: Question) -> Procedure:
    any_one = next(iter(curated().values()))
    return Procedure.model_validate(any_one.model_dump() | {"questions": [one.model_dump() for one in questions]})


def read(kind: str, text: str, id: str = "x", **more: Any) -> Parsed:
    """What a text is as an answer of this kind."""
    asked = {name: more.pop(name) for name in ("person", "ward") if name in more}
    return parse(text, Asked(question(id, kind, **more), TODAY, all_places(), **asked))


def told(**values: str) -> dict[str, Answer]:
    return {name: Answer(value, value) for name, value in values.items()}


def ids(path: Path) -> list[str]:
    return [step.id for step in path.steps]


def walk(questions: Sequence[Question], answer: Any) -> dict[str, Answer]:
    """Every question answered by `answer(step)` until none waits."""
    answers: dict[str, Answer] = {}
    while (waiting := replay(questions, answers).waiting) is not None:
        answers[waiting.id] = answer(waiting)
    return answers


def by_example(step: Step) -> Answer:
    """The question's own example, read as a citizen's message."""
    if step.id.partition(".")[0].endswith(MORE) and step.is_more:
        return Answer("no", "Không")
    if step.question.kind == "file":
        return Answer("f1", "1 tệp")
    parsed = parse(step.question.example, Asked(step.question, TODAY, all_places()))
    assert isinstance(parsed, Answer), f"{step.id}: {step.question.example!r} is {parsed}"
    return parsed
