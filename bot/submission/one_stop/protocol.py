"""What every one-stop system promises us, and the one shape in which a dossier is handed over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.submission.dossier import Status


class Act(StrEnum):
    """Why something of a dossier is handed over."""

    submit = "submit"
    supplement = "supplement"  # `documents` are the papers that were asked for
    withdraw = "withdraw"


@dataclass(frozen=True)
class HandoverFile:
    """One file of the citizen; its bytes are read by its id when they are sent."""

    attachment_id: str
    document_name: str  # the paper of the procedure that it is
    name: str = field(repr=False)
    media_type: str
    size_bytes: int
    document_code: str = ""  # mã thành phần hồ sơ; blank: unknown


@dataclass(frozen=True)
class HandoverCost:
    name: str
    amount_vnd: int
    kind: str = "fee"  # fee | charge, as in knowledge.schema


@dataclass(frozen=True)
class Handover:
    """A dossier as it leaves the house; `reference` is ours and makes it the same dossier for ever."""

    reference: str
    procedure_code: str
    procedure_name: str
    sector: str
    applicant_name: str = field(repr=False)
    citizen_id: str = field(repr=False)
    phone: str = field(repr=False)
    email: str = field(repr=False)
    summary: str = field(repr=False)
    channel: str
    submitted_at: datetime
    documents: tuple[HandoverFile, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)  # label → what was answered
    costs: tuple[HandoverCost, ...] = ()
    act: Act = Act.submit
    supplement_id: str = ""  # of a supplement: which request it answers
    posted_to: str = field(default="", repr=False)  # for what we say of the result; the exchange has no field for it


@dataclass(frozen=True)
class Accepted:
    """It is there; `code` is the dossier code that the citizen is told."""

    code: str


@dataclass(frozen=True)
class Retry:
    """Nobody knows, or not now: the same again later changes nothing that was done."""

    reason: str
    after_seconds: float | None = None


@dataclass(frozen=True)
class Rejected:
    """Understood and refused: the same again would be refused again."""

    reason: str


Answer = Accepted | Retry | Rejected


@dataclass(frozen=True)
class Supplement:
    """What an officer wants handed in besides."""

    id: str
    what: str
    papers: tuple[str, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True)
class ResultFile:
    name: str
    url: str | None  # None: kept by the agency, no address we would hand to a citizen


@dataclass(frozen=True)
class DossierState:
    """How far a dossier is, as its system tells it."""

    code: str
    status: Status | None  # None: a status that this version does not know; `raw_status` keeps it
    raw_status: str
    procedure_name: str = ""
    applicant_name: str = field(default="", repr=False)
    agency: str = ""
    officer: str = field(default="", repr=False)
    submitted_at: datetime | None = None
    accepted_at: datetime | None = None
    promised_at: datetime | None = None
    finished_at: datetime | None = None
    reason: str = ""  # of a refusal, a stop
    amount_vnd: int | None = None  # to be paid now
    supplement: Supplement | None = None
    results: tuple[ResultFile, ...] = ()
    posted_to: str = field(default="", repr=False)  # ours: address and telephone, where the result is to be posted
    as_of: datetime | None = None  # of a report that may arrive late; None: as it is now


class Unavailable(Exception):
    """The one-stop system gave no answer that can be used; nothing is known."""


class OneStop(Protocol):
    """A one-stop system. None of these raises anything but Unavailable, and `submit` not even that."""

    async def submit(self, handover: Handover) -> Answer:
        """Hands over; repeating it with the same reference makes no second dossier."""
        ...

    async def progress(self, reference: str) -> DossierState | None:
        """How far a dossier that we handed over is; None when the system does not answer such questions."""
        ...

    async def look_up(self, code: str) -> DossierState | None:
        """How far the dossier with this code is, whoever handed it in; None when there is none."""
        ...


class Notes(Protocol):
    """What an adapter must remember of a hand-over, whatever happens to the process in between."""

    async def get(self, reference: str, name: str) -> str | None: ...

    async def keep(self, reference: str, name: str, value: str) -> str:
        """The value kept first under this name: `value`, or what somebody else kept before."""
        ...


class Files(Protocol):
    """Where the bytes of a citizen's file come from."""

    def read(self, attachment_id: str) -> AsyncIterator[bytes]: ...

    def link(self, attachment_id: str) -> str:
        """An address where the agency may fetch it for some days."""
        ...
