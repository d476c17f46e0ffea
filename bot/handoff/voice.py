"""What a citizen is told by or about a helper: a line of the conversation, written with the change it belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot import store_statements as sql
from bot.channels.reply import Reply, Turn
from bot.conversation import Said
from bot.store import Store
from bot.tables import messages

Announce = Callable[[str], Awaitable[None]]
Wake = Callable[[str], None]


@dataclass(frozen=True)
class Spoken:
    conversation_id: str
    seq: int
    channel: str | None  # whose outbox has grown


class Voice:
    """`announce(conversation_id)` tells open pages, `wake(channel)` the outbox."""

    def __init__(self, store: Store, announce: Announce, wake: Wake) -> None:
        self._keys, self._announce, self._wake = store.keys, announce, wake

    def say_in(
        self,
        connection: sa.Connection,
        conversation_id: str,
        replies: Sequence[Reply],
        now: datetime,
        turn: Turn | None = None,
        key: bytes | None = None,
    ) -> Spoken | None:
        """Writes the line, locking the conversation first as every writer does; None when the citizen has left.

        `key` names the message: a second one of the same key raises IntegrityError, and nothing of it is written.
        """
        row = sql.take_if_open(connection, conversation_id)
        if row is None:
            return None
        said = Said(replies=tuple(replies), turn=turn)
        seq, channel = sql.say(connection, self._keys, row, said, True, now)
        if key is not None:
            ours = sa.and_(messages.c.conversation_id == conversation_id, messages.c.seq == seq)
            connection.execute(sa.update(messages).where(ours).values(message_key=key))
        return Spoken(conversation_id, seq, channel)

    async def heard(self, spoken: Spoken | None) -> None:
        """After the transaction: whoever waits for it is told."""
        if spoken is None:
            return
        if spoken.channel:
            self._wake(spoken.channel)
        await self._announce(spoken.conversation_id)
