"""The store's SQL, built once so that each statement is compiled once per process."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam as bind

from bot.channels.reply import Outcome
from bot.conversation import Said, seal_said
from bot.privacy import KeyRing
from bot.tables import IS_UNANSWERED, conversations, messages, outbox, seen_events

MAX_RECOVERIES = 3  # a message that brings the process down is not allowed to do so for ever

ADD_CONVERSATION = sa.insert(conversations)
ADD_MESSAGE = sa.insert(messages).values(recoveries=0)
ADD_OUTBOX = sa.insert(outbox).values(status="waiting", attempts=0)
ADD_SEEN_EVENT = sa.insert(seen_events)

FIND_BY_ID = sa.select(conversations).where(conversations.c.id == bind("conversation_id"))
FIND_BY_ADDRESS = (
    sa.select(conversations)
    .where(conversations.c.channel == bind("channel"))
    .where(conversations.c.address_hash.in_(bind("hashes", expanding=True)))
    .order_by(conversations.c.created_at)
)

# Taking the next number also locks the conversation's row, so its writers go one after another.
TAKE_SEQ = (
    sa.update(conversations)
    .where(conversations.c.id == bind("conversation_id"))
    .values(last_seq=conversations.c.last_seq + 1)
    .returning(
        conversations.c.id,
        conversations.c.last_seq,
        conversations.c.channel,
        conversations.c.address,  # itself: SQLite 3.40 returns a wrong "address IS NOT NULL" here
    )
)
TAKE_SEQ_IF_OPEN = TAKE_SEQ.where(conversations.c.closed_at.is_(None))
TAKE_SEQ_AND_REOPEN = TAKE_SEQ.values(last_active_at=bind("now"), closed_at=None, erased_at=None)
# The turn that erased a conversation must not write its context back.
TAKE_SEQ_AND_SAVE = TAKE_SEQ.values(
    context=sa.case(
        (conversations.c.erased_at.is_(None), bind("sealed_context", type_=sa.LargeBinary)), else_=sa.null()
    )
)

MARK_ANSWERED = (
    sa.update(messages)
    .where(messages.c.conversation_id == bind("conversation"))
    .where(messages.c.seq == bind("answered_seq"), IS_UNANSWERED)
    .values(answered_at=bind("now"))
)
FIND_EARLIER = (
    sa.select(messages.c.conversation_id, messages.c.seq, messages.c.answered_at)
    .where(messages.c.message_key.in_(bind("message_keys", expanding=True)))
    .limit(1)
)
FIND_ANSWER = (
    sa.select(messages.c.seq, messages.c.body)
    .where(messages.c.conversation_id == bind("conversation_id"))
    .where(messages.c.seq > bind("seq"), messages.c.reply_to == bind("seq"), messages.c.body.is_not(None))
)
FIND_UNANSWERED = (
    sa.select(conversations, messages.c.seq, messages.c.body, messages.c.received_at)
    .join(messages, messages.c.conversation_id == conversations.c.id)
    .where(IS_UNANSWERED, messages.c.body.is_not(None))
    .where(messages.c.recoveries < MAX_RECOVERIES, messages.c.received_at <= bind("before"))
    .order_by(messages.c.received_at, messages.c.conversation_id, messages.c.seq)
)
COUNT_RECOVERY = (
    sa.update(messages)
    .where(IS_UNANSWERED, messages.c.received_at <= bind("before"))
    .values(recoveries=messages.c.recoveries + 1)
)
FIND_LINES = (
    sa.select(messages)
    .where(messages.c.conversation_id == bind("conversation_id"))
    .where(messages.c.seq > bind("after"), messages.c.body.is_not(None))
    .order_by(messages.c.seq)
    .limit(bind("most"))
)

CLOSE = sa.update(conversations).where(conversations.c.id == bind("conversation_id")).values(closed_at=bind("now"))
GIVE_UP_WAITING = (
    sa.update(outbox)
    .where(outbox.c.conversation_id == bind("conversation"), outbox.c.status.in_(("waiting", "sending")))
    .values(status="dead", finished_at=bind("now"), lease_until=None, last_error="the citizen left the channel")
)


class UnknownConversation(Exception):
    """No conversation of that id: never was, or its time of keeping is over."""


class AlreadyAnswered(Exception):
    """Somebody answered this message before; raised so that the transaction is undone."""


def take(connection: sa.Connection, statement: sa.Update, conversation_id: str, **values: Any) -> Any:
    """Runs one of the TAKE_SEQ statements: the conversation's row, with the number for a new line."""
    row = connection.execute(statement, {"conversation_id": conversation_id, **values}).first()
    if row is None:
        raise UnknownConversation(conversation_id)
    return row


def take_if_open(connection: sa.Connection, conversation_id: str) -> Any:
    """The same for a push; None when the citizen has left the channel."""
    where = {"conversation_id": conversation_id}
    row = connection.execute(TAKE_SEQ_IF_OPEN, where).first()
    if row is None and connection.execute(FIND_BY_ID, where).first() is None:
        raise UnknownConversation(conversation_id)
    return row


def mark_answered(connection: sa.Connection, conversation_id: str, seq: int, now: datetime) -> None:
    where = {"conversation": conversation_id, "answered_seq": seq, "now": now}
    if connection.execute(MARK_ANSWERED, where).rowcount == 0:
        raise AlreadyAnswered


def add_line(
    connection: sa.Connection,
    conversation_id: str,
    seq: int,
    direction: str,
    body: bytes,
    now: datetime,
    message_key: bytes | None = None,
    reply_to: int | None = None,
) -> None:
    line = {"conversation_id": conversation_id, "seq": seq, "direction": direction, "body": body, "received_at": now}
    connection.execute(ADD_MESSAGE, line | {"message_key": message_key, "reply_to": reply_to})


def say(
    connection: sa.Connection,
    keys: KeyRing,
    row: Any,
    said: Outcome | Said,
    deliver: bool,
    now: datetime,
    reply_to: int | None = None,
) -> tuple[int, str | None]:
    """Writes the "out" line, and one outbox row per reply when the channel has to be reached: seq and that channel."""
    add_line(connection, row.id, row.last_seq, "out", seal_said(keys, row.id, row.last_seq, said), now, None, reply_to)
    if not (deliver and row.address and said.replies):
        return row.last_seq, None
    shared = {"conversation_id": row.id, "seq": row.last_seq, "channel": row.channel, "created_at": now}
    parts = [shared | {"part": part, "next_attempt_at": now} for part in range(len(said.replies))]
    connection.execute(ADD_OUTBOX, parts)
    return row.last_seq, row.channel


def close(connection: sa.Connection, conversation_id: str, now: datetime) -> None:
    """Nothing more is sent to a citizen who left; also the outbox's way to end a conversation."""
    connection.execute(CLOSE, {"conversation_id": conversation_id, "now": now})
    connection.execute(GIVE_UP_WAITING, {"conversation": conversation_id, "now": now})
