"""News that was stopped: what has not left yet is called back, conversation by conversation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from bot.broadcasts.news import Status
from bot.broadcasts.tables import broadcast_tellings, broadcasts
from bot.database import Database
from bot.tables import conversations, messages, outbox

BATCH = 100  # per transaction, so that citizens' turns get in between

_tellings = broadcast_tellings.c
_LETTERS = (
    sa.select(outbox.c.id, outbox.c.conversation_id, outbox.c.seq)
    .join(
        broadcast_tellings,
        sa.and_(_tellings.conversation_id == outbox.c.conversation_id, _tellings.seq == outbox.c.seq),
    )
    .where(outbox.c.status == "waiting")
    .order_by(outbox.c.conversation_id)
    .limit(BATCH)
)


def is_on_its_way(broadcast_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether some of its letters have not left yet."""
    ours = (_tellings.conversation_id == outbox.c.conversation_id, _tellings.seq == outbox.c.seq)
    return sa.exists().where(_tellings.broadcast_id == broadcast_id, *ours, outbox.c.status == "waiting")


async def call_back(database: Database, broadcast_id: str, clock: Callable[[], datetime]) -> None:
    """To its end; cut off in the middle, it is simply done again."""
    while await database.write(lambda connection: _call_back(connection, broadcast_id)):
        pass
    over = sa.update(broadcasts).where(broadcasts.c.id == broadcast_id, broadcasts.c.status == Status.stopping)
    over = over.values(status=Status.stopped, finished_at=clock())
    await database.write(lambda connection: connection.execute(over))


def _call_back(connection: sa.Connection, broadcast_id: str) -> bool:
    """Whether there may be more. A letter that is being sent meanwhile stays sent."""
    found = connection.execute(_LETTERS.where(_tellings.broadcast_id == broadcast_id)).all()
    if not found:
        return False
    # The conversations' rows first, here as everywhere: who locks in one order never waits in a circle.
    ids = sorted({row.conversation_id for row in found})
    connection.execute(
        sa.select(conversations.c.id).where(conversations.c.id.in_(ids)).order_by("id").with_for_update()
    )
    gone = sa.delete(outbox).where(outbox.c.id.in_([row.id for row in found]), outbox.c.status == "waiting")
    back = connection.execute(gone.returning(outbox.c.conversation_id, outbox.c.seq)).all()
    for conversation_id, seq in back:
        line = (messages.c.conversation_id == conversation_id, messages.c.seq == seq)
        connection.execute(sa.update(messages).where(*line).values(body=None))  # as if erased: nobody has read it
        told = (_tellings.broadcast_id == broadcast_id, _tellings.conversation_id == conversation_id)
        connection.execute(sa.delete(broadcast_tellings).where(*told))
    return True
