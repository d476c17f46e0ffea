"""Conversations and their messages: stored before they are acted on, answered once, read back in order."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot import resealing, retention
from bot import store_statements as sql
from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply
from bot.conversation import (
    Conversation,
    Memory,
    Received,
    Said,
    Unanswered,
    open_context,
    open_inbound,
    open_line,
    open_said,
    seal_address,
    seal_context,
    seal_inbound,
    token_hash,
)
from bot.database import Database, open_database
from bot.genuine.marking import marked
from bot.linking import reach
from bot.privacy import KeyRing
from bot.settings import Settings
from bot.store_statements import UnknownConversation

Clock = Callable[[], datetime]
Listener = Callable[[str], None]

TOKEN_BYTES = 32
MOST_LINES = 500

__all__ = ["Conversation", "Received", "Store", "Unanswered", "UnknownConversation", "open_store", "utc_now"]


def utc_now() -> datetime:
    return datetime.now(UTC)


async def open_store(settings: Settings, clock: Clock = utc_now) -> Store:
    """Migrates the database, checks that our keys open it, and hands the store out."""
    database = await open_database(settings.sqlalchemy_url)
    try:
        keys = settings.key_ring()
        await database.write(lambda connection: retention.check_keys(connection, keys))
    except BaseException:
        await database.close()
        raise
    return Store(database, keys, settings, clock)


class Store:
    """Every verb is one transaction; whoever is killed in between has done all of it or nothing."""

    def __init__(self, database: Database, keys: KeyRing, settings: Settings, clock: Clock = utc_now) -> None:
        self.database, self.keys, self.settings, self.clock = database, keys, settings, clock
        self._listeners: list[Listener] = []

    def on_outbox_grown(self, listener: Listener) -> None:
        """`listener(channel)` is called after something was put into that channel's outbox."""
        self._listeners.append(listener)

    async def ping(self) -> None:
        """Raises when the database cannot be reached."""
        await self.database.read(lambda connection: connection.execute(sa.select(1)))

    async def close(self) -> None:
        await self.database.close()

    # ---- conversations

    async def start_conversation(self, channel: str, address: str | None = None) -> tuple[Conversation, str | None]:
        """A new conversation; without an address the citizen proves later with the token that it is theirs."""
        token = None if address else secrets.token_urlsafe(TOKEN_BYTES)
        row = self._new_row(channel, address, token)
        await self.database.write(lambda connection: connection.execute(sql.ADD_CONVERSATION, row))
        return Conversation.unseal(SimpleNamespace(**row), self.keys), token

    def _new_row(self, channel: str, address: str | None, token: str | None) -> dict[str, Any]:
        conversation_id, now = uuid.uuid4().hex, self.clock()
        return {
            "id": conversation_id,
            "channel": channel,
            "address": seal_address(self.keys, conversation_id, address) if address else None,
            "address_hash": self.keys.hash(channel, address) if address else None,
            "token_hash": token_hash(token) if token else None,
            "context": None,
            "last_seq": 0,
            "created_at": now,
            "last_active_at": now,
            "closed_at": None,
            "erased_at": None,
        }

    async def conversation_for(self, channel: str, address: str) -> Conversation:
        """The conversation with this address, begun now if there is none."""
        found = await self._find_by_address(channel, address)
        if found:
            return found
        try:
            return (await self.start_conversation(channel, address))[0]
        except IntegrityError:  # a second message of the same citizen was quicker
            found = await self._find_by_address(channel, address)
            if found is None:
                raise
            return found

    async def _find_by_address(self, channel: str, address: str) -> Conversation | None:
        where = {"channel": channel, "hashes": self.keys.hashes(channel, address)}
        row = await self.database.read(lambda connection: connection.execute(sql.FIND_BY_ADDRESS, where).first())
        return Conversation.unseal(row, self.keys) if row else None

    async def conversation(self, conversation_id: str) -> Conversation | None:
        row = await self._find(conversation_id)
        return Conversation.unseal(row, self.keys) if row else None

    async def memory(self, conversation_id: str) -> Memory:
        where = {"conversation_id": conversation_id}
        row = await self.database.read(lambda connection: connection.execute(reach.FIND_MEMORY, where).first())
        return Memory(open_context(self.keys, row.id, row.context), row.is_linked) if row else Memory({}, False)

    async def linked(self, conversation_id: str) -> list[str]:
        """The citizen's other conversations."""
        rows = await self.database.read(lambda connection: reach.group(connection, conversation_id))
        return [row.id for row in rows if row.id != conversation_id]

    async def where_to_tell(self, conversation_id: str) -> str:
        """The conversation of this citizen to which a notice goes."""
        now = self.clock()
        return await self.database.read(lambda connection: reach.where_to_tell(connection, conversation_id, now))

    async def authenticate(self, conversation_id: str, token: str) -> Conversation | None:
        """The conversation if the token is its own; takes the same time whether or not it exists."""
        row = await self._find(conversation_id)
        expected = row.token_hash if row and row.token_hash else bytes(hashlib.sha256().digest_size)
        is_right = hmac.compare_digest(expected, token_hash(token))
        return Conversation.unseal(row, self.keys) if row and is_right else None

    async def _find(self, conversation_id: str) -> Any:
        if not conversation_id.isalnum():  # anything may stand in a path; PostgreSQL chokes on some of it
            return None
        where = {"conversation_id": conversation_id}
        return await self.database.read(lambda connection: connection.execute(sql.FIND_BY_ID, where).first())

    async def close_conversation(self, channel: str, address: str) -> None:
        """The citizen left the channel: what waits is given up, nothing is pushed until they write again."""
        found = await self._find_by_address(channel, address)
        if found:
            now = self.clock()
            await self.database.write(lambda connection: sql.close(connection, found.id, now))

    # ---- a turn

    async def receive(self, conversation_id: str, inbound: Inbound) -> Received:
        """Stores a message before anything is done about it; of a second copy tells what came of the first."""
        if len(self.keys.keys) > 1:  # after a rotation the first copy may lie under an older key's hash
            earlier = await self.earlier(inbound)
            if earlier:
                return earlier
        now, key = self.clock(), self.keys.hash(*_identity(inbound))

        def work(connection: sa.Connection) -> int:
            seq = sql.take(connection, sql.TAKE_SEQ_AND_REOPEN, conversation_id, now=now).last_seq
            body = seal_inbound(self.keys, conversation_id, seq, inbound)
            sql.add_line(connection, conversation_id, seq, "in", body, now, message_key=key)
            return seq

        try:
            return Received(conversation_id, await self.database.write(work), is_new=True)
        except IntegrityError:
            earlier = await self.earlier(inbound)
            if earlier is None:
                raise
            return earlier

    async def earlier(self, inbound: Inbound) -> Received | None:
        """What came of the first copy of this message; None when there was none."""
        keys = {"message_keys": self.keys.hashes(*_identity(inbound))}
        row = await self.database.read(lambda connection: connection.execute(sql.FIND_EARLIER, keys).first())
        if row is None:
            return None
        outcome = await self.outcome(row.conversation_id, row.seq)
        is_answered = row.answered_at is not None
        return Received(row.conversation_id, row.seq, is_new=False, is_answered=is_answered, earlier=outcome)

    async def outcome(self, conversation_id: str, seq: int) -> Outcome | None:
        """What a message was answered with; None while it is not, and after an erasure."""
        where = {"conversation_id": conversation_id, "seq": seq}
        row = await self.database.read(lambda connection: connection.execute(sql.FIND_ANSWER, where).first())
        if row is None:
            return None
        said = open_said(self.keys, conversation_id, row.seq, row.body)
        return Outcome(replies=said.replies, turn=said.turn) if said.turn else None

    async def unanswered(self) -> list[Unanswered]:
        """Messages whose turn was cut off, in the order they came; to be called once at start.

        Each is handed out a few times at most, so that one which kills the process cannot do so for ever.
        """
        now = {"before": self.clock()}

        def work(connection: sa.Connection) -> list[Any]:
            rows = connection.execute(sql.FIND_UNANSWERED, now).all()
            connection.execute(sql.COUNT_RECOVERY, now)
            return rows

        return [self._unanswered(row) for row in await self.database.write(work)]

    def _unanswered(self, row: Any) -> Unanswered:
        inbound = open_inbound(self.keys, row.id, row.seq, row.body)
        received = Received(row.id, row.seq, is_new=True)
        return Unanswered(Conversation.unseal(row, self.keys), inbound, received, row.received_at)

    async def answer(
        self, conversation_id: str, seq: int, outcome: Outcome, context: dict[str, Any], deliver: bool
    ) -> int | None:
        """Outcome, context and outbox in one; the line's seq, or None when it was answered before (or erased)."""
        now, sealed = self.clock(), seal_context(self.keys, conversation_id, context)

        def work(connection: sa.Connection) -> tuple[int, str | None]:
            # The conversation's row first, here as everywhere: who locks in one order never waits in a circle.
            row = sql.take(connection, sql.TAKE_SEQ_AND_SAVE, conversation_id, sealed_context=sealed)
            sql.mark_answered(connection, conversation_id, seq, now)
            reach.note_answer(connection, conversation_id, now)
            return sql.say(connection, self.keys, row, outcome, deliver, now, reply_to=seq)

        try:
            return self._announce(await self.database.write(work))
        except sql.AlreadyAnswered:  # and with it everything above is undone
            return None

    async def push(
        self, conversation_id: str, reply: Reply, deliver: bool = True, is_notice: bool = False
    ) -> int | None:
        """A message that no turn caused (a notice gets its code); its seq, or None when the citizen has left."""
        now = self.clock()

        def work(connection: sa.Connection) -> tuple[int, str | None] | None:
            row = sql.take_if_open(connection, conversation_id)
            told = marked(connection, self.keys, row, reply, now) if row and is_notice else reply
            return row and sql.say(connection, self.keys, row, Said(replies=(told,)), deliver, now)

        return self._announce(await self.database.write(work))

    def _announce(self, said: tuple[int, str | None] | None) -> int | None:
        if said is None:
            return None
        seq, channel = said
        if channel:
            self.ring(channel)
        return seq

    def ring(self, channel: str) -> None:
        """Something waits in this channel's outbox."""
        for listener in self._listeners:
            listener(channel)

    # ---- looking back, forgetting

    async def history(self, conversation_id: str, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """The lines after `after`, oldest first, as they go over HTTP."""
        where = {"conversation_id": conversation_id, "after": after, "most": min(limit, MOST_LINES)}
        rows = await self.database.read(lambda connection: connection.execute(sql.FIND_LINES, where).all())
        return [open_line(self.keys, row) for row in rows]

    async def first_time(self, source: str, event_id: str) -> bool:
        """Whether this event of a channel (one that is no message) is seen for the first time."""
        row = {"source": source, "event_key": hashlib.sha256(event_id.encode()).digest(), "seen_at": self.clock()}
        try:
            await self.database.write(lambda connection: connection.execute(sql.ADD_SEEN_EVENT, row))
        except IntegrityError:
            return False
        return True

    async def erase(self, conversation_id: str, is_final: bool = False) -> None:
        """Forgets every word, reply, file and the context.

        The message being answered can still be answered ("it is erased"), and the next sweep deletes the
        address; `is_final` does that now, and no token opens the conversation any more.
        """
        forget, now = retention.end if is_final else retention.erase, self.clock()
        files = await self.database.write(lambda connection: forget(connection, conversation_id, now))
        await asyncio.to_thread(retention.delete_files, self.settings.attachments_dir, files)

    async def export(self, conversation_id: str) -> dict[str, Any] | None:
        """Everything kept about one conversation, readable; None when nothing is."""
        return await self.database.read(lambda c: retention.export(c, self.keys, conversation_id))

    async def sweep(self, now: datetime, retention_days: int) -> int:
        """Deletes what is past its time; how many conversations went."""
        return await retention.sweep(self.database, self.settings, now, timedelta(days=retention_days))

    async def reseal(self) -> int:
        """Encrypts everything anew with the first key, so that older ones can leave; how many rows and files."""
        return await resealing.reseal(self.database, self.keys, self.settings.attachments_dir)


def _identity(inbound: Inbound) -> tuple[str, str, str]:
    """What makes a message the same message."""
    return inbound.channel, inbound.sender, inbound.message_id
