"""Whose answer it is: questions about one person share the beginning of their ids (mother_name, mother_id …)."""

from __future__ import annotations

import datetime as dt

from bot.submission.asking import Person
from bot.submission.journey import Answer, Path, Step
from bot.submission.words import words

_ENDINGS = ("birth_date", "citizen_id", "full_name", "name", "id", "sex")
SEXES = ("male", "female")


def whose(step: Step) -> str:
    """'mother_birth_date' → 'mother'; empty where the journey knows one person only ('birth_date')."""
    name = step.question.id
    ending = next((ending for ending in _ENDINGS if name == ending or name.endswith(f"_{ending}")), "")
    return name.removesuffix(ending).rstrip("_") if ending else name


def person_of(step: Step, path: Path) -> Person:
    """What the path tells of the person this step is about, itself left out."""
    same = [one for one in path.answered if one.round == step.round and whose(one) == whose(step) and one.id != step.id]
    born = next((one for one in same if one.question.kind == "date" and one.question.id.endswith("birth_date")), None)
    sex = next((one for one in same if path.answers[one.id].value in SEXES), None)
    return Person(
        birth_date=_day(path.answers[born.id]) if born else None,
        sex=path.answers[sex.id].value if sex else words().sex.get(whose(step)),
        birth_date_step=born.id if born else None,
        sex_step=sex.id if sex else None,
    )


def _day(answer: Answer) -> dt.date | None:
    return dt.date.fromisoformat(answer.value) if answer.value else None
