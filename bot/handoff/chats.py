"""The Telegram chats of helpers and of their teams: connected by a code, written to through the outbox, let go again.

Each is a conversation of a channel of its own, so that what a helper asks as a citizen stays apart from it, and
everything sent there has the outbox's order, pace and retries. A chat that blocked the bot is a closed conversation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot import store_statements as sql
from bot.channels.reply import Reply
from bot.conversation import Said
from bot.handoff.people import Helper
from bot.handoff.tables import case_news, desk_chat_codes, desk_chat_lines, desk_chats, helpers
from bot.privacy import KeyRing
from bot.store import Store
from bot.tables import conversations, messages, outbox, seen_events

CHANNEL = "telegram_desk"
CODE_LIFE = timedelta(minutes=10)
LINES_THERE = 3  # what the citizen wrote there, what they were asked, and their choice
CODE = "desk chat"  # begins the keyed hash of a code
_JOINED = sa.select(desk_chats, conversations.c.closed_at).join(
    conversations, conversations.c.id == desk_chats.c.conversation_id
)
_ANY = sa.select(desk_chats.c.conversation_id).limit(1)
_AT = _JOINED.where(
    conversations.c.channel == CHANNEL, conversations.c.address_hash.in_(sa.bindparam("hashes", expanding=True))
)


@dataclass(frozen=True)
class Chat:
    """A helper's own (`helper_id`) or a team's group (`team_id`)."""

    id: str
    helper_id: str | None
    team_id: str | None
    focus: str | None  # the case that what is typed goes to
    connected_at: datetime
    is_reachable: bool


class Chats:
    """Every verb is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store, self._database, self._keys, self._clock = store, store.database, store.keys, store.clock

    # ---- reading

    async def are_any(self) -> bool:
        return await self._database.read(lambda connection: connection.execute(_ANY).first() is not None)

    async def at(self, address: str) -> Chat | None:
        where = {"hashes": self._keys.hashes(CHANNEL, address)}
        return await self._database.read(lambda connection: _chat(connection.execute(_AT, where).first()))

    async def of_helper(self, helper_id: str) -> Chat | None:
        return await self._one(desk_chats.c.helper_id == helper_id)

    async def of_team(self, team_id: str) -> Chat | None:
        return await self._one(desk_chats.c.team_id == team_id)

    async def _one(self, where: sa.ColumnElement[bool]) -> Chat | None:
        return await self._database.read(lambda connection: _chat(connection.execute(_JOINED.where(where)).first()))

    # ---- connecting

    async def issue(self, helper: Helper, code: str, for_group: bool) -> None:
        """The code counts from now on, and no earlier one."""
        ours = (desk_chat_codes.c.helper_id == helper.id, desk_chat_codes.c.for_group == for_group)
        row = {
            "helper_id": helper.id,
            "for_group": for_group,
            "code_hash": self._keys.hash(CODE, code),
            "expires_at": self._clock() + CODE_LIFE,
        }

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.delete(desk_chat_codes).where(*ours))
            connection.execute(sa.insert(desk_chat_codes), row)

        await self._database.write(work)

    async def connect(self, address: str, code: str, in_group: bool) -> Chat | None:
        """The chat at `address` is the one of whoever took the code; None for a code that does not open this kind.

        A code shown in the wrong kind of chat was seen by others, perhaps: it is gone either way.
        """
        conversation = await self._store.conversation_for(CHANNEL, address)
        now = self._clock()
        used = sa.delete(desk_chat_codes).where(desk_chat_codes.c.code_hash.in_(self._keys.hashes(CODE, code)))

        def work(connection: sa.Connection) -> Chat | None:
            row = connection.execute(used.returning(desk_chat_codes)).first()
            if row is None or row.expires_at <= now or row.for_group != in_group:
                return None
            return self._put(connection, conversation.id, row.helper_id, in_group, now)

        return await self._database.write(work)

    def _put(
        self, connection: sa.Connection, conversation_id: str, helper_id: str, in_group: bool, now: datetime
    ) -> Chat | None:
        person = sa.select(helpers.c.team_id).where(helpers.c.id == helper_id, helpers.c.is_active)
        team_id = connection.execute(person).scalar()
        if team_id is None:
            return None
        owner = {"helper_id": None, "team_id": team_id} if in_group else {"helper_id": helper_id, "team_id": None}
        before = desk_chats.c.team_id == team_id if in_group else desk_chats.c.helper_id == helper_id
        again = sa.or_(desk_chats.c.conversation_id == conversation_id, before)
        connection.execute(sa.delete(desk_chats).where(again))
        row = {"conversation_id": conversation_id, "focus_case_id": None, "connected_at": now, **owner}
        connection.execute(sa.insert(desk_chats), row)
        _open(connection, conversation_id, now)
        return Chat(conversation_id, owner["helper_id"], owner["team_id"], None, now, True)

    async def disconnect(self, chat: Chat) -> None:
        """Nothing more is sent there; what waits is given up."""

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.delete(desk_chats).where(desk_chats.c.conversation_id == chat.id))
            sql.close(connection, chat.id, self._clock())

        await self._database.write(work)

    async def woken(self, chat_id: str) -> None:
        """Somebody writes there, so it can be written to again."""
        await self._database.write(lambda connection: _open(connection, chat_id, self._clock()))

    async def focus(self, chat: Chat, case_id: str | None) -> None:
        ours = sa.update(desk_chats).where(desk_chats.c.conversation_id == chat.id)
        await self._database.write(lambda connection: connection.execute(ours.values(focus_case_id=case_id)))

    # ---- each update once

    async def has_seen(self, update: str) -> bool:
        found = sa.select(seen_events.c.seen_at).where(
            seen_events.c.source == CHANNEL, seen_events.c.event_key == _key(update)
        )
        return await self._database.read(lambda connection: connection.execute(found).first() is not None)

    async def answer(self, chat_id: str, update: str, replies: Sequence[Reply], case_id: str | None = None) -> None:
        """What came of an update, and that it was read, together; raises IntegrityError when another was quicker."""
        now = self._clock()

        def work(connection: sa.Connection) -> bool:
            row = {"source": CHANNEL, "event_key": _key(update), "seen_at": now}
            connection.execute(sa.insert(seen_events), row)
            return tell_in(connection, self._keys, chat_id, replies, now, case_id) if replies else False

        if await self._database.write(work):
            self._store.ring(CHANNEL)

    async def empty_delivered(self) -> int:
        """Citizens' words that were delivered are not kept a second time."""
        waits = sa.exists().where(
            outbox.c.conversation_id == desk_chat_lines.c.conversation_id,
            outbox.c.seq == desk_chat_lines.c.seq,
            outbox.c.status.in_(("waiting", "sending")),
        )

        def work(connection: sa.Connection) -> int:
            done = connection.execute(sa.select(desk_chat_lines).where(~waits).limit(100)).all()
            for row in done:
                line = (messages.c.conversation_id == row.conversation_id, messages.c.seq == row.seq)
                connection.execute(sa.update(messages).where(*line).values(body=None))
                ours = (desk_chat_lines.c.conversation_id == row.conversation_id, desk_chat_lines.c.seq == row.seq)
                connection.execute(sa.delete(desk_chat_lines).where(*ours))
            return len(done)

        return await self._database.write(work)


def tell_in(
    connection: sa.Connection,
    keys: KeyRing,
    chat_id: str,
    replies: Sequence[Reply],
    now: datetime,
    case_id: str | None = None,
) -> bool:
    """Whether it will be sent; `case_id` names whose words are in it. A chat that blocked us gets nothing."""
    row = sql.take_if_open(connection, chat_id)
    if row is None:
        return False
    seq, _ = sql.say(connection, keys, row, Said(replies=tuple(replies)), True, now)
    ours = sa.update(conversations).where(conversations.c.id == chat_id)
    connection.execute(ours.values(last_active_at=now))  # a chat that is told of cases is not forgotten as silent
    if case_id is not None:
        line = {"conversation_id": chat_id, "seq": seq, "case_id": case_id}
        connection.execute(sa.insert(desk_chat_lines), line)
    return True


def chats_of(connection: sa.Connection, team_id: str, helper_ids: Sequence[str]) -> list[Chat]:
    """The team's group and these helpers' own chats, as far as they can be reached, in one order for every writer."""
    ours = sa.or_(desk_chats.c.team_id == team_id, desk_chats.c.helper_id.in_(helper_ids))
    found = _JOINED.where(ours, conversations.c.closed_at.is_(None)).order_by(desk_chats.c.conversation_id)
    return [chat for chat in map(_chat, connection.execute(found)) if chat]


def unfocus_in(connection: sa.Connection, helper_id: str, case_id: str) -> None:
    ours = (desk_chats.c.helper_id == helper_id, desk_chats.c.focus_case_id == case_id)
    connection.execute(sa.update(desk_chats).where(*ours).values(focus_case_id=None))


def begin_again_in(connection: sa.Connection, case_id: str, conversation_id: str) -> None:
    """A case goes on in another conversation: whoever follows it reads that one's newest lines and all that come."""
    last = sa.select(conversations.c.last_seq).where(conversations.c.id == conversation_id)
    seq = max((connection.execute(last).scalar() or 0) - LINES_THERE, 0)
    connection.execute(sa.update(case_news).where(case_news.c.case_id == case_id).values(told_seq=seq))


def _open(connection: sa.Connection, conversation_id: str, now: datetime) -> None:
    ours = sa.update(conversations).where(conversations.c.id == conversation_id)
    connection.execute(ours.values(closed_at=None, last_active_at=now))


def _chat(row: Any) -> Chat | None:
    if row is None:
        return None
    return Chat(
        row.conversation_id, row.helper_id, row.team_id, row.focus_case_id, row.connected_at, row.closed_at is None
    )


def _key(update: str) -> bytes:
    return hashlib.sha256(update.encode()).digest()
