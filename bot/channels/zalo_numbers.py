"""The choices that a citizen sees last, which a number answers where they are too many to be pressed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import bindparam as bind

from bot.channels.reply import Button
from bot.conversation import open_said
from bot.store import Store
from bot.tables import messages

LINES_BACK = 5

LAST_SAID = (
    sa.select(messages.c.seq, messages.c.body)
    .where(messages.c.conversation_id == bind("conversation"), messages.c.direction == "out")
    .where(messages.c.body.is_not(None))
    .order_by(messages.c.seq.desc())
    .limit(LINES_BACK)
)


async def last_buttons(store: Store, conversation_id: str) -> tuple[Button, ...]:
    """Those of the newest reply that has any; none when only the last few lines are without."""
    where = {"conversation": conversation_id}
    rows = await store.database.read(lambda connection: connection.execute(LAST_SAID, where).all())
    for row in rows:
        for reply in reversed(open_said(store.keys, conversation_id, row.seq, row.body).replies):
            if reply.buttons:
                return reply.buttons
    return ()
