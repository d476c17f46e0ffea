"""The outbox's rows: which message may be sent next, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam as bind

from bot import store_statements
from bot.channels.reply import Reply
from bot.conversation import open_address, open_said
from bot.privacy import mask
from bot.store import Store
from bot.tables import Moment, conversations, messages, outbox

MOST_ERROR_CHARS = 300
OPEN = ("waiting", "sending")

_open = outbox.alias("open")
# Only the oldest open message of a conversation may go, so none overtakes another. Asked as a number and not as
# "none is earlier": PostgreSQL would compare every message with every other when many wait.
_FIRST_ID = (
    sa.select(sa.func.min(_open.c.id))
    .where(_open.c.conversation_id == outbox.c.conversation_id, _open.c.status.in_(OPEN))
    .correlate(outbox)
    .scalar_subquery()
)
_WAITING = sa.select(outbox).where(
    outbox.c.channel == bind("channel"), outbox.c.status == "waiting", outbox.c.id == _FIRST_ID
)
_due = (
    _WAITING.where(outbox.c.next_attempt_at <= bind("now", type_=Moment))
    .order_by(outbox.c.next_attempt_at)
    .limit(bind("most"))
    .with_for_update(skip_locked=True)
    .subquery("due")
)
FIND_DUE = (
    sa.select(_due, messages.c.body, conversations.c.address)
    .join(conversations, conversations.c.id == _due.c.conversation_id)
    .join(messages, sa.and_(messages.c.conversation_id == _due.c.conversation_id, messages.c.seq == _due.c.seq))
)
TAKE = (
    sa.update(outbox)
    .where(outbox.c.id.in_(bind("ids", expanding=True)))
    .values(status="sending", lease_until=bind("lease"))
)
FINISH = (
    sa.update(outbox)
    .where(outbox.c.id == bind("row"), outbox.c.status == "sending")
    .values(
        status=bind("new_status"),
        attempts=bind("new_attempts"),
        next_attempt_at=bind("next_at"),
        finished_at=bind("finished"),
        last_error=bind("error"),
        lease_until=None,
    )
)
NEXT_DUE = _WAITING.with_only_columns(outbox.c.next_attempt_at).order_by(outbox.c.next_attempt_at).limit(1)


@dataclass(frozen=True)
class Parcel:
    """One message taken for sending; `reply` and `address` stay sealed until then."""

    id: int
    conversation_id: str
    seq: int
    part: int
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    body: bytes | None = field(repr=False)
    address: bytes | None = field(repr=False)


@dataclass(frozen=True)
class DeadLetter:
    id: int
    conversation_id: str
    channel: str
    created_at: datetime
    error: str | None
    has_left: bool = False  # the citizen closed the channel: nothing can be sent there until they write again


class OutboxQueue:
    """Every verb is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store, self._database = store, store.database

    async def recover(self, channel: str, is_start: bool = False) -> int:
        """What a dead process was sending waits again, once its lease is over.

        At a start on SQLite at once: no other process can be alive there. Only a send of unknown outcome repeats.
        """
        lost = sa.and_(outbox.c.channel == channel, outbox.c.status == "sending")
        if not (is_start and self._database.is_embedded):
            lost = sa.and_(lost, outbox.c.lease_until < self._store.clock())
        back = sa.update(outbox).where(lost).values(status="waiting", lease_until=None)
        return await self._database.write(lambda connection: connection.execute(back).rowcount)

    async def take(self, channel: str, most: int, lease: timedelta) -> list[Parcel]:
        """Up to `most` messages that may go now, each the first of its conversation."""
        now = self._store.clock()

        def work(connection: sa.Connection) -> list[Any]:
            rows = connection.execute(FIND_DUE, {"channel": channel, "most": most, "now": now}).all()
            if rows:
                connection.execute(TAKE, {"ids": [row.id for row in rows], "lease": now + lease})
            return rows

        return [_parcel(row) for row in await self._database.write(work)]

    def unseal(self, parcel: Parcel) -> tuple[str, Reply] | None:
        """Where it goes and what it says; None when it was erased meanwhile."""
        if parcel.body is None or parcel.address is None:
            return None
        keys = self._store.keys
        said = open_said(keys, parcel.conversation_id, parcel.seq, parcel.body)
        return open_address(keys, parcel.conversation_id, parcel.address), said.replies[parcel.part]

    async def sent(self, parcel: Parcel) -> None:
        await self._finish(parcel, "sent", None)

    async def dead(self, parcel: Parcel, error: str) -> None:
        await self._finish(parcel, "dead", error)

    async def retry(self, parcel: Parcel, wait: timedelta, error: str) -> None:
        await self._finish(parcel, "waiting", error, self._store.clock() + wait)

    async def _finish(self, parcel: Parcel, status: str, error: str | None, next_at: datetime | None = None) -> None:
        values = {
            "row": parcel.id,
            "new_status": status,
            "new_attempts": parcel.attempts + 1,
            "next_at": next_at or parcel.next_attempt_at,
            "finished": None if next_at else self._store.clock(),
            "error": mask(error)[:MOST_ERROR_CHARS] if error else None,
        }
        await self._database.write(lambda connection: connection.execute(FINISH, values))

    async def close(self, parcel: Parcel) -> None:
        """The citizen left: nothing more goes to them."""
        now = self._store.clock()
        await self._database.write(lambda c: store_statements.close(c, parcel.conversation_id, now))

    async def next_due_in(self, channel: str) -> timedelta | None:
        """How long until a waiting message may go; None when none waits."""
        where = {"channel": channel}
        at = await self._database.read(lambda connection: connection.execute(NEXT_DUE, where).scalar())
        return None if at is None else max(at - self._store.clock(), timedelta())

    async def counts(self) -> dict[tuple[str, str], int]:
        """How many rows there are, by channel and status."""
        grouped = sa.select(outbox.c.channel, outbox.c.status, sa.func.count())
        grouped = grouped.group_by(outbox.c.channel, outbox.c.status)
        rows = await self._database.read(lambda connection: connection.execute(grouped).all())
        return {(channel, status): count for channel, status, count in rows}

    async def dead_letters(self, most: int = 100) -> list[DeadLetter]:
        """The newest messages that were given up, for the operator."""
        has_left = sa.or_(conversations.c.closed_at.is_not(None), conversations.c.address.is_(None))
        found = (
            sa.select(outbox, has_left.label("has_left"))
            .join(conversations, conversations.c.id == outbox.c.conversation_id)
            .where(outbox.c.status == "dead")
            .order_by(outbox.c.id.desc())
            .limit(most)
        )
        rows = await self._database.read(lambda connection: connection.execute(found).all())
        return [_letter(row) for row in rows]

    async def conversation_of(self, letter_id: int) -> str | None:
        """Whom a message that was given up is for."""
        found = sa.select(outbox.c.conversation_id).where(_is_dead(letter_id))
        return await self._database.read(lambda connection: connection.execute(found).scalar())

    async def send_again(self, letter_id: int) -> bool:
        """A message that was given up waits once more, with a new day of patience; not to somebody who left."""
        now = self._store.clock()
        reachable = sa.exists().where(
            conversations.c.id == outbox.c.conversation_id,
            conversations.c.closed_at.is_(None),
            conversations.c.address.is_not(None),
        )
        anew = {"status": "waiting", "attempts": 0, "next_attempt_at": now, "created_at": now, "finished_at": None}
        again = sa.update(outbox).where(_is_dead(letter_id), reachable).values(anew).returning(outbox.c.channel)
        channel = await self._database.write(lambda connection: connection.execute(again).scalar())
        if channel is not None:
            self._store.ring(channel)
        return channel is not None

    async def forget(self, letter_id: int) -> bool:
        """Somebody has decided that a message which was given up is not to be sent; its words stay in the talk."""
        gone = sa.delete(outbox).where(_is_dead(letter_id))
        return await self._database.write(lambda connection: connection.execute(gone).rowcount) > 0


def _is_dead(letter_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(outbox.c.id == letter_id, outbox.c.status == "dead")


def _letter(row: Any) -> DeadLetter:
    told = (row.id, row.conversation_id, row.channel, row.created_at, row.last_error)
    return DeadLetter(*told, has_left=bool(row.has_left))


def _parcel(row: Any) -> Parcel:
    return Parcel(
        id=row.id,
        conversation_id=row.conversation_id,
        seq=row.seq,
        part=row.part,
        attempts=row.attempts,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        body=row.body,
        address=row.address,
    )
