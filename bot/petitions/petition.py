"""A petition: what must stand in it, how far it is, and the clocks that run for it.

Clocks in working days, of QĐ 766/QĐ-TTg (refuse within 2, ask for more within 5, resolve within 15, publish within 2)
and Nghị định 20/2008/NĐ-CP (who is not competent forwards within 5).
"""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from bot.privacy import KeyRing
from knowledge.working_days import VIETNAM, add_working_days

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE = re.compile(rf"(?<![A-Z0-9])PA-?(\d{{6}})-?([{LETTERS}]{{6}})(?![A-Z0-9])")
CLOSES = dt.time(17, 0)

REFUSE_DAYS, ASK_DAYS, FORWARD_DAYS, ANSWER_DAYS, PUBLISH_DAYS = 2, 5, 5, 15, 2


class Status(StrEnum):
    draft = "draft"
    sent = "sent"
    asked = "asked"  # more is wanted of the citizen; the clock stands
    forwarded = "forwarded"  # another authority is competent
    refused = "refused"
    answered = "answered"  # to be published
    published = "published"

    @property
    def is_open(self) -> bool:
        return self in (Status.sent, Status.asked, Status.forwarded)


@dataclass(frozen=True)
class Content:
    """What NĐ 20/2008 wants to know; empty: not told yet. `holds_journey`: a dossier waits while this is written."""

    text: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    ward: str = ""  # where it is to be dealt with, where the address told it
    province: str = ""
    asks_place: bool = False  # the address named no ward; asked once more
    holds_journey: bool = False

    @property
    def missing(self) -> str | None:
        """The next thing to be asked for."""
        return next((part for part in PARTS if not getattr(self, part)), None)


PARTS = ("text", "name", "address", "phone")


@dataclass(frozen=True)
class Event:
    """One thing that happened: `by` is who did it ("" the citizen), `text` what they wrote."""

    kind: str
    at: dt.datetime
    by: str = ""
    text: str = field(default="", repr=False)
    authority: str = ""


@dataclass(frozen=True)
class Petition:
    id: str
    conversation_id: str
    status: Status
    content: Content = field(repr=False)
    version: int
    created_at: dt.datetime
    code: str | None = None
    sent_at: dt.datetime | None = None
    due_at: dt.datetime | None = None
    last_change: bytes | None = None
    events: tuple[Event, ...] = field(default=(), repr=False)

    def is_late(self, now: dt.datetime) -> bool:
        return self.due_at is not None and now > self.due_at

    @property
    def last(self) -> Event | None:
        return self.events[-1] if self.events else None


def closing(day: dt.date, working_days: int) -> dt.datetime:
    """The end of the last of so many working days."""
    return dt.datetime.combine(add_working_days(day, working_days), CLOSES, VIETNAM)


def due(status: Status, at: dt.datetime) -> dt.datetime | None:
    """When the clock that begins with this state ends; None: none runs."""
    days = {Status.sent: ANSWER_DAYS, Status.forwarded: ANSWER_DAYS, Status.answered: PUBLISH_DAYS}.get(status)
    return closing(at.astimezone(VIETNAM).date(), days) if days else None


def triage(sent_at: dt.datetime) -> dict[str, dt.datetime]:
    """Until when a new petition may be refused, asked about, forwarded: for whoever works on it."""
    day = sent_at.astimezone(VIETNAM).date()
    return {
        "refuse": closing(day, REFUSE_DAYS),
        "ask": closing(day, ASK_DAYS),
        "forward": closing(day, FORWARD_DAYS),
    }


def new_code(at: dt.datetime) -> str:
    """Told to the citizen; found again only in their own conversations, so it need not be secret."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(6))
    return f"PA-{at.astimezone(VIETNAM):%y%m%d}-{drawn}"


def read_code(text: str) -> str | None:
    found = CODE.search(text.upper()) if len(text) <= 4_000 else None
    return f"PA-{found[1]}-{found[2]}" if found else None


# ---- sealed


def content_place(petition_id: str) -> str:
    return f"petitions/{petition_id}/content"


def event_place(petition_id: str, number: int) -> str:
    return f"petition_events/{petition_id}/{number}"


def seal_content(keys: KeyRing, petition_id: str, content: Content) -> bytes:
    return keys.seal(json.dumps(asdict(content), ensure_ascii=False).encode(), content_place(petition_id))


def open_content(keys: KeyRing, petition_id: str, sealed: bytes) -> Content:
    return Content(**json.loads(keys.open(sealed, content_place(petition_id))))
