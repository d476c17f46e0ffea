"""What the province does about news at the desk: one writes it, another approves it, either may end it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.broadcasts import recalling
from bot.broadcasts.news import LIFE, STARTED, WITH_COUNT, Broadcast, Status, new_row, put_in, read
from bot.broadcasts.tables import broadcast_tellings, broadcasts
from bot.store import Store
from bot.tables import outbox
from knowledge.places import Ward

MOST_LISTED = 50
UNDER_WAY = (Status.proposed, Status.telling, Status.stopping)


class NotNow(Exception):
    """It is not where this step begins: somebody was quicker, or it is old."""


class OwnNews(Exception):
    """Who wrote it would approve it, too."""


class Deciding:
    """Every verb is one transaction; `stop` calls back what has not left, in several."""

    def __init__(self, store: Store) -> None:
        self._database, self._clock = store.database, store.clock

    # ---- reading

    async def of_province(self, province: str) -> list[Broadcast]:
        """The newest first."""
        newest = WITH_COUNT.where(broadcasts.c.province == province)
        newest = newest.order_by(broadcasts.c.created_at.desc(), broadcasts.c.id).limit(MOST_LISTED)
        return [read(row) for row in await self._database.read(lambda connection: connection.execute(newest).all())]

    async def find(self, broadcast_id: str) -> Broadcast | None:
        one = WITH_COUNT.where(broadcasts.c.id == broadcast_id)
        row = await self._database.read(lambda connection: connection.execute(one).first())
        return read(row) if row else None

    async def letters(self, broadcast_id: str) -> Mapping[str, int]:
        """How many were `sent`, are `waiting` or came back `dead`; where nothing is sent, it lies ready to be read."""
        tellings = broadcast_tellings.c
        ours = sa.and_(outbox.c.conversation_id == tellings.conversation_id, outbox.c.seq == tellings.seq)
        found = sa.select(outbox.c.status, sa.func.count()).select_from(broadcast_tellings).outerjoin(outbox, ours)
        found = found.where(tellings.broadcast_id == broadcast_id).group_by(outbox.c.status)
        rows = await self._database.read(lambda connection: connection.execute(found).all())
        counts: Counter[str] = Counter()
        for status, count in rows:
            counts["waiting" if status == "sending" else status or "sent"] += count
        return counts

    # ---- deciding

    async def propose(self, ward: Ward, text: str, by: str) -> Broadcast:
        """It waits for a second person; what is proposed or told already is found again. Raises BadBroadcast."""
        row, same = new_row(ward, text, by, Status.proposed, self._clock()), (Status.proposed, *STARTED)
        try:
            return read(await self._database.write(lambda connection: put_in(connection, row, same)))
        except IntegrityError:  # a second press at the same moment
            return read(await self._database.write(lambda connection: put_in(connection, row, same)))

    async def approve(self, broadcast_id: str, by: str, expected: int | None) -> None:
        """A server tells it from now on. Raises OwnNews, NotNow."""
        now, table = self._clock(), broadcasts.c
        started = {"status": Status.telling, "approved_by": by[:80], "until": now + LIFE, "expected": expected}

        def work(connection: sa.Connection) -> bool:
            writer = sa.select(table.written_by).where(table.id == broadcast_id)
            if connection.execute(writer).scalar() == by[:80]:
                raise OwnNews(broadcast_id)
            return _change(connection, _of(broadcast_id, Status.proposed), table.until > now, **started)

        await self._step(work)

    async def refuse(self, broadcast_id: str, by: str) -> None:
        """A second person says no, or its writer takes it back. Raises NotNow."""
        ended = {"status": Status.refused, "ended_by": by[:80], "finished_at": self._clock()}
        await self._step(lambda connection: _change(connection, _of(broadcast_id, Status.proposed), **ended))

    async def stop(self, broadcast_id: str, by: str) -> None:
        """Nobody else is told; what waits to be sent does not leave. One person is enough. Raises NotNow."""
        ended = {"status": Status.stopping, "ended_by": by[:80], "finished_at": None}
        is_going = sa.or_(broadcasts.c.status == Status.telling, recalling.is_on_its_way(broadcasts.c.id))
        await self._step(lambda connection: _change(connection, _of(broadcast_id, *STARTED), is_going, **ended))
        await recalling.call_back(self._database, broadcast_id, self._clock)

    async def _step(self, work: Any) -> None:
        if not await self._database.write(work):
            raise NotNow


def _of(broadcast_id: str, *statuses: Status) -> sa.ColumnElement[bool]:
    return sa.and_(broadcasts.c.id == broadcast_id, broadcasts.c.status.in_(statuses))


def _change(connection: sa.Connection, *where: sa.ColumnElement[bool], **values: Any) -> bool:
    return connection.execute(sa.update(broadcasts).where(*where).values(values)).rowcount == 1


def split(found: Sequence[Broadcast], now: datetime) -> tuple[list[Broadcast], list[Broadcast]]:
    """Those under way, and the earlier ones."""
    is_open = {one.id: one.status in UNDER_WAY and not one.is_lapsed(now) for one in found}
    return [one for one in found if is_open[one.id]], [one for one in found if not is_open[one.id]]
