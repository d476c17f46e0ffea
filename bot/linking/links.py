"""Codes are issued, looked at and used; conversations are linked and let go. Every verb is one transaction."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot import store_statements as sql
from bot.channels.reply import Reply
from bot.conversation import Said
from bot.genuine.marking import marked
from bot.linking import codes, reach
from bot.linking.tables import link_codes, linked_conversations
from bot.store import Store
from bot.tables import conversations

CODE_LIFE = timedelta(minutes=10)
MOST_CHANNELS = 8  # of one citizen


class Refusal(StrEnum):
    unknown = "unknown"  # never was, is used, or its time is over: the same answer
    own = "own"  # typed where it was issued
    already = "already"
    too_many = "too_many"


@dataclass(frozen=True)
class Offer:
    """What a code would link this conversation with."""

    conversation_id: str
    channel: str


@dataclass(frozen=True)
class Linked:
    """`rings`: channels whose outbox has grown by the notices about it."""

    conversation_id: str
    channel: str
    rings: tuple[str, ...] = ()


class Links:
    def __init__(self, store: Store) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock

    async def issue(self, conversation_id: str) -> str:
        """A new code; the one before is void."""
        code, now = codes.new_code(), self._clock()
        row = {
            "conversation_id": conversation_id,
            "code_hash": self._keys.hash(codes.PURPOSE, code),
            "expires_at": now + CODE_LIFE,
        }

        def work(connection: sa.Connection) -> None:
            old = sa.or_(link_codes.c.conversation_id == conversation_id, link_codes.c.expires_at <= now)
            connection.execute(sa.delete(link_codes).where(old))
            connection.execute(sa.insert(link_codes), row)

        await self._database.write(work)
        return code

    async def look_at(self, code: str, conversation_id: str) -> Offer | Refusal:
        """What using the code here would do; the code stays."""
        return await self._database.read(lambda c: self._look_at(c, code, conversation_id))

    async def use(self, code: str, conversation_id: str, told: Reply) -> Linked | Refusal:
        """Links this conversation with the code's, which is `told` so; the code is spent."""
        try:
            return await self._database.write(lambda c: self._use(c, code, conversation_id, told))
        except IntegrityError:  # one of the two was linked or erased at the same moment
            return Refusal.unknown

    async def void(self, code: str) -> None:
        """Nobody can use this code any more."""
        gone = sa.delete(link_codes).where(self._is(code))
        await self._database.write(lambda connection: connection.execute(gone))

    async def leave(self, conversation_id: str) -> bool:
        """This conversation stands alone from now on; False when it did before."""

        def work(connection: sa.Connection) -> bool:
            was_linked = len(reach.group(connection, conversation_id)) > 1
            reach.leave(connection, conversation_id)
            return was_linked

        return await self._database.write(work)

    async def group(self, conversation_id: str) -> list[Any]:
        """The conversations of the same citizen with their channels, this one among them."""
        return await self._database.read(lambda connection: reach.group(connection, conversation_id))

    # ---- inside a transaction

    def _is(self, code: str) -> sa.ColumnElement[bool]:
        return link_codes.c.code_hash.in_(self._keys.hashes(codes.PURPOSE, code))

    def _look_at(self, connection: sa.Connection, code: str, conversation_id: str) -> Offer | Refusal:
        found = (
            sa.select(link_codes.c.conversation_id, conversations.c.channel)
            .join(conversations, conversations.c.id == link_codes.c.conversation_id)
            .where(self._is(code), link_codes.c.expires_at > self._clock())
        )
        row = connection.execute(found).first()
        if row is None:
            return Refusal.unknown
        if row.conversation_id == conversation_id:
            return Refusal.own
        return refusal(connection, conversation_id, row.conversation_id) or Offer(*row)

    def _use(self, connection: sa.Connection, code: str, conversation_id: str, told: Reply) -> Linked | Refusal:
        offer = self._look_at(connection, code, conversation_id)
        if isinstance(offer, Refusal):
            return offer
        now = self._clock()
        line = sql.take_if_open(connection, offer.conversation_id)  # locks it first, as every writer does
        if connection.execute(sa.delete(link_codes).where(self._is(code))).rowcount == 0:
            return Refusal.unknown  # somebody else was quicker
        join(connection, offer.conversation_id, conversation_id, now)
        if line is None:  # its citizen has left that channel: linked all the same, nobody to tell
            return Linked(offer.conversation_id, offer.channel)
        notice = marked(connection, self._keys, line, told, now)
        _, ring = sql.say(connection, self._keys, line, Said(replies=(notice,)), True, now)
        return Linked(offer.conversation_id, offer.channel, (ring,) if ring else ())


def refusal(connection: sa.Connection, here: str, there: str) -> Refusal | None:
    """Why these two are not to be linked; None where they may be."""
    ours, theirs = ({one.id for one in reach.group(connection, each)} for each in (here, there))
    if there in ours:
        return Refusal.already
    return Refusal.too_many if len(ours | theirs) > MOST_CHANNELS else None


def join(connection: sa.Connection, there: str, here: str, now: datetime) -> None:
    """Everybody linked with either is linked with both; the memory of the other side, where the link was begun, counts
    as newest until this turn is answered."""
    table = linked_conversations
    before = now - timedelta(milliseconds=1)
    citizens = {
        row.conversation_id: row.citizen_id
        for row in connection.execute(sa.select(table).where(table.c.conversation_id.in_((there, here))))
    }
    citizen_id = citizens.get(there) or citizens.get(here) or uuid.uuid4().hex
    if (old := citizens.get(here)) and old != citizen_id:
        connection.execute(sa.update(table).where(table.c.citizen_id == old).values(citizen_id=citizen_id))
    for conversation_id, answered_at in ((there, now), (here, before)):
        row = {"citizen_id": citizen_id, "answered_at": answered_at}
        if conversation_id in citizens:
            connection.execute(sa.update(table).where(table.c.conversation_id == conversation_id).values(row))
        else:
            connection.execute(sa.insert(table), row | {"conversation_id": conversation_id, "linked_at": now})
