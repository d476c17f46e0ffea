"""A case: why a person is needed, who has it, how long it has waited, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.handoff.clocks import Tier
from bot.handoff.people import Team

TAG_CHARS = 8


class Status(StrEnum):
    open = "open"
    claimed = "claimed"
    closed = "closed"
    expired = "expired"

    @property
    def is_live(self) -> bool:
        return self in (Status.open, Status.claimed)


class Reason(StrEnum):
    """Why the assistant should not answer alone."""

    asked = "asked"
    bad_answers = "bad_answers"  # two in a row to one question of a journey
    not_found = "not_found"  # twice
    unsure = "unsure"  # of rights, money or a deadline
    payment = "payment"  # money that does not fit
    distress = "distress"
    error = "error"  # of ours


class Ending(StrEnum):
    """Why a case was closed."""

    solved = "solved"
    sent_elsewhere = "sent_elsewhere"  # to an office or another number
    no_answer = "no_answer"  # of the citizen
    not_ours = "not_ours"
    by_citizen = "by_citizen"
    idle = "idle"
    never_taken = "never_taken"


BY_HELPER = (Ending.solved, Ending.sent_elsewhere, Ending.no_answer, Ending.not_ours)


@dataclass(frozen=True)
class Case:
    id: str
    conversation_id: str
    status: Status
    reason: Reason
    tier: Tier
    team: Team | None
    province: str
    ward: str
    procedure_code: str | None
    helper_id: str | None
    version: int
    opened_at: datetime
    claimed_at: datetime | None
    first_reply_at: datetime | None
    waiting_since: datetime | None
    due_at: datetime | None
    closed_at: datetime | None
    close_reason: Ending | None
    rating: int | None
    dossier_id: str | None
    consent_asked_at: datetime | None
    consented_at: datetime | None
    rating_word: bytes | None = field(repr=False, default=None)  # sealed
    callback: bytes | None = field(repr=False, default=None)  # sealed

    @property
    def tag(self) -> str:
        """Enough of the id for a button."""
        return self.id[:TAG_CHARS]

    @property
    def code(self) -> str:
        """How people name it to each other."""
        return f"HT-{self.id[:6].upper()}"

    @property
    def place(self) -> str:
        return ", ".join(filter(None, (self.ward, self.province)))

    def is_overdue(self, now: datetime) -> bool:
        return self.status.is_live and self.due_at is not None and self.due_at <= now


def read_case(row: Any, team: Team | None) -> Case:
    return Case(
        id=row.id,
        conversation_id=row.conversation_id,
        status=Status(row.status),
        reason=Reason(row.reason),
        tier=Tier(row.tier),
        team=team,
        province=row.province,
        ward=row.ward,
        procedure_code=row.procedure_code,
        helper_id=row.helper_id,
        version=row.version,
        opened_at=row.opened_at,
        claimed_at=row.claimed_at,
        first_reply_at=row.first_reply_at,
        waiting_since=row.waiting_since,
        due_at=row.due_at,
        closed_at=row.closed_at,
        close_reason=Ending(row.close_reason) if row.close_reason else None,
        rating=row.rating,
        dossier_id=row.dossier_id,
        consent_asked_at=row.consent_asked_at,
        consented_at=row.consented_at,
        rating_word=row.rating_word,
        callback=row.callback,
    )
