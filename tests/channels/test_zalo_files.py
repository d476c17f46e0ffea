"""Files lie at Zalo's: fetched from the open net only, piece by piece; what is gone is told from what is late."""

from __future__ import annotations

import httpx
import pytest

from bot.channels.zalo_files import Download, FileGone, FileUnreachable, fetched, is_callable

BASE = "https://zalo.test"


@pytest.mark.parametrize(
    ("url", "is_called"),
    [
        ("https://f1-zpc.zdn.vn/a/b.jpg?x=1", True),
        ("http://f1-zpc.zdn.vn/a.jpg", False),
        ("https://127.0.0.1/a.jpg", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://[::1]/a.jpg", False),
        ("https://localhost/a.jpg", False),
        ("https://db.internal/a.jpg", False),
        ("file:///etc/passwd", False),
        ("https://[broken", False),
        ("", False),
        ("http://zalo.sandbox/files/a", True),
        ("http://zalo.sandbox.example.vn/a", False),
    ],
)
def test_only_the_open_net_and_zalos_stand_in_are_called(url: str, is_called: bool) -> None:
    assert is_callable(url, "http://zalo.sandbox") is is_called


async def read_all(download: Download) -> bytes:
    read = b""
    while piece := await download.read(3):
        assert len(piece) <= 3
        read += piece
    return read


async def fetch(answer: httpx.Response | Exception, url: str = f"{BASE}/a.jpg") -> bytes:
    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client, fetched(client, url, BASE) as file:
        return await read_all(file)


async def test_a_file_comes_whole_in_small_pieces() -> None:
    assert await fetch(httpx.Response(200, content=b"0123456789")) == b"0123456789"
    assert await fetch(httpx.Response(200, content=b"")) == b""


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_what_is_gone_is_not_asked_for_again(status: int) -> None:
    with pytest.raises(FileGone):
        await fetch(httpx.Response(status))


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(302), httpx.ConnectTimeout("late")])
async def test_what_is_late_may_be_asked_for_again(answer: httpx.Response | Exception) -> None:
    with pytest.raises(FileUnreachable):
        await fetch(answer)
