"""Telling a ward: conversation by conversation, each once, in the hours of the day, until the news is old."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot import store_statements as sql
from bot.broadcasts import recalling
from bot.broadcasts.news import (
    LIFE,
    MOST_CHARS,
    STARTED,
    WITH_COUNT,
    BadBroadcast,
    Broadcast,
    Status,
    new_row,
    put_in,
    read,
)
from bot.broadcasts.residents import home_of, page_of, place
from bot.broadcasts.tables import broadcast_optouts, broadcast_tellings, broadcasts
from bot.channels.reply import Reply
from bot.conversation import Said
from bot.genuine.marking import marked
from bot.linking.reach import where_to_tell
from bot.quiet_hours import QuietHours
from bot.store import Store
from bot.wording import say
from knowledge.places import Ward

BATCH = 100

__all__ = ["BATCH", "LIFE", "MOST_CHARS", "BadBroadcast", "Broadcast", "Broadcasts"]


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
        row = new_row(ward, text, by, Status.telling, self._clock())
        try:
            return read(await self._database.write(lambda connection: put_in(connection, row, STARTED)))
        except IntegrityError:  # somebody else was quicker by a moment
            return read(await self._database.write(lambda connection: put_in(connection, row, STARTED)))

    async def listed(self, most: int = 50) -> list[Broadcast]:
        """The newest first."""
        newest = WITH_COUNT.order_by(broadcasts.c.created_at.desc(), broadcasts.c.id).limit(most)
        return [read(row) for row in await self._database.read(lambda connection: connection.execute(newest).all())]

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
        called_back = await self._finish_stopping()
        if self._quiet.first_open(now) != now:
            return called_back
        row = await self._oldest(Status.telling)
        return await self._go_on(row, now) if row else called_back

    async def _oldest(self, status: Status) -> Any:
        oldest = sa.select(broadcasts).where(broadcasts.c.finished_at.is_(None), broadcasts.c.status == status)
        oldest = oldest.order_by(broadcasts.c.created_at, broadcasts.c.id).limit(1)
        return await self._database.read(lambda connection: connection.execute(oldest).first())

    async def _finish_stopping(self) -> int:
        """What was stopped by somebody whose server went down in the middle."""
        row = await self._oldest(Status.stopping)
        if row is None:
            return 0
        await recalling.call_back(self._database, row.id, self._clock)
        return 1

    async def _go_on(self, row: Any, now: datetime) -> int:
        def page(connection: sa.Connection) -> list[Any]:
            return page_of(connection, row.after_id, now, BATCH) if now < row.until else []

        batch = await self._database.read(page)
        for candidate in batch:
            if home_of(self._keys, candidate) == place(row.ward, row.province):
                await self._tell(row.id, candidate.id, row.text, now)
        last = batch[-1].id if batch else row.after_id
        await self._database.write(lambda connection: _pass(connection, row.id, last, None if batch else now))
        return len(batch) or 1

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
        line = sql.take_if_open(connection, where)  # locks the conversation first, as every writer does
        news = _still_told(connection, broadcast_id)
        if line is None or news is None or not _is_wanted(connection, news, {where, conversation_id}, now):
            return None
        told = {"broadcast_id": broadcast_id, "conversation_id": where, "seq": line.last_seq}
        connection.execute(sa.insert(broadcast_tellings), told)
        reply = marked(connection, self._keys, line, Reply(text=say("broadcast.news", text=text)), now)
        _, channel = sql.say(connection, self._keys, line, Said(replies=(reply,)), True, now)
        return where, channel


def _still_told(connection: sa.Connection, broadcast_id: str) -> Any:
    """None once it was stopped: whoever stops it waits for this transaction, and calls its line back."""
    going = sa.select(broadcasts).where(broadcasts.c.id == broadcast_id, broadcasts.c.status == Status.telling)
    return connection.execute(going.with_for_update(read=True)).first()


def _is_wanted(connection: sa.Connection, news: Any, conversation_ids: set[str], now: datetime) -> bool:
    """Neither refused nor told before in any of these, also when it was stopped and then written once more."""
    refused = sa.select(broadcast_optouts.c.conversation_id).where(
        broadcast_optouts.c.conversation_id.in_(conversation_ids)
    )
    alike = (broadcasts.c.ward == news.ward, broadcasts.c.province == news.province, broadcasts.c.text == news.text)
    same = sa.select(broadcasts.c.id).where(*alike, broadcasts.c.until > now)
    told = sa.select(broadcast_tellings.c.conversation_id).where(
        sa.or_(broadcast_tellings.c.broadcast_id == news.id, broadcast_tellings.c.broadcast_id.in_(same)),
        broadcast_tellings.c.conversation_id.in_(conversation_ids),
    )
    return connection.execute(refused.union_all(told)).first() is None


def _pass(connection: sa.Connection, broadcast_id: str, after: str, finished_at: datetime | None) -> None:
    """These conversations have been seen to; another server may be further already, or somebody has stopped it."""
    behind = sa.update(broadcasts).where(broadcasts.c.id == broadcast_id, broadcasts.c.status == Status.telling)
    if finished_at is not None:
        connection.execute(behind.values(finished_at=finished_at, status=Status.told))
    else:
        connection.execute(behind.where(broadcasts.c.after_id < after).values(after_id=after))
