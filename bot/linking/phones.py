"""A number confirmed in two channels: kept as a keyed hash, offered as a link, made one when both sides say yes.

Every verb is one transaction. A number alone links nobody: families share one, and old numbers are given to strangers.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from bot import store_statements as sql
from bot.channels.reply import Reply
from bot.conversation import Said
from bot.genuine.marking import marked
from bot.handoff.team_list import read_phone
from bot.linking.links import Linked, Refusal, join, refusal
from bot.linking.tables import confirmed_phones, phone_links
from bot.store import Store
from bot.tables import conversations

PURPOSE = "confirmed-phone"
FRESH = timedelta(days=180)  # a number that is given up goes to somebody else after some months
QUESTION_LIFE = timedelta(minutes=10)  # as a code's: who is asked has the other telephone in the hand
MOST_A_DAY = 5
DAY = timedelta(days=1)
SAME_PRESS = timedelta(minutes=1)  # a copy of an event is not counted again
FEWEST_DIGITS = 8  # of a foreign number

_phones, _links = confirmed_phones, phone_links


class Standing(StrEnum):
    """Why a confirmed number is offered no link."""

    alone = "alone"  # nowhere else, too long ago, or in several places: nobody is told which
    linked = "linked"  # with the only other place where it was confirmed


@dataclass(frozen=True)
class Match:
    """The one other conversation with this number; `id` is the question's."""

    id: str
    channel: str
    confirmed_at: datetime


@dataclass(frozen=True)
class Asked:
    """The other side has been asked; `rings`: channels whose outbox has grown."""

    conversation_id: str
    channel: str
    rings: tuple[str, ...] = ()


class Over(StrEnum):
    """A press that changes nothing."""

    over = "over"  # too late, taken back, or somebody else's button: the same answer
    waits = "waits"  # pressed before; the other side has not answered yet
    gone = "gone"  # nobody can be asked there


def plain(phone: str) -> str | None:
    """'+84 912 345 678' → '0912345678'; None when it is no number."""
    digits = re.sub(r"\D", "", phone)[:20]
    return read_phone(phone[:40]) or (digits if len(digits) >= FEWEST_DIGITS else None)


class Phones:
    def __init__(self, store: Store) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock

    async def confirm(self, conversation_id: str, phone: str) -> bool:
        """The citizen showed in this channel that the number is theirs; False when that was enough for a day."""
        hashes = self._keys.hashes(PURPOSE, phone)
        return await self._database.write(lambda c: self._confirm(c, conversation_id, hashes))

    async def offer(self, conversation_id: str) -> Match | Standing | None:
        """Whom this number would link with, and a question that can be answered; None where none was confirmed."""
        return await self._database.write(lambda c: self._offer(c, conversation_id))

    async def want(self, question: str, conversation_id: str, asking: Reply) -> Asked | Over | Refusal:
        """Yes, said where the number was confirmed last: the other side is asked so. Nothing is linked yet."""
        return await self._database.write(lambda c: self._want(c, question, conversation_id, asking))

    async def agree(self, question: str, conversation_id: str, told: Reply) -> Linked | Over | Refusal:
        """Yes, said on the other side: linked, and the first side is told so."""
        return await self._database.write(lambda c: self._agree(c, question, conversation_id, told))

    async def drop(self, question: str, conversation_id: str) -> bool:
        """No, said on either side; False when there was nothing to say it to."""
        ours = sa.or_(_links.c.conversation_id == conversation_id, _links.c.other_id == conversation_id)
        gone = sa.delete(_links).where(_links.c.id == question, ours, _links.c.expires_at > self._clock())
        return await self._database.write(lambda connection: connection.execute(gone).rowcount > 0)

    # ---- inside a transaction

    def _confirm(self, connection: sa.Connection, conversation_id: str, hashes: list[bytes]) -> bool:
        _lock(connection, conversation_id)
        now, current = self._clock(), hashes[0]
        ours = _phones.c.conversation_id == conversation_id
        before = connection.execute(sa.select(_phones).where(ours)).first()
        if before is not None and before.phone_hash in hashes and before.confirmed_at > now - SAME_PRESS:
            return True
        is_new_day = before is None or before.counted_from <= now - DAY
        times = 1 if is_new_day else before.times + 1
        if times > MOST_A_DAY:
            return False
        counted_from = now if is_new_day else before.counted_from
        values = {"phone_hash": current, "confirmed_at": now, "counted_from": counted_from}
        values |= {"times": times, "is_offered": False}
        if before is None:
            connection.execute(sa.insert(_phones), values | {"conversation_id": conversation_id})
        else:
            connection.execute(sa.update(_phones).where(ours).values(values))
        if len(hashes) > 1:  # the number is at hand only now: what lies under an older key is renewed
            older = sa.update(_phones).where(_phones.c.phone_hash.in_(hashes[1:]))
            connection.execute(older.values(phone_hash=current))
        return True

    def _offer(self, connection: sa.Connection, conversation_id: str) -> Match | Standing | None:
        _lock(connection, conversation_id)
        now = self._clock()
        fresh = _phones.c.confirmed_at > now - FRESH
        own = connection.execute(
            sa.select(_phones.c.phone_hash, _phones.c.is_offered, conversations.c.channel)
            .join(conversations, conversations.c.id == _phones.c.conversation_id)
            .where(_phones.c.conversation_id == conversation_id, fresh)
        ).first()
        if own is None:
            return None
        found = connection.execute(
            sa.select(_phones.c.conversation_id, _phones.c.confirmed_at, conversations.c.channel)
            .join(conversations, conversations.c.id == _phones.c.conversation_id)
            .where(_phones.c.phone_hash == own.phone_hash, fresh)
            .where(conversations.c.channel != own.channel, conversations.c.closed_at.is_(None))
            .limit(2)
        ).all()
        if len(found) != 1:
            return Standing.alone
        refused = refusal(connection, conversation_id, found[0].conversation_id)
        if refused is not None:
            return Standing.linked if refused is Refusal.already else Standing.alone
        if own.is_offered:  # the same confirmation again: the same question, if it is still open
            asked = self._open_question(connection, conversation_id, found[0], now)
            return Match(asked, found[0].channel, found[0].confirmed_at) if asked else Standing.alone
        return self._put_question(connection, conversation_id, found[0], now)

    def _open_question(self, connection: sa.Connection, conversation_id: str, other: Any, now: datetime) -> str | None:
        ours = _links.c.conversation_id == conversation_id, _links.c.other_id == other.conversation_id
        return connection.execute(
            sa.select(_links.c.id).where(*ours, ~_links.c.is_wanted, _links.c.expires_at > now)
        ).scalar()

    def _put_question(self, connection: sa.Connection, conversation_id: str, other: Any, now: datetime) -> Match:
        old = sa.or_(_links.c.conversation_id == conversation_id, _links.c.expires_at <= now)
        connection.execute(sa.delete(_links).where(old))
        row = {
            "conversation_id": conversation_id,
            "id": uuid.uuid4().hex,
            "other_id": other.conversation_id,
            "is_wanted": False,
            "expires_at": now + QUESTION_LIFE,
        }
        connection.execute(sa.insert(_links), row)
        offered = sa.update(_phones).where(_phones.c.conversation_id == conversation_id).values(is_offered=True)
        connection.execute(offered)
        return Match(row["id"], other.channel, other.confirmed_at)

    def _find(self, connection: sa.Connection, question: str, side: sa.Column, conversation_id: str) -> Any:
        """The question, alive, if it was put to this conversation."""
        asked = sa.select(_links).where(_links.c.id == question, side == conversation_id)
        return connection.execute(asked.where(_links.c.expires_at > self._clock())).first()

    def _want(
        self, connection: sa.Connection, question: str, conversation_id: str, asking: Reply
    ) -> Asked | Over | Refusal:
        row = self._find(connection, question, _links.c.conversation_id, conversation_id)
        if row is None or row.is_wanted:
            return Over.over if row is None else Over.waits
        refused = refusal(connection, conversation_id, row.other_id)
        if refused is not None:
            return refused
        now = self._clock()
        line = sql.take_if_open(connection, row.other_id)
        if line is None:
            return Over.gone
        values = {"is_wanted": True, "expires_at": now + QUESTION_LIFE}
        asked = sa.update(_links).where(_links.c.id == question, ~_links.c.is_wanted).values(values)
        if connection.execute(asked).rowcount == 0:
            return Over.waits
        ring = self._say(connection, line, asking, now)
        return Asked(row.other_id, line.channel, (ring,) if ring else ())

    def _agree(
        self, connection: sa.Connection, question: str, conversation_id: str, told: Reply
    ) -> Linked | Over | Refusal:
        row = self._find(connection, question, _links.c.other_id, conversation_id)
        if row is None or not row.is_wanted:
            return Over.over
        now, there = self._clock(), row.conversation_id
        line = sql.take_if_open(connection, there)  # locks it first
        refused = refusal(connection, conversation_id, there)
        if connection.execute(sa.delete(_links).where(_links.c.id == question)).rowcount == 0:
            return Over.over
        if refused is not None:
            return refused
        join(connection, there, conversation_id, now)
        if line is None:  # its citizen has left that channel: linked all the same, nobody to tell
            channel = sa.select(conversations.c.channel).where(conversations.c.id == there)
            return Linked(there, connection.execute(channel).scalar_one())
        ring = self._say(connection, line, told, now)
        return Linked(there, line.channel, (ring,) if ring else ())

    def _say(self, connection: sa.Connection, line: Any, reply: Reply, now: datetime) -> str | None:
        notice = marked(connection, self._keys, line, reply, now)
        return sql.say(connection, self._keys, line, Said(replies=(notice,)), True, now)[1]


def _lock(connection: sa.Connection, conversation_id: str) -> None:
    """As every writer does first, so that two copies of an event go one after another."""
    # key_share: two sides that confirm at the same moment may each point at the other's row.
    row = sa.select(conversations.c.id).where(conversations.c.id == conversation_id).with_for_update(key_share=True)
    if connection.execute(row).first() is None:
        raise sql.UnknownConversation(conversation_id)
