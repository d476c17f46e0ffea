"""Files citizens hand in: checked while they are read, kept encrypted, gone with their conversation."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from bot import retention
from bot.conversation import attachment_details_place, attachment_place
from bot.linking.reach import is_theirs
from bot.sealed_file import FRAME_BYTES, read_sealed, write_sealed
from bot.settings import Settings
from bot.store import Store, UnknownConversation
from bot.submission.file_type import SNIFF_BYTES, safe_name, sniff
from bot.submission.papers.refusals import RefusedFile
from bot.tables import attachments, conversations


@dataclass(frozen=True)
class Details:
    """What was seen when a file was opened. `hints`: keys of `papers.hint`; `card`: an identity card's QR code."""

    pages: int = 1
    hints: tuple[str, ...] = ()
    card: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Opened:
    """A file as it is kept: only what is seen of it."""

    content: bytes = field(repr=False)
    media_type: str
    details: Details


Opener = Callable[[bytes, str], Awaitable[Opened]]


@dataclass(frozen=True)
class Attachment:
    id: str
    conversation_id: str
    name: str = field(repr=False)
    media_type: str
    size_bytes: int
    created_at: datetime
    details: Details = Details()


class Readable(Protocol):
    """An upload; Starlette's `UploadFile` is one."""

    async def read(self, size: int, /) -> bytes: ...


class Attachments:
    """Takes files in and hands them out, for the conversation they belong to.

    `opener` looks into each file and gives what is kept of it; without one, files are kept as they came.
    """

    def __init__(self, store: Store, settings: Settings, opener: Opener | None = None) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._folder = settings.attachments_dir
        self._max_bytes, self._max_files = settings.max_upload_bytes, settings.max_upload_files
        self._opener = opener

    async def accept(self, conversation_id: str, name: str, file: Readable) -> Attachment:
        """Stores one file; raises RefusedFile, and then nothing of it is left."""
        self._refuse_too_many(await self._database.read(lambda connection: _count(connection, conversation_id)))
        upload = _Upload(file, self._max_bytes)
        if self._opener is None:
            return await self._keep(conversation_id, name, upload, Details())
        whole = b"".join([chunk async for chunk in upload.chunks()])
        opened = await self._opener(whole, upload.media_type)
        return await self._keep(conversation_id, name, _Made(opened.content, opened.media_type), opened.details)

    async def keep_paper(self, conversation_id: str, page_ids: Sequence[str], name: str, made: Opened) -> Attachment:
        """The pages bound into one file; it does not count among those the citizen may send."""
        content = _Made(made.content, made.media_type)
        return await self._keep(conversation_id, name, content, made.details, paper_of(page_ids))

    async def _keep(
        self, conversation_id: str, name: str, content: _Upload | _Made, details: Details, paper: bytes | None = None
    ) -> Attachment:
        attachment_id = uuid.uuid4().hex
        path = self._folder / attachment_id
        await write_sealed(self._keys, path, attachment_id, content.chunks())
        try:
            attachment = Attachment(
                id=attachment_id,
                conversation_id=conversation_id,
                name=safe_name(name, content.media_type),
                media_type=content.media_type,
                size_bytes=content.size_bytes,
                created_at=self._clock(),
                details=details,
            )
            # The file first, then its row: a file without a row is swept away, a row without a file is a loss.
            await self._database.write(lambda connection: self._insert(connection, attachment, paper))
        except Exception:
            path.unlink(missing_ok=True)  # not when cancelled: the row may be written all the same
            raise
        return attachment

    def _refuse_too_many(self, count: int) -> None:
        if count >= self._max_files:
            raise RefusedFile("file_too_many", self._max_files)

    def _insert(self, connection: sa.Connection, attachment: Attachment, paper: bytes | None) -> None:
        # The conversation's row is locked: two uploads at once cannot both be the last one allowed.
        ours = sa.select(conversations.c.id).where(conversations.c.id == attachment.conversation_id).with_for_update()
        if connection.execute(ours).first() is None:
            raise UnknownConversation(attachment.conversation_id)
        if paper is None:
            self._refuse_too_many(_count(connection, attachment.conversation_id))
        told = json.dumps(asdict(attachment.details)).encode()
        row = {
            "id": attachment.id,
            "conversation_id": attachment.conversation_id,
            "name": self._keys.seal(attachment.name.encode(), attachment_place(attachment.id)),
            "media_type": attachment.media_type,
            "size_bytes": attachment.size_bytes,
            "created_at": attachment.created_at,
            "details": self._keys.seal(told, attachment_details_place(attachment.id)),
            "paper_of": paper,
        }
        connection.execute(sa.insert(attachments), row)

    async def find(self, conversation_id: str, attachment_id: str) -> Attachment | None:
        """None also when it belongs to another conversation."""
        if not attachment_id.isalnum():
            return None
        is_ours = is_theirs(attachments.c.conversation_id, conversation_id)
        ours = sa.select(attachments).where(is_ours, attachments.c.id == attachment_id)
        row = await self._database.read(lambda connection: connection.execute(ours).first())
        return self._unseal(row) if row else None

    async def find_all(self, conversation_id: str, ids: Sequence[str]) -> list[Attachment]:
        """Those of these that are there, in this order."""
        found = [await self.find(conversation_id, one) for one in ids]
        return [one for one in found if one is not None]

    async def find_paper(self, conversation_id: str, page_ids: Sequence[str]) -> Attachment | None:
        """These pages bound together; None when they never were."""
        is_ours = is_theirs(attachments.c.conversation_id, conversation_id)
        bound = sa.select(attachments).where(is_ours, attachments.c.paper_of == paper_of(page_ids)).limit(1)
        row = await self._database.read(lambda connection: connection.execute(bound).first())
        return self._unseal(row) if row else None

    async def all_belong(self, conversation_id: str, ids: Iterable[str]) -> bool:
        """Whether a message of this conversation may carry these files."""
        wanted = set(ids)
        if not wanted:
            return True
        if not all(attachment_id.isalnum() for attachment_id in wanted):  # clients write these; PostgreSQL is choosy
            return False
        is_ours = is_theirs(attachments.c.conversation_id, conversation_id)
        count = sa.select(sa.func.count()).where(is_ours, attachments.c.id.in_(wanted))
        found = await self._database.read(lambda connection: connection.execute(count).scalar_one())
        return found == len(wanted)

    def read(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The file's bytes, piece by piece; raises CannotDecrypt when it was changed or cut off."""
        return read_sealed(self._keys, self._folder / attachment.id, attachment.id)

    async def discard(self, conversation_id: str, page_ids: Iterable[str], papers: Iterable[Sequence[str]]) -> None:
        """Pages the citizen took back, and what was bound of them; nobody may name them any more."""
        hashes, ids = [paper_of(pages) for pages in papers], list(page_ids)
        is_gone = sa.or_(attachments.c.id.in_(ids), attachments.c.paper_of.in_(hashes))
        ours = is_theirs(attachments.c.conversation_id, conversation_id)
        await self._delete(sa.delete(attachments).where(ours, is_gone))

    async def _delete(self, gone: sa.Delete) -> None:
        gone = gone.returning(attachments.c.id)
        ids = await self._database.write(lambda connection: list(connection.execute(gone).scalars()))
        await asyncio.to_thread(retention.delete_files, self._folder, ids)

    async def erase(self, conversation_id: str) -> None:
        """The files of one conversation and nothing else of it."""
        await self._delete(sa.delete(attachments).where(attachments.c.conversation_id == conversation_id))

    def _unseal(self, row: Any) -> Attachment:
        name = self._keys.open(row.name, attachment_place(row.id)).decode()
        details = self._details(row)
        return Attachment(row.id, row.conversation_id, name, row.media_type, row.size_bytes, row.created_at, details)

    def _details(self, row: Any) -> Details:
        if row.details is None:  # of a time when files were not opened
            return Details()
        told = json.loads(self._keys.open(row.details, attachment_details_place(row.id)))
        return Details(told["pages"], tuple(told["hints"]), told["card"])


def paper_of(page_ids: Sequence[str]) -> bytes:
    """Names the file that these pages make, in this order."""
    return hashlib.sha256(",".join(page_ids).encode()).digest()


def _count(connection: sa.Connection, conversation_id: str) -> int:
    is_sent = sa.and_(attachments.c.conversation_id == conversation_id, attachments.c.paper_of.is_(None))
    return connection.execute(sa.select(sa.func.count()).where(is_sent)).scalar_one()


class _Made:
    """A file of our own making."""

    def __init__(self, content: bytes, media_type: str) -> None:
        self._content, self.media_type, self.size_bytes = content, media_type, len(content)

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self._content


class _Upload:
    """An upload while it is read: its size is bounded, and its type told from its first bytes."""

    def __init__(self, file: Readable, max_bytes: int) -> None:
        self._file, self._max_bytes = file, max_bytes
        self.media_type, self.size_bytes = "", 0

    async def chunks(self) -> AsyncIterator[bytes]:
        head = await self._head()
        if not head:
            raise RefusedFile("file_empty")
        self.media_type = sniff(head) or ""
        if not self.media_type:
            raise RefusedFile("file_type")
        yield head
        while chunk := await self._next():
            yield chunk

    async def _head(self) -> bytes:
        """Enough bytes to tell the type, however small the pieces arrive."""
        head = b""
        while len(head) < SNIFF_BYTES and (chunk := await self._next()):
            head += chunk
        return head

    async def _next(self) -> bytes:
        chunk = await self._file.read(FRAME_BYTES)
        self.size_bytes += len(chunk)
        if self.size_bytes > self._max_bytes:
            raise RefusedFile("file_too_large", self._max_bytes)
        return chunk
