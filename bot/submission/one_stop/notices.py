"""What citizens are told about their dossiers: written with the change, told once, never at night."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot import store_statements as sql
from bot.channels.reply import Reply
from bot.conversation import Said
from bot.genuine.marking import marked
from bot.linking.reach import where_to_tell
from bot.privacy import CannotDecrypt
from bot.quiet_hours import QuietHours
from bot.store import Store
from bot.submission.one_stop.places import notice_place
from bot.submission.one_stop.wishes import is_wanted
from bot.tables import dossiers, status_notices

log = logging.getLogger(__name__)

AT_ONCE = 100
Announce = Callable[[str], Awaitable[None]]
Wake = Callable[[str], None]


class Notices:
    """`announce(conversation_id)` tells open pages, `wake(channel)` the outbox."""

    def __init__(self, store: Store, quiet: QuietHours, announce: Announce, wake: Wake) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._quiet, self._announce, self._wake = quiet, announce, wake

    def add_in(
        self, connection: sa.Connection, reference: str, kind: str, reply: Reply, is_awaited: bool = False
    ) -> None:
        """One more notice, in the transaction of the change it tells (which has locked the dossier).

        `is_awaited`: the citizen is there and waits for it, so it comes at night too.
        """
        last = sa.select(sa.func.max(status_notices.c.number)).where(status_notices.c.reference == reference)
        number, now = (connection.execute(last).scalar() or 0) + 1, self._clock()
        row = {
            "reference": reference,
            "number": number,
            "kind": kind,
            "body": self._keys.seal(reply.model_dump_json().encode(), notice_place(reference, number)),
            "due_at": now if is_awaited else self._quiet.first_open(now),
        }
        connection.execute(sa.insert(status_notices), row)

    async def tell_due(self) -> int:
        """Tells what is due, in the order of the changes; how many."""
        due = (
            sa.select(status_notices.c.reference, status_notices.c.number)
            .where(status_notices.c.told_at.is_(None), status_notices.c.due_at <= self._clock())
            .order_by(status_notices.c.due_at, status_notices.c.reference, status_notices.c.number)
            .limit(AT_ONCE)
        )
        rows = await self._database.read(lambda connection: connection.execute(due).all())
        return sum([await self._tell(row.reference, row.number) for row in rows])

    async def _tell(self, reference: str, number: int) -> bool:
        try:
            said = await self._database.write(lambda connection: self._tell_in(connection, reference, number))
        except CannotDecrypt as reason:
            log.error("a notice cannot be read: %s", reason)
            return False
        if said is None:
            return False
        conversation_id, channel = said
        if channel:
            self._wake(channel)
        await self._announce(conversation_id)
        return True

    def _tell_in(self, connection: sa.Connection, reference: str, number: int) -> tuple[str, str | None] | None:
        """The notice becomes a line of the conversation and is crossed off in one transaction: told exactly once."""
        owner, now = _conversation_of(connection, reference), self._clock()
        if owner is None:
            return None
        conversation_id = where_to_tell(connection, owner, now)
        row = sql.take_if_open(connection, conversation_id)  # locks the conversation first, as every writer does
        body, kind = _cross_off(connection, reference, number, now)
        if row is None or body is None:  # the citizen left the channel, or another process was quicker
            return None  # the number taken for the line is left out, which nobody minds
        if not is_wanted(connection, {owner, conversation_id}, kind):
            return None
        reply = Reply.model_validate_json(self._keys.open(body, notice_place(reference, number)))
        notice = marked(connection, self._keys, row, reply, now)
        _, channel = sql.say(connection, self._keys, row, Said(replies=(notice,)), True, now)
        return conversation_id, channel

    async def waiting(self) -> int:
        count = sa.select(sa.func.count()).where(status_notices.c.told_at.is_(None))
        return await self._database.read(lambda connection: connection.execute(count).scalar_one())


def _conversation_of(connection: sa.Connection, reference: str) -> str | None:
    found = sa.select(dossiers.c.conversation_id).where(dossiers.c.reference == reference)
    return connection.execute(found).scalar()


def _cross_off(connection: sa.Connection, reference: str, number: int, now: datetime) -> tuple[Any, str]:
    """The sealed notice, now marked as told, and its kind; None when it was told before."""
    ours = (status_notices.c.reference == reference, status_notices.c.number == number)
    untold = sa.select(status_notices.c.body, status_notices.c.kind).where(*ours, status_notices.c.told_at.is_(None))
    row = connection.execute(untold.with_for_update()).first()
    if row is None or row.body is None:
        return None, ""
    connection.execute(sa.update(status_notices).where(*ours).values(told_at=now, body=None))
    return row.body, row.kind
