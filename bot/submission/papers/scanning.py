"""ClamAV looks at every file before anything else does, where a scanner is configured (its INSTREAM command)."""

from __future__ import annotations

import asyncio
import logging
import struct

from bot.submission.papers.refusals import RefusedFile

log = logging.getLogger(__name__)

SCAN_SECONDS = 30.0
PIECE_BYTES = 64 * 1024
MOST_ANSWER_BYTES = 4096


class Scanner:
    """`address`: host:port, or the path of a socket."""

    def __init__(self, address: str, seconds: float = SCAN_SECONDS) -> None:
        self._address, self._seconds = address, seconds

    async def check(self, content: bytes) -> None:
        """Raises RefusedFile: infected; unscanned when the scanner cannot tell (nothing unchecked is taken)."""
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(content)
        except (OSError, TimeoutError, ValueError, OverflowError) as error:
            log.error("the virus scanner cannot be reached: %s", type(error).__name__)
            raise RefusedFile("unscanned") from None
        if answer.endswith(b"FOUND"):
            log.warning("a file was refused by the virus scanner")
            raise RefusedFile("infected")
        if not answer.endswith(b"OK"):
            log.error("the virus scanner does not answer as it should")
            raise RefusedFile("unscanned")

    async def _ask(self, content: bytes) -> bytes:
        reader, writer = await self._connect()
        try:
            writer.write(b"zINSTREAM\0")
            for start in range(0, len(content), PIECE_BYTES):
                piece = content[start : start + PIECE_BYTES]
                writer.write(struct.pack(">I", len(piece)) + piece)
                await writer.drain()
            writer.write(struct.pack(">I", 0))
            await writer.drain()
            return (await reader.read(MOST_ANSWER_BYTES)).strip(b"\0\r\n ")
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._address.startswith("/"):
            return await asyncio.open_unix_connection(self._address)
        host, _, port = self._address.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port))
