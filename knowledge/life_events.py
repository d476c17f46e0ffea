"""Life events: what happens to people, as an ordered checklist of the procedures that follow from it.

One YAML file per event in `knowledge/life_events/`. A step names the procedure that does it; what the procedure needs
and costs stays in the procedure's own record. Deadlines carry the law that sets them.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from knowledge.schema import Code, LegalBasis, Strict, Text, TimeLimit
from knowledge.working_days import VIETNAM, due_on
from knowledge.yaml_folder import load_folder

EVENTS_DIR = Path(__file__).parent / "life_events"
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=30)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]  # fits on a button
OPENS = dt.time(8, 0)


class Deadline(Strict):
    """Until when a step must be done; `starts` fits after "trong 60 ngày"."""

    value: int = Field(ge=1)
    unit: Literal["day", "working_day", "month", "year"]
    starts: Text
    from_event: bool = True  # False: counted from another day than the event's, so no date can be told
    law: Text
    if_late: Text | None = None  # what remains possible afterwards

    def last_day(self, event_day: dt.date) -> dt.date | None:
        """The last day for an event on `event_day`; one that is no working day moves to the next."""
        if not self.from_event:
            return None
        limit = TimeLimit(value=self.value, unit=self.unit)
        return due_on(dt.datetime.combine(event_day, OPENS, VIETNAM), limit)


class Step(Strict):
    """One thing to do. Without `code` it is no procedure: locking a SIM card, asking the school."""

    id: Id
    title: Title
    code: Code | None = None
    why: Text
    only_if: Text | None = None
    when: Text | None = None
    after: tuple[Id, ...] = ()  # steps that must be finished before
    deadline: Deadline | None = None

    @model_validator(mode="after")
    def _must_not_wait_for_itself(self) -> Step:
        if self.id in self.after:
            raise ValueError("after: names the step itself")
        return self


class Together(Strict):
    """Steps that one dossier does at once."""

    title: Title
    code: Code | None = None
    steps: tuple[Id, ...] = Field(min_length=2)
    note: Text
    law: Text | None = None


class LifeEvent(Strict):
    """What happened, how people say it, and what is to be done in which order.

    `ways` are whole messages, `signs` the words that name the event ("…" stands for up to six others), `never` words
    with which it is something else. `asks` is what a message must show beside a sign: nothing, how, or several things.
    """

    id: Id
    title: Title
    lead: Text
    day_name: Text | None = None  # "ngày sinh"; None: the event has no single day
    day_question: Text | None = None
    may_come: bool = False  # the day may lie ahead: a wedding, moving out
    ways: tuple[Text, ...] = Field(min_length=8)
    signs: tuple[Text, ...] = Field(min_length=1)
    never: tuple[Text, ...] = ()
    asks: Literal["anything", "how", "several"] = "several"
    names_papers: Literal["none", "several"] = "none"  # how many single papers may stand in such a message
    steps: tuple[Step, ...] = Field(min_length=2, max_length=9)
    together: tuple[Together, ...] = ()
    tips: tuple[Text, ...] = Field(default=(), max_length=4)
    guides: tuple[Id, ...] = ()
    legal_basis: tuple[LegalBasis, ...] = Field(min_length=1)
    checked_on: dt.date

    @field_validator("steps")
    @classmethod
    def _steps_follow_each_other(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        seen: set[str] = set()
        for number, step in enumerate(steps):
            if step.id in seen:
                raise ValueError(f"[{number}].id: {step.id} is used twice")
            for place, earlier in enumerate(step.after):
                if earlier not in seen:
                    raise ValueError(f"[{number}].after[{place}]: no earlier step")
            seen.add(step.id)
        return steps

    @model_validator(mode="after")
    def _joined_steps_exist(self) -> LifeEvent:
        known = {step.id for step in self.steps}
        for number, joined in enumerate(self.together):
            unknown = set(joined.steps) - known
            if unknown:
                raise ValueError(f"together[{number}].steps: no step {sorted(unknown)[0]}")
        return self

    @model_validator(mode="after")
    def _a_day_is_named_and_asked(self) -> LifeEvent:
        if (self.day_name is None) != (self.day_question is None):
            raise ValueError("day_question: goes with day_name")
        if self.day_name is None and any(step.deadline and step.deadline.from_event for step in self.steps):
            raise ValueError("day_name: a deadline is counted from the event's day")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """Every procedure named, each once, in order; what does several steps at once comes first."""
        joined = [part.code for part in self.together]
        return tuple(dict.fromkeys(code for code in [*joined, *(step.code for step in self.steps)] if code))

    def step(self, number: int) -> Step | None:
        """The step with this number, counted from 1."""
        return self.steps[number - 1] if 1 <= number <= len(self.steps) else None

    def title_of(self, step_id: str) -> str:
        return next(step.title for step in self.steps if step.id == step_id)


def load(folder: Path = EVENTS_DIR) -> dict[str, LifeEvent]:
    """Every event by id. Raises BadFile."""
    return load_folder(folder, LifeEvent)
