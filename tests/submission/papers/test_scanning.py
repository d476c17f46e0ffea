"""A scanner looks at every file first; what it finds, or cannot look at, is not taken."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.submission.papers.refusals import RefusedFile
from bot.submission.papers.scanning import Scanner

VIRUS = b"a virus"


class FakeClamd:
    """Speaks INSTREAM; `answers` instead of what it found, when set."""

    def __init__(self) -> None:
        self.answers: bytes | None = None
        self.stalls = False
        self.seen: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            content = b""
            while size := struct.unpack(">I", await reader.readexactly(4))[0]:
                content += await reader.readexactly(size)
            self.seen.append(content)
            if self.stalls:
                await asyncio.sleep(60)
            found = b"stream: Eicar-Test FOUND\0" if VIRUS in content else b"stream: OK\0"
            writer.write(self.answers or found)
            await writer.drain()
        writer.close()


@pytest.fixture
async def clamd(tmp_path: Path) -> AsyncIterator[tuple[FakeClamd, str]]:
    fake = FakeClamd()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    yield fake, f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def refusal(scanner: Scanner, content: bytes) -> RefusedFile:
    with pytest.raises(RefusedFile) as refused:
        await scanner.check(content)
    return refused.value


async def test_a_clean_file_passes_whole(clamd: tuple[FakeClamd, str]) -> None:
    fake, address = clamd
    content = bytes(range(256)) * 1000
    await Scanner(address).check(content)
    await Scanner(address).check(b"")
    assert fake.seen == [content, b""]


async def test_an_infected_file_is_refused(clamd: tuple[FakeClamd, str]) -> None:
    error = await refusal(Scanner(clamd[1]), b"x" * 100_000 + VIRUS)
    assert (error.key, error.status) == ("infected", 422) and "mã độc" in error.sentence


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"nonsense", b"\0"])
async def test_a_scanner_that_cannot_tell_lets_nothing_pass(clamd: tuple[FakeClamd, str], answer: bytes) -> None:
    clamd[0].answers = answer
    error = await refusal(Scanner(clamd[1]), b"x")
    assert (error.key, error.status) == ("unscanned", 503)


async def test_a_scanner_that_is_down_or_stalls_lets_nothing_pass(clamd: tuple[FakeClamd, str], tmp_path: Path) -> None:
    clamd[0].stalls = True
    assert (await refusal(Scanner(clamd[1], seconds=0.2), b"x")).key == "unscanned"
    for address in ("127.0.0.1:1", str(tmp_path / "none.sock"), "127.0.0.1:99999", "no port"):
        assert (await refusal(Scanner(address, seconds=2), b"x")).key == "unscanned"


async def test_a_socket_file_serves_as_well(tmp_path: Path) -> None:
    fake, path = FakeClamd(), str(tmp_path / "clamd.sock")
    server = await asyncio.start_unix_server(fake.serve, path)
    await Scanner(path).check(b"clean")
    assert fake.seen == [b"clean"]
    server.close()
