"""The table of petitions: written, sent, worked on and answered; what happens and its notice are one transaction."""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot import store_statements as sql
from bot.channels.reply import Reply
from bot.conversation import Said
from bot.genuine.marking import marked
from bot.linking.reach import is_theirs, where_to_tell
from bot.petitions.area import Sees, is_in_area
from bot.petitions.petition import (
    Content,
    Event,
    Petition,
    Status,
    due,
    event_place,
    new_code,
    open_content,
    seal_content,
)
from bot.petitions.tables import petition_events, petitions
from bot.store import Store

DRAFT_LIFE = timedelta(days=7)
MOST_LISTED = 200
MOST_READ = 5_000
# From which states an operator's act leads to the next one.
ACTS = {
    Status.asked: (Status.sent,),
    Status.forwarded: (Status.sent, Status.asked),
    Status.refused: (Status.sent, Status.asked),
    Status.answered: (Status.sent, Status.asked, Status.forwarded),
    Status.published: (Status.answered,),
}


Announce = Callable[[str], Awaitable[None]]


class Changed(Exception):
    """Somebody else changed it after it was read; nothing of ours was written."""


class NotNow(Exception):
    """A petition in this state cannot be acted on so."""


class Petitions:
    """`announce(conversation_id)` tells open pages of a notice; a process that has none leaves it out."""

    def __init__(self, store: Store, announce: Announce | None = None) -> None:
        self._database, self._keys, self._clock, self._ring = store.database, store.keys, store.clock, store.ring
        self._announce = announce

    def now(self) -> datetime:
        return self._clock()

    # ---- reading

    async def find(self, conversation_id: str, petition_id: str) -> Petition | None:
        """The citizen's own, written in this channel or a linked one."""
        return await self._one(petitions.c.id == petition_id, is_theirs(petitions.c.conversation_id, conversation_id))

    async def own(self, conversation_id: str, code: str | None = None, most: int = 5) -> list[Petition]:
        """Those the citizen has sent, the newest first; only the one with this code, if one is given."""
        theirs = [is_theirs(petitions.c.conversation_id, conversation_id), petitions.c.code.is_not(None)]
        theirs += [petitions.c.code == code] if code else []
        return await self._all(sa.select(petitions).where(*theirs).order_by(petitions.c.sent_at.desc()).limit(most))

    async def by_code(self, code: str) -> Petition | None:
        """For operators."""
        return await self._one(petitions.c.code == code)

    async def list(self, statuses: Sequence[Status] = (Status.sent, Status.asked, Status.forwarded)) -> list[Petition]:
        """For operators: those in these states, what is due first on top."""
        return await self._all(_by_clock(statuses).limit(MOST_LISTED))

    async def in_area(self, sees: Sees, statuses: Sequence[Status]) -> list[Petition]:
        """Like `list`, of one area only. A petition's place lies sealed, so it is asked after opening, page by page."""
        found: list[Petition] = []
        for offset in range(0, MOST_READ, MOST_LISTED):
            page = await self._all(_by_clock(statuses).limit(MOST_LISTED).offset(offset))
            found += [one for one in page if is_in_area(one, sees)]
            if len(page) < MOST_LISTED or len(found) >= MOST_LISTED:
                break
        return found[:MOST_LISTED]

    async def _one(self, *where: sa.ColumnElement[bool]) -> Petition | None:
        found = await self._all(sa.select(petitions).where(*where).limit(1))
        return found[0] if found else None

    async def _all(self, select: sa.Select) -> list[Petition]:
        def work(connection: sa.Connection) -> list[Petition]:
            rows = connection.execute(select).all()
            events = sa.select(petition_events).where(petition_events.c.petition_id.in_([row.id for row in rows]))
            told = connection.execute(events.order_by(petition_events.c.number)).all() if rows else []
            return [self._petition(row, [one for one in told if one.petition_id == row.id]) for row in rows]

        return await self._database.read(work)

    def _petition(self, row: Any, events: Sequence[Any]) -> Petition:
        return Petition(
            id=row.id,
            conversation_id=row.conversation_id,
            status=Status(row.status),
            content=open_content(self._keys, row.id, row.content),
            version=row.version,
            created_at=row.created_at,
            code=row.code,
            sent_at=row.sent_at,
            due_at=row.due_at,
            last_change=row.last_change,
            events=tuple(self._event(one) for one in events),
        )

    def _event(self, row: Any) -> Event:
        told = json.loads(self._keys.open(row.body, event_place(row.petition_id, row.number)))
        return Event(row.kind, row.at, **told)

    # ---- the citizen

    async def begin(self, conversation_id: str, content: Content, change: bytes) -> Petition:
        petition_id, now = uuid.uuid4().hex, self._clock()
        row = {
            "id": petition_id,
            "conversation_id": conversation_id,
            "status": Status.draft,
            "content": seal_content(self._keys, petition_id, content),
            "version": 1,
            "last_change": change,
            "created_at": now,
            "changed_at": now,
            "expires_at": now + DRAFT_LIFE,
        }
        expired = sa.delete(petitions).where(petitions.c.status == Status.draft, petitions.c.expires_at < now)

        def work(connection: sa.Connection) -> None:
            connection.execute(expired)
            connection.execute(sa.insert(petitions), row)

        await self._database.write(work)
        return Petition(petition_id, conversation_id, Status.draft, content, 1, now, last_change=change)

    async def save(self, petition: Petition, content: Content, change: bytes) -> Petition:
        """Raises Changed."""
        values = {"content": seal_content(self._keys, petition.id, content), "last_change": change}
        await self._database.write(lambda connection: self._write(connection, petition, values))
        return dataclasses.replace(petition, content=content, version=petition.version + 1, last_change=change)

    async def send(self, petition: Petition, change: bytes) -> Petition:
        """It has a code and its clock runs. Raises Changed."""
        now = self._clock()
        code, end = new_code(now), due(Status.sent, now)
        values = {"status": Status.sent, "code": code, "sent_at": now, "due_at": end, "expires_at": None}

        def work(connection: sa.Connection) -> None:
            self._write(connection, petition, values | {"last_change": change})
            self._add_event(connection, petition.id, Event("sent", now))

        await self._database.write(work)
        return dataclasses.replace(petition, status=Status.sent, code=code, sent_at=now, due_at=end)

    async def supplement(self, petition: Petition, text: str, change: bytes) -> Petition:
        """What was asked for has come: the clock begins anew. Raises Changed."""
        now = self._clock()
        end = due(Status.sent, now)

        def work(connection: sa.Connection) -> None:
            self._write(connection, petition, {"status": Status.sent, "due_at": end, "last_change": change})
            self._add_event(connection, petition.id, Event("supplement", now, text=text))

        await self._database.write(work)
        return dataclasses.replace(petition, status=Status.sent, due_at=end, last_change=change)

    async def drop(self, petition: Petition) -> None:
        """A draft that is given up leaves nothing."""
        gone = sa.delete(petitions).where(petitions.c.id == petition.id, petitions.c.status == Status.draft)
        await self._database.write(lambda connection: connection.execute(gone))

    # ---- the operator

    async def act(self, code: str, status: Status, by: str, told: Callable[[Petition], Reply], text: str = "",
                  authority: str = "") -> Petition:  # fmt: skip
        """One act of an operator, told to the citizen where they answered last. Raises KeyError, NotNow, Changed."""
        petition = await self.by_code(code)
        if petition is None:
            raise KeyError(code)
        if petition.status not in ACTS[status]:
            raise NotNow(petition.status)
        now = self._clock()
        event = Event(str(status), now, by, text, authority)
        changed = dataclasses.replace(
            petition, status=status, due_at=due(status, now), events=(*petition.events, event)
        )

        def work(connection: sa.Connection) -> tuple[str, str | None] | None:
            # The conversation's row first, here as everywhere: who locks in one order never waits in a circle.
            is_news = status is not Status.published  # the answer was told when it was given
            where = where_to_tell(connection, petition.conversation_id, now)
            line = sql.take_if_open(connection, where) if is_news else None
            self._write(connection, petition, {"status": status, "due_at": changed.due_at, "last_change": None})
            self._add_event(connection, petition.id, event)
            if line is None:
                return None
            notice = marked(connection, self._keys, line, told(changed), now)
            _, channel = sql.say(connection, self._keys, line, Said(replies=(notice,)), True, now)
            return where, channel

        await self._tell(await self._database.write(work))
        return changed

    async def _tell(self, said: tuple[str, str | None] | None) -> None:
        if said is None:
            return
        where, channel = said
        if channel:
            self._ring(channel)
        if self._announce is not None:
            await self._announce(where)

    # ---- inside a transaction

    def _write(self, connection: sa.Connection, petition: Petition, values: dict[str, Any]) -> None:
        as_read = (petitions.c.id == petition.id, petitions.c.version == petition.version)
        changed = values | {"version": petition.version + 1, "changed_at": self._clock()}
        if connection.execute(sa.update(petitions).where(*as_read).values(changed)).rowcount == 0:
            raise Changed(petition.id)

    def _add_event(self, connection: sa.Connection, petition_id: str, event: Event) -> None:
        last = sa.select(sa.func.max(petition_events.c.number)).where(petition_events.c.petition_id == petition_id)
        number = (connection.execute(last).scalar() or 0) + 1
        told = {"by": event.by, "text": event.text, "authority": event.authority}
        body = self._keys.seal(json.dumps(told, ensure_ascii=False).encode(), event_place(petition_id, number))
        row = {"petition_id": petition_id, "number": number, "kind": event.kind, "body": body, "at": event.at}
        connection.execute(sa.insert(petition_events), row)


def _by_clock(statuses: Sequence[Status]) -> sa.Select:
    """Those in these states, what is due first on top; what has no clock at the end."""
    wanted = sa.select(petitions).where(petitions.c.status.in_([*statuses]), petitions.c.code.is_not(None))
    return wanted.order_by(petitions.c.due_at.is_(None), petitions.c.due_at, petitions.c.sent_at, petitions.c.id)
