"""One consent from the code on the helper's screen to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    waiting = "waiting"  # a code on the helper's screen that nobody has used
    asked = "asked"  # the citizen has the question in their chat
    told = "told"  # they agreed, and have the number to read out; or it was sent to their telephone
    agreed = "agreed"  # the helper typed the number: they may fill in
    ended = "ended"


class Ending(StrEnum):
    refused = "refused"
    tries = "tries"  # too many wrong numbers
    late = "late"  # nobody went on in time, or the consent is as old as it may get
    withdrawn = "withdrawn"
    helper = "helper"  # they ended it themselves
    submitted = "submitted"
    cancelled = "cancelled"  # the draft is gone
    replaced = "replaced"  # the citizen agreed anew for the same dossier
    closed = "closed"  # the procedure cannot be filed here now


class Proof(StrEnum):
    right = "right"
    wrong = "wrong"
    over = "over"


class Channel(StrEnum):
    """How a citizen without a chat of their own agreed."""

    zalo_phone = "zalo_phone"


class TooMany(Exception):
    """The helper has as many open as one may."""


@dataclass(frozen=True)
class Session:
    """One reading of a row; `until`: of the step that waits, then of the consent."""

    id: str
    helper_id: str
    procedure_code: str
    status: Status
    tries: int
    conversation_id: str | None
    dossier_id: str | None
    created_at: datetime
    until: datetime
    consented_at: datetime | None
    ended_because: Ending | None
    shown_version: int | None
    channel: Channel | None = None
    phone_shown: str | None = None

    @classmethod
    def read(cls, row: Any, now: datetime) -> Session:
        """A row whose time is over reads as ended, whether or not somebody has noted it."""
        is_late = row.status != Status.ended and row.until <= now
        because = Ending.late if is_late else row.ended_because and Ending(row.ended_because)
        return cls(
            id=row.id,
            helper_id=row.helper_id,
            procedure_code=row.procedure_code,
            status=Status.ended if is_late else Status(row.status),
            tries=row.tries,
            conversation_id=row.conversation_id,
            dossier_id=row.dossier_id,
            created_at=row.created_at,
            until=row.until,
            consented_at=row.consented_at,
            ended_because=because,
            shown_version=row.shown_version,
            channel=row.channel and Channel(row.channel),
            phone_shown=row.phone_shown,
        )

    @property
    def is_open(self) -> bool:
        """The helper may fill in."""
        return self.status is Status.agreed

    @property
    def is_by_phone(self) -> bool:
        """The citizen has no chat with us; their dossier is on a page that a link opens."""
        return self.channel is not None
