"""Fetches what a citizen sent through Zalo: their pictures and papers lie at Zalo's for a while."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx

FETCH_SECONDS = 20.0
GONE = (400, 401, 403, 404, 410)  # asking again would not help


class FileGone(Exception):
    """It is not there any more, or its address is none that we call."""


class FileUnreachable(Exception):
    """Perhaps later."""


class Download:
    """What arrives of a file, read piece by piece."""

    def __init__(self, response: httpx.Response) -> None:
        self._chunks = response.aiter_bytes()
        self._left = b""

    async def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end. Raises FileUnreachable when it breaks off."""
        try:
            while not self._left:
                self._left = await anext(self._chunks)
        except StopAsyncIteration:
            return b""
        except httpx.HTTPError as error:
            raise FileUnreachable(type(error).__name__) from error
        piece, self._left = self._left[:size], self._left[size:]
        return piece


@contextlib.asynccontextmanager
async def fetched(client: httpx.AsyncClient, url: str, own_base: str) -> AsyncIterator[Download]:
    """Raises FileGone, FileUnreachable. `own_base` is Zalo's address, or that of what stands in for it."""
    if not is_callable(url, own_base):
        raise FileGone("an address that is not called")
    try:
        async with client.stream("GET", url, timeout=FETCH_SECONDS, follow_redirects=False) as response:
            if response.status_code in GONE:
                raise FileGone(f"HTTP {response.status_code}")
            if response.status_code != 200:
                raise FileUnreachable(f"HTTP {response.status_code}")
            yield Download(response)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FileUnreachable(type(error).__name__) from error


def is_callable(url: str, own_base: str) -> bool:
    """Encrypted and in the open net, so that no event makes us call a machine beside ours; or Zalo's stand-in."""
    if own_base and url.startswith(f"{own_base.rstrip('/')}/"):
        return True
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme != "https" or "." not in host or host.endswith((".local", ".internal", ".localhost")):
        return False
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_global
    return True
