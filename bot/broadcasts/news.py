"""One piece of news: what it may say, where it is on its way, and how it is put in once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from bot.broadcasts.tables import broadcast_tellings, broadcasts
from bot.wording import say
from knowledge.places import Ward
from knowledge.text import clean

MOST_CHARS = 600
LIFE = timedelta(days=2)


class BadBroadcast(ValueError):
    """Nothing to tell, or too much."""


class TooLong(BadBroadcast):
    pass


class Status(StrEnum):
    """`stopping`: what has not left yet is being called back."""

    proposed = "proposed"
    telling = "telling"
    told = "told"
    stopping = "stopping"
    stopped = "stopped"
    refused = "refused"


STARTED = (Status.telling, Status.told)

_TOLD = (
    sa.select(sa.func.count())
    .where(broadcast_tellings.c.broadcast_id == broadcasts.c.id)
    .scalar_subquery()
    .label("told")
)
WITH_COUNT = sa.select(broadcasts, _TOLD)


@dataclass(frozen=True)
class Broadcast:
    """One piece of news; `told` conversations have got it so far."""

    id: str
    ward: str
    province: str
    text: str
    written_by: str
    created_at: datetime
    until: datetime
    told: int
    finished_at: datetime | None
    status: Status
    approved_by: str | None
    ended_by: str | None
    expected: int | None

    def is_lapsed(self, now: datetime) -> bool:
        """Nobody approved it before it was old."""
        return self.status is Status.proposed and now >= self.until

    @property
    def left(self) -> int:
        """So many are still to be told, as far as is known."""
        return max((self.expected or 0) - self.told, 0) if self.status is Status.telling else 0


def read(row: Any) -> Broadcast:
    fields = {name: getattr(row, name) for name in Broadcast.__dataclass_fields__}
    return Broadcast(**fields | {"status": Status(row.status)})


def checked(text: str) -> str:
    """As it will be told. Raises BadBroadcast."""
    text = clean(text)
    if len(text) > MOST_CHARS:
        raise TooLong(f"a broadcast has 1 to {MOST_CHARS} characters, this one {len(text)} or more")
    if not any(char.isalnum() for char in text):
        raise BadBroadcast(f"a broadcast has 1 to {MOST_CHARS} characters, this one none")
    return text


def shown(text: str) -> str:
    """What a citizen reads; each gets another code."""
    return f"{say('broadcast.news', text=text)}\n\n{say('genuine.code', code='KT-XXXX-XXXX')}"


def new_row(ward: Ward, text: str, by: str, status: Status, now: datetime) -> dict[str, Any]:
    """Raises BadBroadcast."""
    return {
        "ward": ward.name,
        "province": ward.province,
        "text": checked(text),
        "written_by": by[:80],
        "created_at": now,
        "until": now + LIFE,
        "after_id": "",
        "status": status,
    }


def put_in(connection: sa.Connection, row: dict[str, Any], same: Collection[Status]) -> Any:
    """The row, or the one that says the same to the same ward and is in one of these states and not old yet.

    Its id follows from what it says and how often that was said before: two that are put in at the same moment get
    the same, and the second fails instead of being told, too.
    """
    table = broadcasts.c
    alike = (table.ward == row["ward"], table.province == row["province"], table.text == row["text"])
    live = WITH_COUNT.where(*alike, table.until > row["created_at"], table.status.in_([*same]))
    found = connection.execute(live.order_by(table.created_at)).first()
    if found is None:
        earlier = connection.execute(sa.select(sa.func.count()).select_from(broadcasts).where(*alike)).scalar_one()
        said = "\n".join((row["province"], row["ward"], row["text"], str(earlier)))
        row = row | {"id": hashlib.sha256(said.encode()).hexdigest()[:32]}
        connection.execute(sa.insert(broadcasts), row)
        found = connection.execute(WITH_COUNT.where(table.id == row["id"])).one()
    return found
