"""The dossiers of all conversations: begun once, changed only by who read the last change, moved by a code."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.linking.reach import is_theirs
from bot.store import Store, UnknownConversation
from bot.submission.dossier import (
    Dossier,
    Status,
    frozen,
    new_code,
    new_reference,
    open_answers,
    seal_answers,
    thawed,
)
from bot.submission.dossier_files import FILE, ID_CHARS, file_ids, paper_hashes
from bot.submission.journey import Answers
from bot.tables import attachments, conversations, dossiers, frozen_procedures
from knowledge.schema import Procedure

Also = Callable[[sa.Connection], object]

__all__ = ["FILE", "Changed", "Dossiers", "DraftInTheWay", "file_ids"]

MOST_FROZEN = 256  # readings kept in memory
RESUME = "resume"

# Written out rather than bound: only so can SQLite see that the index of drafts serves.
IS_DRAFT = dossiers.c.status == sa.literal_column("'draft'")
_FIELDS = {part.name for part in dataclasses.fields(Dossier)}
_ROW = sa.select(dossiers)
# Built once, so that each is compiled once per process: these two are asked in every turn of a journey.
_IS_THEIRS = is_theirs(dossiers.c.conversation_id, sa.bindparam("conversation"))
_BY_ID = _ROW.where(_IS_THEIRS, dossiers.c.id == sa.bindparam("dossier"))
_BY_TAG = _ROW.where(_IS_THEIRS, dossiers.c.id.startswith(sa.bindparam("dossier")))
_DRAFT_OF = _ROW.where(_IS_THEIRS, dossiers.c.procedure_code == sa.bindparam("code"), IS_DRAFT)
_NEWEST = _ROW.where(_IS_THEIRS).order_by(dossiers.c.changed_at.desc()).limit(50)
_BODY = sa.select(frozen_procedures.c.body).where(frozen_procedures.c.digest == sa.bindparam("digest"))


class Changed(Exception):
    """Somebody else changed the dossier after it was read; nothing of ours was written."""


class DraftInTheWay(Exception):
    """The conversation has a draft of the same procedure already."""


class Dossiers:
    """Every verb is one transaction."""

    def __init__(self, store: Store, draft_days: int) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._draft_life = timedelta(days=draft_days)
        self._frozen: OrderedDict[str, Procedure] = OrderedDict()

    # ---- reading

    async def find(self, conversation_id: str, dossier_id: str) -> Dossier | None:
        """None also when it is another citizen's, expired or dropped. A button's tag does for the id."""
        if not dossier_id.isalnum():
            return None
        named = {"conversation": conversation_id, "dossier": dossier_id}
        return await self._first(_BY_ID if len(dossier_id) == ID_CHARS else _BY_TAG, named)

    async def draft_of(self, conversation_id: str, code: str) -> Dossier | None:
        """Begun here or in a linked channel; of several the one changed last."""
        by_age = _DRAFT_OF.order_by(dossiers.c.changed_at.desc())
        return await self._first(by_age, {"conversation": conversation_id, "code": code})

    async def drafts(self, conversation_id: str) -> list[Dossier]:
        """The one changed last first."""
        found = await self._rows(_NEWEST, {"conversation": conversation_id})
        rows = [row for row in found if row.status == Status.draft]
        return [await self._unseal(row) for row in rows if self._is_alive(row)]

    async def newest(self, conversation_id: str) -> Dossier | None:
        """The one changed last, sent or not."""
        return await self._first(_NEWEST, {"conversation": conversation_id})

    async def open_by_id(self, dossier_id: str) -> Dossier | None:
        """For doors that prove their right in another way (a sheet's link, a job)."""
        return await self._first(_ROW.where(dossiers.c.id == dossier_id)) if dossier_id.isalnum() else None

    async def others(self, dossier: Dossier, most: int = 10) -> list[Dossier]:
        """The citizen's other dossiers, the one changed last first."""
        rows = await self._rows(_NEWEST, {"conversation": dossier.conversation_id})
        alive = [row for row in rows if row.id != dossier.id and self._is_alive(row)]
        return [await self._unseal(row) for row in alive[:most]]

    async def by_reference(self, reference: str) -> Dossier | None:
        """Whoever's it is: the caller asks whether it may be told."""
        return await self._first(_ROW.where(dossiers.c.reference == reference))

    async def expiring(self, within: timedelta) -> Sequence[Dossier]:
        """Drafts with answers that expire within this time and whose citizens were not told yet."""
        where = (IS_DRAFT, dossiers.c.expires_at < self._clock() + within, dossiers.c.warned_at.is_(None))
        rows = await self._rows(_ROW.where(*where, dossiers.c.version > 1).limit(200))
        return [await self._unseal(row) for row in rows if self._is_alive(row)]

    async def expired(self, now: datetime) -> Sequence[Dossier]:
        """Drafts that the next sweep deletes."""
        rows = await self._rows(_ROW.where(IS_DRAFT, dossiers.c.expires_at < now))
        return [await self._unseal(row) for row in rows]

    async def _first(self, select: sa.Select, named: dict[str, str] | None = None) -> Dossier | None:
        row = next(iter(await self._rows(select, named)), None)
        return await self._unseal(row) if row is not None and self._is_alive(row) else None

    async def _rows(self, select: sa.Select, named: dict[str, str] | None = None) -> Sequence[Any]:
        return await self._database.read(lambda connection: connection.execute(select, named).all())

    def _is_alive(self, row: Any) -> bool:
        return row.expires_at is None or row.status != Status.draft or row.expires_at > self._clock()

    async def _unseal(self, row: Any) -> Dossier:
        return Dossier(
            id=row.id,
            conversation_id=row.conversation_id,
            procedure=await self._procedure(row.procedure_digest),
            digest=row.procedure_digest,
            status=Status(row.status),
            answers=open_answers(self._keys, row.id, row.answers),
            version=row.version,
            last_change=row.last_change,
            created_at=row.created_at,
            changed_at=row.changed_at,
            expires_at=row.expires_at,
            consented_at=row.consented_at,
            submitted_at=row.submitted_at,
            reference=row.reference,
        )

    async def _procedure(self, digest: str) -> Procedure:
        if digest not in self._frozen:
            where = {"digest": digest}
            body = await self._database.read(lambda connection: connection.execute(_BODY, where).scalar_one())
            self._frozen[digest] = thawed(body)
            if len(self._frozen) > MOST_FROZEN:
                self._frozen.popitem(last=False)
        self._frozen.move_to_end(digest)
        return self._frozen[digest]

    # ---- beginning and ending

    async def begin(self, conversation_id: str, procedure: Procedure) -> Dossier:
        """The draft of this conversation and procedure; a new one when there is none. Raises UnknownConversation."""
        there = await self.draft_of(conversation_id, procedure.code)
        if there is None:
            with contextlib.suppress(IntegrityError):  # a second tap was quicker
                await self._database.write(lambda connection: self._insert(connection, conversation_id, procedure))
            there = await self.draft_of(conversation_id, procedure.code)
        if there is None:
            raise UnknownConversation(conversation_id)
        return there

    def _insert(self, connection: sa.Connection, conversation_id: str, procedure: Procedure) -> None:
        now, dossier_id = self._clock(), uuid.uuid4().hex
        if (
            connection.execute(sa.select(conversations.c.id).where(conversations.c.id == conversation_id)).first()
            is None
        ):
            raise UnknownConversation(conversation_id)
        self._delete_expired(connection, conversation_id, procedure.code, now)
        row = {
            "id": dossier_id,
            "conversation_id": conversation_id,
            "procedure_code": procedure.code,
            "procedure_digest": self._freeze(connection, procedure, now),
            "status": Status.draft,
            "answers": seal_answers(self._keys, dossier_id, {}),
            "version": 1,
            "created_at": now,
            "changed_at": now,
            "expires_at": now + self._draft_life,
        }
        connection.execute(sa.insert(dossiers), row)

    def _delete_expired(self, connection: sa.Connection, conversation_id: str, code: str, now: datetime) -> None:
        """One whose time is over must not stand in the way until the next sweep."""
        ours = (dossiers.c.conversation_id == conversation_id, dossiers.c.procedure_code == code)
        expired = (IS_DRAFT, dossiers.c.expires_at <= now)
        connection.execute(sa.delete(dossiers).where(*ours, *expired))

    def _freeze(self, connection: sa.Connection, procedure: Procedure, now: datetime) -> str:
        digest, body = frozen(procedure)
        is_known = connection.execute(_BODY, {"digest": digest}).first() is not None
        if not is_known:
            row = {"digest": digest, "code": procedure.code, "body": body, "frozen_at": now}
            connection.execute(sa.insert(frozen_procedures), row)
        return digest

    async def drop(self, dossier: Dossier) -> None:
        """The citizen gives it up: nothing of a draft is kept."""
        ours = (dossiers.c.id == dossier.id, dossiers.c.conversation_id == dossier.conversation_id)
        gone = sa.delete(dossiers).where(*ours, IS_DRAFT)
        await self._database.write(lambda connection: connection.execute(gone))

    # ---- changing

    async def save(self, dossier: Dossier, answers: Answers, change: bytes) -> Dossier:
        """The dossier with these answers; `change` names the message that gave them. Raises Changed."""
        return await self._update(dossier, answers=answers, last_change=change, consented_at=None)

    async def consent(self, dossier: Dossier, change: bytes) -> Dossier:
        """The citizen has seen everything and agrees; a later change of an answer takes that back. Raises Changed."""
        return await self._update(dossier, consented_at=self._clock(), last_change=change)

    async def submit(
        self, dossier: Dossier, change: bytes, reference: str | None = None, also: Also | None = None
    ) -> Dossier:
        """No draft any more: it has a reference, and its answers stand. Raises Changed.

        `also` is done in the same transaction: both happen, or neither.
        """
        given, now = self.new_reference()
        values = {"status": Status.submitted, "submitted_at": now, "reference": reference or given, "expires_at": None}
        return await self._update(dossier, None, also, **values, resume_hash=None, last_change=change)

    def new_reference(self) -> tuple[str, datetime]:
        """A reference and the moment it was made."""
        now = self._clock()
        return new_reference(now), now

    async def warned(self, dossier: Dossier) -> None:
        noted = sa.update(dossiers).where(dossiers.c.id == dossier.id).values(warned_at=self._clock())
        await self._database.write(lambda connection: connection.execute(noted))

    async def _update(
        self, dossier: Dossier, answers: Answers | None = None, also: Also | None = None, **values: Any
    ) -> Dossier:
        now = self._clock()
        values = {"expires_at": now + self._draft_life, "warned_at": None, "changed_at": now, **values}
        sealed = {} if answers is None else {"answers": seal_answers(self._keys, dossier.id, answers)}

        def work(connection: sa.Connection) -> None:
            _write(connection, dossier, values | sealed)
            if answers is not None:
                _bring_files(connection, dataclasses.replace(dossier, answers=answers))
            if also is not None:
                also(connection)

        await self._database.write(work)
        known = {name: value for name, value in values.items() if name in _FIELDS}
        told = dossier.answers if answers is None else answers
        return dataclasses.replace(dossier, **known, answers=told, version=dossier.version + 1)

    # ---- going on elsewhere

    async def issue_code(self, dossier: Dossier) -> str:
        """A new code; the one before is void."""
        code = new_code()
        values = {"resume_hash": self._keys.hash(RESUME, code)}
        ours = sa.update(dossiers).where(dossiers.c.id == dossier.id, IS_DRAFT)
        await self._database.write(lambda connection: connection.execute(ours.values(values)))
        return code

    async def continue_here(self, code: str, conversation_id: str) -> Dossier | None:
        """The draft of this code, which belongs to this conversation from now on, with its files; the code is spent.

        None when no draft has this code. Raises DraftInTheWay, and then nothing has moved.
        """
        hashes = self._keys.hashes(RESUME, code)
        found = await self._first(_ROW.where(dossiers.c.resume_hash.in_(hashes), IS_DRAFT))
        if found is None:
            return None
        try:
            await self._database.write(lambda connection: self._move(connection, found, conversation_id))
        except IntegrityError:
            raise DraftInTheWay(found.procedure.code) from None
        except Changed:
            return await self.continue_here(code, conversation_id)
        return await self.find(conversation_id, found.id)

    def _move(self, connection: sa.Connection, dossier: Dossier, conversation_id: str) -> None:
        self._delete_expired(connection, conversation_id, dossier.procedure.code, self._clock())
        values = {"conversation_id": conversation_id, "resume_hash": None, "changed_at": self._clock()}
        _write(connection, dossier, values)
        is_named = sa.or_(attachments.c.id.in_(file_ids(dossier)), attachments.c.paper_of.in_(paper_hashes(dossier)))
        files = sa.update(attachments).where(attachments.c.conversation_id == dossier.conversation_id, is_named)
        connection.execute(files.values(conversation_id=conversation_id))


def _write(connection: sa.Connection, dossier: Dossier, values: dict[str, Any]) -> None:
    as_read = {"dossier": dossier.id, "conversation": dossier.conversation_id, "read_version": dossier.version}
    given = {f"new_{column}": value for column, value in values.items()}
    if connection.execute(_change(tuple(values)), as_read | given).rowcount == 0:
        raise Changed(dossier.id)


def _bring_files(connection: sa.Connection, dossier: Dossier) -> None:
    """Files sent in a linked channel belong to the dossier's conversation from now on."""
    ids, owner = file_ids(dossier), dossier.conversation_id
    if ids:
        theirs = (attachments.c.id.in_(ids), is_theirs(attachments.c.conversation_id, owner))
        elsewhere = sa.update(attachments).where(*theirs, attachments.c.conversation_id != owner)
        connection.execute(elsewhere.values(conversation_id=owner))


@lru_cache(maxsize=32)
def _change(columns: tuple[str, ...]) -> sa.Update:
    """Writes these columns of the draft, if nobody changed it since it was read."""
    bind = sa.bindparam
    as_read = (dossiers.c.id == bind("dossier"), dossiers.c.conversation_id == bind("conversation"))
    new = {column: bind(f"new_{column}", type_=dossiers.c[column].type) for column in columns}
    unchanged = sa.update(dossiers).where(*as_read, dossiers.c.version == bind("read_version"), IS_DRAFT)
    return unchanged.values(version=dossiers.c.version + 1, **new)
