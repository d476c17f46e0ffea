"""HTTP to payment providers: bounded in time and size, nothing followed, nothing believed before it is parsed."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.payment.providers.protocol import Unavailable, Unreadable
from bot.payment.providers.signing import read_object

MOST_ANSWER_BYTES = 256 * 1024
CALL_SECONDS = 35.0  # MoMo asks for at least thirty
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "motcua"}


class Wire:
    """One shared client; raises Unavailable when no whole, readable answer came."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def post(self, url: str, content: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
        return await self._object("POST", url, json=content, headers=HEADERS | (headers or {}))

    async def post_form(self, url: str, content: dict[str, str]) -> dict[str, Any]:
        return await self._object("POST", url, data=content, headers=HEADERS)

    async def get(self, url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        return await self._object("GET", url, headers=HEADERS | (headers or {}))

    async def post_for_bytes(self, url: str, content: dict[str, Any], most: int) -> bytes:
        return await self._call("POST", url, most, json=content, headers=HEADERS | {"Accept": "*/*"})

    async def _object(self, method: str, url: str, **content: Any) -> dict[str, Any]:
        body = await self._call(method, url, MOST_ANSWER_BYTES, **content)
        try:
            return read_object(body)
        except Unreadable:
            raise Unavailable(f"{_place(url)}: the answer is no JSON object") from None

    async def _call(self, method: str, url: str, most: int, **content: Any) -> bytes:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await self._read(method, url, most, content)
        except TimeoutError:
            raise Unavailable(f"{_place(url)}: no answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"{_place(url)}: {type(error).__name__}") from None

    async def _read(self, method: str, url: str, most: int, content: dict[str, Any]) -> bytes:
        async with self._client.stream(method, url, timeout=TIMEOUT, follow_redirects=False, **content) as response:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise Unavailable(f"{_place(url)}: the answer is packed although we asked for none")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > most:
                    raise Unavailable(f"{_place(url)}: the answer is too large")
            if response.status_code >= 500:
                raise Unavailable(f"{_place(url)}: HTTP {response.status_code}")
            return bytes(body)


def is_pay_address(url: str, base: str) -> bool:
    """Whether a citizen may be sent there: encrypted, or on the very host we were told to ask."""
    there, ours = urlsplit(url), urlsplit(base)
    is_same_host = (there.scheme, there.netloc) == (ours.scheme, ours.netloc)
    return bool(there.netloc) and (there.scheme == "https" or (is_same_host and there.scheme == "http"))


def _place(url: str) -> str:
    """The address without what may be private in it."""
    return url.partition("?")[0]
