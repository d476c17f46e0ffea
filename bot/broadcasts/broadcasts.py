"""Telling a ward: conversation by conversation, each once, in the hours of the day, until the news is old."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot import store_statements as sql
from bot.broadcasts.tables import broadcast_optouts, broadcast_tellings, broadcasts
from bot.channels.reply import Reply
from bot.conversation import Said, open_context
from bot.genuine.marking import marked
from bot.linking.reach import where_to_tell
from bot.privacy import CannotDecrypt
from bot.quiet_hours import QuietHours
from bot.store import Store
from bot.tables import conversations
from bot.wording import say
from knowledge.places import Ward
from knowledge.text import clean, fold

log = logging.getLogger(__name__)

BATCH = 100
MOST_CHARS = 600
LIFE = timedelta(days=2)
ACTIVE_WITHIN = timedelta(days=180)  # whoever has not written for longer has moved on


class BadBroadcast(ValueError):
    """Nothing to tell, or too much."""


_TOLD = (
    sa.select(sa.func.count())
    .where(broadcast_tellings.c.broadcast_id == broadcasts.c.id)
    .scalar_subquery()
    .label("told")
)
_WITH_COUNT = sa.select(broadcasts, _TOLD)


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


class Broadcasts:
    """`announce(conversation_id)` tells open pages, `wake(channel)` the outbox."""

    def __init__(
        self,
        store: Store,
        quiet: QuietHours,
        announce: Callable[[str], Awaitable[None]] | None = None,
        wake: Callable[[str], None] | None = None,
    ) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._quiet, self._announce, self._wake = quiet, announce, wake

    # ---- writing

    async def write(self, ward: Ward, text: str, by: str) -> Broadcast:
        """Puts it in, the same news for the same ward once; a server tells it from then on. Raises BadBroadcast."""
        text = clean(text)
        if not any(char.isalnum() for char in text) or len(text) > MOST_CHARS:
            raise BadBroadcast(f"a broadcast has 1 to {MOST_CHARS} characters, this one {len(text)}")
        now = self._clock()
        row = {
            "id": uuid.uuid4().hex,
            "ward": ward.name,
            "province": ward.province,
            "text": text,
            "written_by": by[:80],
            "created_at": now,
            "until": now + LIFE,
            "after_id": "",
            "finished_at": None,
        }
        return _read(await self._database.write(lambda connection: _put_in(connection, row)))

    async def listed(self, most: int = 50) -> list[Broadcast]:
        """The newest first."""
        newest = _WITH_COUNT.order_by(broadcasts.c.created_at.desc(), broadcasts.c.id).limit(most)
        return [_read(row) for row in await self._database.read(lambda connection: connection.execute(newest).all())]

    async def want(self, conversation_id: str, wanted: bool) -> None:
        """Whether news of the ward is wanted in this conversation from now on."""
        gone = sa.delete(broadcast_optouts).where(broadcast_optouts.c.conversation_id == conversation_id)
        row = {"conversation_id": conversation_id, "since": self._clock()}

        def work(connection: sa.Connection) -> None:
            connection.execute(gone)
            if not wanted:
                connection.execute(sa.insert(broadcast_optouts), row)

        await self._database.write(work)

    # ---- telling

    async def tell_due(self) -> int:
        """One batch of conversations of the oldest news; how many were seen to, 0 when nothing is left to do now."""
        now = self._clock()
        if self._quiet.first_open(now) != now:
            return 0
        oldest = sa.select(broadcasts).where(broadcasts.c.finished_at.is_(None))
        oldest = oldest.order_by(broadcasts.c.created_at, broadcasts.c.id).limit(1)
        row = await self._database.read(lambda connection: connection.execute(oldest).first())
        return await self._go_on(row, now) if row else 0

    async def _go_on(self, row: Any, now: datetime) -> int:
        batch = await self._batch(row.after_id, now) if now < row.until else []
        for candidate in batch:
            if self._lives_there(candidate, row):
                await self._tell(row.id, candidate.id, row.text, now)
        last = batch[-1].id if batch else row.after_id
        await self._database.write(lambda connection: _pass(connection, row.id, last, None if batch else now))
        return len(batch) or 1

    async def _batch(self, after: str, now: datetime) -> list[Any]:
        table = conversations.c
        page = (
            sa.select(table.id, table.context)
            .where(table.id > after, table.closed_at.is_(None), table.erased_at.is_(None), table.context.is_not(None))
            .where(table.last_active_at > now - ACTIVE_WITHIN)
            .order_by(table.id)
            .limit(BATCH)
        )
        return await self._database.read(lambda connection: list(connection.execute(page)))

    def _lives_there(self, candidate: Any, row: Any) -> bool:
        try:
            context = open_context(self._keys, candidate.id, candidate.context)
        except CannotDecrypt as reason:
            log.error("a conversation cannot be read: %s", reason)
            return False
        here = (context.get("ward") or "", context.get("province") or "")
        return tuple(map(fold, here)) == (fold(row.ward), fold(row.province))

    async def _tell(self, broadcast_id: str, conversation_id: str, text: str, now: datetime) -> None:
        said = await self._database.write(lambda c: self._tell_in(c, broadcast_id, conversation_id, text, now))
        if said is None:
            return
        where, channel = said
        if channel and self._wake:
            self._wake(channel)
        if self._announce:
            await self._announce(where)

    def _tell_in(
        self, connection: sa.Connection, broadcast_id: str, conversation_id: str, text: str, now: datetime
    ) -> tuple[str, str | None] | None:
        """The line and the mark that it was told, in one transaction: once, however many servers tell.

        Of a citizen's linked conversations the one answered in last is told.
        """
        where = where_to_tell(connection, conversation_id, now)
        row = sql.take_if_open(connection, where)  # locks the conversation first, as every writer does
        if row is None or not _is_wanted(connection, broadcast_id, {where, conversation_id}):
            return None
        connection.execute(sa.insert(broadcast_tellings), {"broadcast_id": broadcast_id, "conversation_id": where})
        reply = marked(connection, self._keys, row, Reply(text=say("broadcast.news", text=text)), now)
        _, channel = sql.say(connection, self._keys, row, Said(replies=(reply,)), True, now)
        return where, channel


def _is_wanted(connection: sa.Connection, broadcast_id: str, conversation_ids: set[str]) -> bool:
    """Neither refused nor told before in any of these."""
    refused = sa.select(broadcast_optouts.c.conversation_id).where(
        broadcast_optouts.c.conversation_id.in_(conversation_ids)
    )
    told = sa.select(broadcast_tellings.c.conversation_id).where(
        broadcast_tellings.c.broadcast_id == broadcast_id, broadcast_tellings.c.conversation_id.in_(conversation_ids)
    )
    return connection.execute(refused.union_all(told)).first() is None


def _put_in(connection: sa.Connection, row: dict[str, Any]) -> Any:
    table = broadcasts.c
    same = (table.ward == row["ward"], table.province == row["province"], table.text == row["text"])
    found = connection.execute(_WITH_COUNT.where(*same, table.until > row["created_at"])).first()
    if found is None:
        connection.execute(sa.insert(broadcasts), row)
        found = connection.execute(_WITH_COUNT.where(table.id == row["id"])).one()
    return found


def _pass(connection: sa.Connection, broadcast_id: str, after: str, finished_at: datetime | None) -> None:
    """These conversations have been seen to; another server may be further already."""
    behind = sa.update(broadcasts).where(broadcasts.c.id == broadcast_id)
    if finished_at is not None:
        connection.execute(behind.values(finished_at=finished_at))
    else:
        connection.execute(behind.where(broadcasts.c.after_id < after).values(after_id=after))


def _read(row: Any) -> Broadcast:
    return Broadcast(**{name: getattr(row, name) for name in Broadcast.__dataclass_fields__})
