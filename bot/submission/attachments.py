"""Files citizens hand in: checked while they are read, kept encrypted, gone with their conversation."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from bot import retention
from bot.conversation import attachment_place
from bot.linking.reach import is_theirs
from bot.sealed_file import FRAME_BYTES, read_sealed, write_sealed
from bot.settings import Settings
from bot.store import Store, UnknownConversation
from bot.submission.file_type import SNIFF_BYTES, safe_name, sniff
from bot.tables import attachments, conversations


class RefusedFile(Exception):
    """`key` says why (a sentence of its own for the citizen), `status` the same in HTTP, `limit` the figure to name.

    Keys: file_empty, file_type, file_too_large, file_too_many.
    """

    def __init__(self, key: str, status: int, limit: int | None = None) -> None:
        super().__init__(key)
        self.key, self.status, self.limit = key, status, limit


@dataclass(frozen=True)
class Attachment:
    id: str
    conversation_id: str
    name: str = field(repr=False)
    media_type: str
    size_bytes: int
    created_at: datetime


class Readable(Protocol):
    """An upload; Starlette's `UploadFile` is one."""

    async def read(self, size: int, /) -> bytes: ...


class Attachments:
    """Takes files in and hands them out, for the conversation they belong to."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._folder = settings.attachments_dir
        self._max_bytes, self._max_files = settings.max_upload_bytes, settings.max_upload_files

    async def accept(self, conversation_id: str, name: str, file: Readable) -> Attachment:
        """Stores one file; raises RefusedFile, and then nothing of it is left."""
        self._refuse_too_many(await self._database.read(lambda connection: _count(connection, conversation_id)))
        attachment_id, upload = uuid.uuid4().hex, _Upload(file, self._max_bytes)
        path = self._folder / attachment_id
        await write_sealed(self._keys, path, attachment_id, upload.chunks())
        try:
            attachment = Attachment(
                id=attachment_id,
                conversation_id=conversation_id,
                name=safe_name(name, upload.media_type),
                media_type=upload.media_type,
                size_bytes=upload.size_bytes,
                created_at=self._clock(),
            )
            # The file first, then its row: a file without a row is swept away, a row without a file is a loss.
            await self._database.write(lambda connection: self._insert(connection, attachment))
        except Exception:
            path.unlink(missing_ok=True)  # not when cancelled: the row may be written all the same
            raise
        return attachment

    def _refuse_too_many(self, count: int) -> None:
        if count >= self._max_files:
            raise RefusedFile("file_too_many", 409, self._max_files)

    def _insert(self, connection: sa.Connection, attachment: Attachment) -> None:
        # The conversation's row is locked: two uploads at once cannot both be the last one allowed.
        ours = sa.select(conversations.c.id).where(conversations.c.id == attachment.conversation_id).with_for_update()
        if connection.execute(ours).first() is None:
            raise UnknownConversation(attachment.conversation_id)
        self._refuse_too_many(_count(connection, attachment.conversation_id))
        row = {
            "id": attachment.id,
            "conversation_id": attachment.conversation_id,
            "name": self._keys.seal(attachment.name.encode(), attachment_place(attachment.id)),
            "media_type": attachment.media_type,
            "size_bytes": attachment.size_bytes,
            "created_at": attachment.created_at,
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

    async def erase(self, conversation_id: str) -> None:
        """The files of one conversation and nothing else of it."""
        gone = sa.delete(attachments).where(attachments.c.conversation_id == conversation_id)
        gone = gone.returning(attachments.c.id)
        ids = await self._database.write(lambda connection: list(connection.execute(gone).scalars()))
        await asyncio.to_thread(retention.delete_files, self._folder, ids)

    def _unseal(self, row: Any) -> Attachment:
        name = self._keys.open(row.name, attachment_place(row.id)).decode()
        return Attachment(row.id, row.conversation_id, name, row.media_type, row.size_bytes, row.created_at)


def _count(connection: sa.Connection, conversation_id: str) -> int:
    ours = sa.select(sa.func.count()).where(attachments.c.conversation_id == conversation_id)
    return connection.execute(ours).scalar_one()


class _Upload:
    """An upload while it is read: its size is bounded, and its type told from its first bytes."""

    def __init__(self, file: Readable, max_bytes: int) -> None:
        self._file, self._max_bytes = file, max_bytes
        self.media_type, self.size_bytes = "", 0

    async def chunks(self) -> AsyncIterator[bytes]:
        head = await self._head()
        if not head:
            raise RefusedFile("file_empty", 422)
        self.media_type = sniff(head) or ""
        if not self.media_type:
            raise RefusedFile("file_type", 415)
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
            raise RefusedFile("file_too_large", 413, self._max_bytes)
        return chunk
