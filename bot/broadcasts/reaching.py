"""How many people news of a ward would reach, by channel, counted for all wards at once and kept for some minutes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.broadcasts.residents import Place, home_of, page_of, place
from bot.broadcasts.tables import broadcast_optouts
from bot.linking.reach import where_to_tell
from bot.linking.tables import linked_conversations
from bot.store import Store
from bot.tables import conversations

log = logging.getLogger(__name__)

BATCH = 500
FRESH = timedelta(minutes=5)
PATIENCE_SECONDS = 3.0  # a small place is counted at once; a large one while somebody waits on the page

Counts = Mapping[str, int]  # people by channel


class Reaching:
    """For one server; contexts are opened in a thread, so that it goes on serving."""

    def __init__(self, store: Store) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._found: dict[Place, Counter[str]] = {}
        self._counted_at: datetime | None = None
        self._counting: asyncio.Task[None] | None = None

    async def of(self, ward: str, province: str) -> Counts | None:
        """None: still being counted."""
        return self._found.get(place(ward, province), Counter()) if await self._is_known() else None

    async def wards_of(self, province: str) -> Counts | None:
        """People by ward (its name folded)."""
        if not await self._is_known():
            return None
        _, wanted = place("", province)
        return {ward: counts.total() for (ward, where), counts in self._found.items() if where == wanted}

    async def stop(self) -> None:
        if self._counting is not None:
            self._counting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._counting

    async def _is_known(self) -> bool:
        is_fresh = self._counted_at is not None and self._clock() - self._counted_at < FRESH
        if is_fresh:
            return True
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count())
        await asyncio.wait({self._counting}, timeout=PATIENCE_SECONDS)
        return self._counted_at is not None and self._clock() - self._counted_at < FRESH

    async def _count(self) -> None:
        now, after = self._clock(), ""
        told: set[tuple[Place, str]] = set()  # of a citizen's linked conversations one is told
        found: dict[Place, Counter[str]] = {}
        try:
            while after is not None:
                rows, after = await self._database.read(lambda c, after=after: self._page(c, after, now))
                homes = await asyncio.to_thread(lambda rows=rows: [home_of(self._keys, row) for row, _ in rows])
                for home, (_, (where, channel)) in zip(homes, rows, strict=True):
                    if all(home) and (home, where) not in told:
                        told.add((home, where))
                        found.setdefault(home, Counter())[channel] += 1
        except Exception:
            log.exception("who would be told could not be counted")
            return
        self._found, self._counted_at = found, now

    def _page(
        self, connection: sa.Connection, after: str, now: datetime
    ) -> tuple[list[tuple[Any, tuple[str, str]]], str | None]:
        """Each with the conversation and channel where it would be told; without those who want no news."""
        rows = page_of(connection, after, now, BATCH)
        elsewhere = _linked(connection, [row.id for row in rows], now)
        where = {row.id: elsewhere.get(row.id, (row.id, row.channel)) for row in rows}
        refused = _refusing(connection, {*where, *(one for one, _ in elsewhere.values())})
        wanting = [(row, where[row.id]) for row in rows if not {row.id, where[row.id][0]} & refused]
        return wanting, rows[-1].id if len(rows) == BATCH else None


def _linked(connection: sa.Connection, ids: Iterable[str], now: datetime) -> dict[str, tuple[str, str]]:
    links = linked_conversations.c.conversation_id
    linked = connection.execute(sa.select(links).where(links.in_([*ids]))).scalars().all()
    return {one: _channel(connection, where_to_tell(connection, one, now)) for one in linked}


def _channel(connection: sa.Connection, where: str) -> tuple[str, str]:
    channel = sa.select(conversations.c.channel).where(conversations.c.id == where)
    return where, connection.execute(channel).scalar_one()


def _refusing(connection: sa.Connection, ids: Iterable[str]) -> set[str]:
    table = broadcast_optouts.c.conversation_id
    return set(connection.execute(sa.select(table).where(table.in_([*ids]))).scalars())
