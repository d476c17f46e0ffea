"""Zalo's events between the door and the turn: stored before they are answered for, worked off in order per citizen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam as bind
from sqlalchemy.exc import IntegrityError

from bot.channels.zalo_places import event_place
from bot.channels.zalo_tables import zalo_events as events
from bot.store import Store
from bot.tables import Moment, conversations

CHANNEL = "zalo"
OPEN = ("waiting", "taken")
LEASE = timedelta(seconds=120)  # longer than a file may take to come and a turn to be answered
KEPT = timedelta(days=8)  # past the seven days of the window, and past every repetition
MOST_ATTEMPTS = 5
FIRST_WAIT_SECONDS = 2.0

_open = events.alias("open")
_FIRST_ID = (
    sa.select(sa.func.min(_open.c.id))
    .where(_open.c.conversation_id == events.c.conversation_id, _open.c.status.in_(OPEN))
    .correlate(events)
    .scalar_subquery()
)
# Only the oldest open event of a citizen may be taken, so none overtakes another, in whichever process.
_WAITING = sa.select(events).where(events.c.status == "waiting", events.c.id == _FIRST_ID)
FIND_DUE = (
    _WAITING.where(events.c.next_attempt_at <= bind("now", type_=Moment))
    .order_by(events.c.id)
    .limit(bind("most"))
    .with_for_update(skip_locked=True)
)
NEXT_DUE = _WAITING.with_only_columns(events.c.next_attempt_at).order_by(events.c.next_attempt_at).limit(1)
ADD = sa.insert(events).values(attempts=0)
TAKE = (
    sa.update(events)
    .where(events.c.id.in_(bind("ids", expanding=True)))
    .values(status="taken", lease_until=bind("lease"), attempts=events.c.attempts + 1)
)
_TAKEN = sa.update(events).where(events.c.id == bind("row"), events.c.status == "taken")
FINISH = _TAKEN.values(status="done", body=None, lease_until=None)
GIVE_UP = _TAKEN.values(status="dead", lease_until=None)  # its body stays, sealed, for whoever looks into it
PUT_BACK = _TAKEN.values(status="waiting", lease_until=None, next_attempt_at=bind("next_at"))
LAST_INTERACTION = (
    sa.select(sa.func.max(events.c.received_at))
    .join(conversations, conversations.c.id == events.c.conversation_id)
    .where(conversations.c.channel == CHANNEL, conversations.c.address_hash.in_(bind("hashes", expanding=True)))
    .where(events.c.is_interaction)
)


@dataclass(frozen=True)
class Waiting:
    """One event taken to be worked off."""

    id: int
    conversation_id: str
    attempts: int
    body: bytes = field(repr=False)


class ZaloInbox:
    """Every verb is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store, self._database = store, store.database

    async def put(self, key: str, conversation_id: str | None, body: bytes, is_interaction: bool) -> bool:
        """Whether the event is new; without a conversation it is only kept. Raises what the database raises."""
        now, event_key = self._store.clock(), self._store.keys.hash(CHANNEL, key)
        row = {
            "event_key": event_key,
            "conversation_id": conversation_id,
            "body": self._store.keys.seal(body, event_place(event_key)),
            "status": "waiting" if conversation_id else "kept",
            "is_interaction": is_interaction,
            "next_attempt_at": now,
            "received_at": now,
        }
        try:
            await self._database.write(lambda connection: connection.execute(ADD, row))
        except IntegrityError:
            if await self._is_there(event_key):
                return False
            raise
        return True

    async def _is_there(self, event_key: bytes) -> bool:
        same = sa.select(events.c.id).where(events.c.event_key == event_key)
        return await self._database.read(lambda connection: connection.execute(same).first()) is not None

    async def take(self, most: int) -> list[Waiting]:
        """Up to `most` events that may be worked off now, each the first of its citizen."""
        now = self._store.clock()

        def work(connection: sa.Connection) -> list[Any]:
            rows = connection.execute(FIND_DUE, {"now": now, "most": most}).all()
            if rows:
                connection.execute(TAKE, {"ids": [row.id for row in rows], "lease": now + LEASE})
            return rows

        rows = await self._database.write(work)
        return [Waiting(row.id, row.conversation_id, row.attempts + 1, self._open(row)) for row in rows]

    def _open(self, row: Any) -> bytes:
        return self._store.keys.open(row.body, event_place(row.event_key)) if row.body else b""

    async def done(self, waiting: Waiting) -> None:
        await self._write(FINISH, waiting)

    async def failed(self, waiting: Waiting) -> bool:
        """Tried again after a while; False when it was tried often enough and is given up."""
        if waiting.attempts >= MOST_ATTEMPTS:
            await self._write(GIVE_UP, waiting)
            return False
        wait = timedelta(seconds=FIRST_WAIT_SECONDS * 2 ** (waiting.attempts - 1))
        await self._write(PUT_BACK, waiting, next_at=self._store.clock() + wait)
        return True

    async def _write(self, statement: sa.Update, waiting: Waiting, **values: Any) -> None:
        row = {"row": waiting.id, **values}
        await self._database.write(lambda connection: connection.execute(statement, row))

    async def recover(self, is_start: bool = False) -> int:
        """What a dead process had taken waits again, once its lease is over; at a start on SQLite at once."""
        lost = events.c.status == "taken"
        if not (is_start and self._database.is_embedded):
            lost = sa.and_(lost, events.c.lease_until < self._store.clock())
        back = sa.update(events).where(lost).values(status="waiting", lease_until=None)
        return await self._database.write(lambda connection: connection.execute(back).rowcount)

    async def next_due_in(self) -> timedelta | None:
        at = await self._database.read(lambda connection: connection.execute(NEXT_DUE).scalar())
        return None if at is None else max(at - self._store.clock(), timedelta())

    async def last_interaction(self, address: str) -> datetime | None:
        """When this citizen did last what lets us write to them; None: not in the last days."""
        where = {"hashes": self._store.keys.hashes(CHANNEL, address)}
        return await self._database.read(lambda connection: connection.execute(LAST_INTERACTION, where).scalar())

    async def sweep(self) -> int:
        """Deletes what is too old to matter; how many events went."""
        old = sa.and_(events.c.received_at < self._store.clock() - KEPT, events.c.status.not_in(OPEN))
        return await self._database.write(lambda connection: connection.execute(sa.delete(events).where(old)).rowcount)
