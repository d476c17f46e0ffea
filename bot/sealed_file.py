"""Files encrypted at rest, frame by frame, so that a large one never lies in memory or on the disk readable."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from bot.privacy import SEALED_OVERHEAD_BYTES, CannotDecrypt, KeyRing

FRAME_BYTES = 256 * 1024
LENGTH_BYTES = 4
FULL_BYTES = FRAME_BYTES + SEALED_OVERHEAD_BYTES


async def write_sealed(keys: KeyRing, path: Path, file_id: str, content: AsyncIterator[bytes]) -> None:
    """Writes a new file, on the disk for certain when this returns; what was begun is removed on any trouble."""
    await asyncio.to_thread(path.parent.mkdir, 0o700, parents=True, exist_ok=True)
    try:
        with _create(path) as target:
            number = 0
            async for frame, is_last in _frames(content):
                sealed = keys.seal(frame, _place(file_id, number, is_last))
                await asyncio.to_thread(target.write, len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed)
                number += 1
            await asyncio.to_thread(_settle, target)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


async def read_sealed(keys: KeyRing, path: Path, file_id: str) -> AsyncIterator[bytes]:
    """The content, frame by frame; raises CannotDecrypt when the file was changed, mixed or cut off."""
    with await asyncio.to_thread(path.open, "rb") as source:
        number, is_last = 0, False
        while not is_last:
            sealed = await asyncio.to_thread(_next, source)
            frame, is_last = _open_frame(keys, sealed, file_id, number)
            yield frame
            number += 1


def is_current(keys: KeyRing, path: Path) -> bool:
    """Whether the file is sealed with the first key."""
    with path.open("rb") as source:
        return keys.is_current(_next(source))


async def _frames(content: AsyncIterator[bytes]) -> AsyncIterator[tuple[bytes, bool]]:
    """The content in frames of one size, the last one marked, whatever sizes it arrives in."""
    pending = b""
    async for chunk in content:
        pending += chunk
        while len(pending) > FRAME_BYTES:  # strictly: a whole last frame is still told to be the last
            yield pending[:FRAME_BYTES], False
            pending = pending[FRAME_BYTES:]
    yield pending, True


def _open_frame(keys: KeyRing, sealed: bytes, file_id: str, number: int) -> tuple[bytes, bool]:
    # A full frame may be the last or not; only its place tells, and only we can write that place.
    if len(sealed) == FULL_BYTES:
        try:
            return keys.open(sealed, _place(file_id, number, False)), False
        except CannotDecrypt:
            pass
    return keys.open(sealed, _place(file_id, number, True)), True


def _place(file_id: str, number: int, is_last: bool) -> str:
    """Binds a frame to its file and position, so that frames can be neither moved nor dropped."""
    return f"files/{file_id}/{number}" + ("/last" if is_last else "")


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _settle(target: BinaryIO) -> None:
    target.flush()
    os.fsync(target.fileno())


def _next(source: BinaryIO) -> bytes:
    length = int.from_bytes(source.read(LENGTH_BYTES), "big")
    return source.read(min(length, FULL_BYTES))
