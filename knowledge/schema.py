"""The shape of a procedure: what a YAML file of ours and an imported record must look like.

Units: money is int đồng, `TimeLimit.value` counts `TimeLimit.unit`. A missing value means "not known";
it never means zero or free. Rules behind the fields: the data set of the national procedure database
(dvc: documents per case, fee against charge, three agencies) and Decree 118/2025/NĐ-CP for the places.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

CODE_PATTERN = r"^\d\.\d{6}(?:\.000\.00\.00)?(?:\.[A-Z]\d{2})?$"
Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Facet(StrEnum):
    """What a question wants to know of a procedure."""

    documents = "documents"
    cost = "cost"
    time_limit = "time_limit"
    place = "place"
    steps = "steps"
    eligibility = "eligibility"
    form = "form"
    outcome = "outcome"
    legal_basis = "legal_basis"
    online = "online"
    overview = "overview"


class Channel(StrEnum):
    """How a dossier is handed in."""

    any = "any"
    online = "online"
    in_person = "in_person"
    postal = "postal"


class OnlineLevel(StrEnum):
    """toàn trình / một phần / not offered online / not known."""

    full = "full"
    partial = "partial"
    none = "none"
    unknown = "unknown"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Cost(Strict):
    """One row of what is paid. `amount_vnd` None: the record names the cost but not a trustworthy figure."""

    kind: Literal["fee", "charge"] = "fee"  # lệ phí · phí
    amount_vnd: int | None = Field(default=None, ge=0)
    unit: str = "lần"  # what one amount is for: lần, trang, bản, trường hợp, người …
    case: str | None = None
    channel: Channel = Channel.any
    province: str | None = None
    identity_level: Literal[1, 2] | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    source: str | None = None
    note: str | None = None
    is_doubtful: bool = False  # the source contradicts itself: never announced as a fact

    @model_validator(mode="after")
    def _dates_in_order(self) -> Cost:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self

    def is_valid_on(self, day: dt.date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class TimeLimit(Strict):
    """One time limit. `text` keeps the source's words when they are no plain number."""

    value: int | None = Field(default=None, ge=0)
    unit: Literal["hour", "day", "working_day", "month", "year", "same_day", "other"] = "working_day"
    case: str | None = None
    channel: Channel = Channel.any
    text: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> TimeLimit:
        if self.value is None and self.unit != "same_day" and not self.text:
            raise ValueError("needs a value, unit same_day, or text")
        return self


class Document(Strict):
    """One paper of the dossier; `originals` and `copies` are counts."""

    name: Text
    case: str | None = None  # None: always needed
    originals: int = Field(default=0, ge=0)
    copies: int = Field(default=0, ge=0)
    only_shown: bool = False  # shown at the desk, not handed in
    looks_like: str | None = None
    where_to_get: str | None = None
    on_vneid: bool | None = None  # True: VNeID already holds it
    form_template: str | None = None  # number or file of the form that this paper is
    optional: bool = False


class LegalBasis(Strict):
    title: Text
    number: str | None = None
    issued_on: dt.date | None = None
    valid_to: dt.date | None = None


class Source(Strict):
    title: Text
    url: str | None = None
    decision: str | None = None  # number of the decision that published the procedure
    snapshot_on: dt.date | None = None  # the day a crawled source was read


class Choice(Strict):
    value: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,32}$")]
    label: Text


class Next(Strict):
    """Branch of a journey: the first entry whose `answer_is` holds decides; without it, always."""

    goto: str
    answer_is: str | None = None


class Repeat(Strict):
    """Closes a group that may be told several times (children, co-owners): "another one?" goes back to `first`."""

    first: str
    prompt: Text
    most: int = Field(default=10, ge=2, le=50)


class Question(Strict):
    """One question of a guided journey; `example` is itself a valid answer (null for a file).

    Questions about one person share the beginning of their ids (mother_name, mother_id, mother_birth_date), so that
    their answers can be held against each other. A birth or a death lies in the past, other days may not.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    kind: Literal[
        "person_name", "citizen_id", "date", "phone", "email", "money", "address", "choice", "yes_no", "text",
        "number", "plate_number", "organisation_code", "land_parcel", "file",
    ]  # fmt: skip
    prompt: Text
    example: str | None = None
    optional: bool = False
    choices: tuple[Choice, ...] = ()
    next: tuple[Next, ...] = ()
    repeat: Repeat | None = None
    past: bool | None = None  # of a date; None: as the id says

    @property
    def is_past(self) -> bool:
        return self.past if self.past is not None else self.id.endswith(("birth_date", "death_date"))

    @model_validator(mode="after")
    def _choices_fit_kind(self) -> Question:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("choices belong to kind choice, and only to it")
        if (self.kind == "file") != (self.example is None):
            raise ValueError("example must be given, except for a file")
        return self


class Procedure(Strict):
    """A procedure as people are told of it; an imported record fills fewer parts."""

    code: Code
    name: Text
    plain_name: str | None = None  # what a person would call it, in a sentence
    everyday_names: tuple[Text, ...] = ()
    sector: Text
    levels: tuple[Literal["ward", "province", "ministry", "other"], ...] = ()
    online_level: OnlineLevel = OnlineLevel.unknown
    online_url: str | None = None
    audience: tuple[Text, ...] = ()
    who_for: str | None = None
    not_for: str | None = None
    help_point: str | None = None
    receiving_agency: str | None = None
    deciding_agency: str | None = None
    documents: tuple[Document, ...] = ()
    document_notes: tuple[Text, ...] = ()
    costs: tuple[Cost, ...] = ()
    cost_note: str | None = None
    time_limits: tuple[TimeLimit, ...] = ()
    time_limit_note: str | None = None
    conditions: tuple[Text, ...] = ()
    official_steps: tuple[Text, ...] = ()
    submission_methods: tuple[Channel, ...] = ()
    form_templates: tuple[Text, ...] = ()
    outcome: str | None = None
    legal_basis: tuple[LegalBasis, ...] = ()
    common_returns: tuple[Text, ...] = ()  # usual reasons why a dossier is sent back
    questions: tuple[Question, ...] = ()
    source: Source
    checked_on: dt.date
    origin: Literal["curated", "imported"] = "curated"
    is_partial: bool = False  # known by name only: no fee, papers or time limit are announced
    doubts: tuple[Text, ...] = ()  # flags of the source that ask for a human check
    differs_because: dict[str, Text] = Field(default_factory=dict)  # field → why we differ from the catalogue

    @field_validator("questions")
    @classmethod
    def _question_ids_are_unique(cls, questions: tuple[Question, ...]) -> tuple[Question, ...]:
        ids = [question.id for question in questions]
        for number, identifier in enumerate(ids):
            if identifier in ids[:number]:
                raise ValueError(f"[{number}].id: {identifier} is used twice")
        return questions

    @field_validator("questions")
    @classmethod
    def _goto_is_forward(cls, questions: tuple[Question, ...]) -> tuple[Question, ...]:
        place = {question.id: number for number, question in enumerate(questions)}
        for number, question in enumerate(questions):
            for branch, step in enumerate(question.next):
                if step.goto != "end" and place.get(step.goto, -1) <= number:
                    raise ValueError(f"[{number}].next[{branch}].goto: not a later question")
        return questions

    @field_validator("questions")
    @classmethod
    def _groups_are_apart(cls, questions: tuple[Question, ...]) -> tuple[Question, ...]:
        place = {question.id: number for number, question in enumerate(questions)}
        free_from = 0
        for number, question in enumerate(questions):
            if question.repeat is None:
                continue
            if not free_from <= place.get(question.repeat.first, -1) <= number:
                raise ValueError(f"[{number}].repeat.first: not this question or an earlier one outside other groups")
            if any(step.answer_is for step in question.next):
                raise ValueError(f"[{number}].next: after a repetition the way does not depend on one of its answers")
            if f"{question.id}_more" in place:
                raise ValueError(f"[{number}].id: {question.id}_more is what its repetition is called")
            free_from = number + 1
        return questions

    @property
    def spoken_name(self) -> str:
        """Fits into "Để …, bạn cần": our plain name, or the official one without its opening words."""
        return self.plain_name or _as_spoken(self.name)

    @property
    def short_name(self) -> str:
        """What people call it, for a button; official names run to many lines."""
        return self.plain_name or next(iter(self.everyday_names), None) or _as_spoken(self.name)


def _as_spoken(name: str) -> str:
    """'Thủ tục đăng ký khai sinh lưu động' → 'đăng ký khai sinh lưu động'; an abbreviation keeps its capitals."""
    bare = re.sub(r"^(thủ tục|tthc)\s+", "", name.strip().rstrip(".").strip(), flags=re.IGNORECASE)
    return bare if bare[1:2].isupper() else bare[:1].lower() + bare[1:]
