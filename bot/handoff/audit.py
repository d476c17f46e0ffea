"""Who did or tried what at the desk; only grows, until its time of keeping is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.handoff.tables import desk_audit
from bot.store import Store


@dataclass(frozen=True)
class Entry:
    at: datetime
    helper_id: str | None
    act: str
    subject: str
    outcome: str


class Audit:
    def __init__(self, store: Store) -> None:
        self._database, self._clock = store.database, store.clock

    async def note(self, helper_id: str | None, act: str, subject: str = "", outcome: str = "done") -> None:
        row = {"at": self._clock(), "helper_id": helper_id, "act": act, "subject": subject[:64], "outcome": outcome}
        await self._database.write(lambda connection: connection.execute(sa.insert(desk_audit), row))

    async def newest(self, most: int = 100) -> list[Entry]:
        found = sa.select(desk_audit).order_by(desk_audit.c.id.desc()).limit(most)
        rows = await self._database.read(lambda connection: connection.execute(found).all())
        return [Entry(row.at, row.helper_id, row.act, row.subject, row.outcome) for row in rows]
