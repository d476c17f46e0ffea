"""Files citizens hand in: checked while they are read, kept encrypted, gone with their conversation."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import sqlalchemy as sa

from bot import retention
from bot.conversation import attachment_place
from bot.privacy import SEALED_OVERHEAD_BYTES, CannotDecrypt, KeyRing
from bot.settings import Settings
from bot.store import Store, UnknownConversation
from bot.submission.file_type import safe_name, sniff
from bot.tables import attachments, conversations

FRAME_BYTES = 256 * 1024  # what of a file is in memory at a time
LENGTH_BYTES = 4


class RefusedFile(Exception):
    """`key` says why (a sentence of its own for the citizen), `status` the same in HTTP, `limit` the figure to name."""

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
        self._store, self._keys = store, store.keys
        self._folder = settings.attachments_dir
        self._max_bytes, self._max_files = settings.max_upload_bytes, settings.max_upload_files

    async def accept(self, conversation_id: str, name: str, file: Readable) -> Attachment:
        """Stores one file; raises RefusedFile, and then nothing of it is left."""
        count = await self._store.database.read(lambda connection: _count(connection, conversation_id))
        self._refuse_too_many(count)
        attachment_id = uuid.uuid4().hex
        path = self._folder / attachment_id
        try:
            media_type, size_bytes = await self._write(attachment_id, path, file)
            attachment = Attachment(
                attachment_id, conversation_id, safe_name(name, media_type), media_type, size_bytes, self._store.clock()
            )
            await self._store.database.write(lambda connection: self._insert(connection, attachment))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return attachment

    def _refuse_too_many(self, count: int) -> None:
        if count >= self._max_files:
            raise RefusedFile("file_too_many", 409, self._max_files)

    async def _write(self, attachment_id: str, path: Path, file: Readable) -> tuple[str, int]:
        """Encrypts the upload into a file, frame by frame; its type and size."""
        media_type, size_bytes, number = None, 0, 0
        await asyncio.to_thread(_prepare, self._folder)
        with _create(path) as target:
            async for frame, is_last in _frames(file):
                size_bytes += len(frame)
                if size_bytes > self._max_bytes:
                    raise RefusedFile("file_too_large", 413, self._max_bytes)
                media_type = media_type or _taken_type(frame)
                sealed = self._keys.seal(frame, frame_place(attachment_id, number, is_last))
                await asyncio.to_thread(_append, target, sealed)
                number += 1
            await asyncio.to_thread(_settle, target)
        assert media_type is not None  # the first frame was refused otherwise
        return media_type, size_bytes

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
        ours = _ours(conversation_id).where(attachments.c.id == attachment_id)
        row = await self._store.database.read(lambda connection: connection.execute(ours).first())
        return self._unseal(row) if row else None

    async def all_belong(self, conversation_id: str, ids: Iterable[str]) -> bool:
        """Whether a message of this conversation may carry these files."""
        wanted = set(ids)
        if not wanted:
            return True
        ours = sa.select(sa.func.count()).select_from(
            _ours(conversation_id).where(attachments.c.id.in_(wanted)).subquery()
        )
        return await self._store.database.read(lambda connection: connection.execute(ours).scalar_one()) == len(wanted)

    async def read(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The file's bytes, frame by frame; raises CannotDecrypt when it was changed or cut off."""
        path = self._folder / attachment.id
        async for frame in read_frames(self._keys, path):
            yield frame

    async def erase(self, conversation_id: str) -> None:
        gone = sa.delete(attachments).where(attachments.c.conversation_id == conversation_id)
        gone = gone.returning(attachments.c.id)
        ids = await self._store.database.write(lambda connection: list(connection.execute(gone).scalars()))
        await asyncio.to_thread(retention.delete_files, self._folder, ids)

    def _unseal(self, row: Any) -> Attachment:
        name = self._keys.open(row.name, attachment_place(row.id)).decode()
        return Attachment(row.id, row.conversation_id, name, row.media_type, row.size_bytes, row.created_at)


def _ours(conversation_id: str) -> sa.Select:
    return sa.select(attachments).where(attachments.c.conversation_id == conversation_id)


def _count(connection: sa.Connection, conversation_id: str) -> int:
    ours = sa.select(sa.func.count()).where(attachments.c.conversation_id == conversation_id)
    return connection.execute(ours).scalar_one()


def _taken_type(first_frame: bytes) -> str:
    if not first_frame:
        raise RefusedFile("file_empty", 422)
    media_type = sniff(first_frame)
    if media_type is None:
        raise RefusedFile("file_type", 415)
    return media_type


async def _frames(file: Readable) -> AsyncIterator[tuple[bytes, bool]]:
    """The upload in frames of one size, the last one shorter and marked, whatever sizes it arrives in."""
    pending = b""
    while chunk := await file.read(FRAME_BYTES):
        pending += chunk
        while len(pending) > FRAME_BYTES:  # strictly: a whole last frame is still told to be the last
            yield pending[:FRAME_BYTES], False
            pending = pending[FRAME_BYTES:]
    yield pending, True


async def read_frames(keys: KeyRing, path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as source:
        number, is_last = 0, False
        while not is_last:
            sealed = await asyncio.to_thread(_next, source)
            frame, is_last = _open_frame(keys, sealed, path.name, number)
            yield frame
            number += 1


def _open_frame(keys: KeyRing, sealed: bytes, attachment_id: str, number: int) -> tuple[bytes, bool]:
    # A full frame may be the last or not; only its place tells, and only we can write that place.
    is_full = len(sealed) == FRAME_BYTES + SEALED_OVERHEAD_BYTES
    if not is_full:
        return keys.open(sealed, frame_place(attachment_id, number, True)), True
    try:
        return keys.open(sealed, frame_place(attachment_id, number, False)), False
    except CannotDecrypt:
        return keys.open(sealed, frame_place(attachment_id, number, True)), True


def frame_place(attachment_id: str, number: int, is_last: bool) -> str:
    """Binds a frame to its file and position, so that frames can be neither moved nor dropped."""
    return f"attachments/{attachment_id}/{number}" + ("/last" if is_last else "")


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _append(target: BinaryIO, sealed: bytes) -> None:
    target.write(len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed)


def _settle(target: BinaryIO) -> None:
    # On the disk before the row says so; without a row the file is an orphan and swept away.
    target.flush()
    os.fsync(target.fileno())


def _next(source: BinaryIO) -> bytes:
    length = int.from_bytes(source.read(LENGTH_BYTES), "big")
    return source.read(min(length, FRAME_BYTES + SEALED_OVERHEAD_BYTES))
