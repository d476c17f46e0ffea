"""HTTP to a system that is not ours: bounded in time and size, and nothing believed before it is parsed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.submission.one_stop.protocol import Unavailable

MOST_ANSWER_BYTES = 4 * 1024 * 1024
CALL_SECONDS = 60.0  # all of one call: a system that drips a byte a second must not hold a worker
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
# No compression: a few kilobytes could unpack to gigabytes before we see their size.
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "motcua"}


class Theirs(BaseModel):
    """A message of theirs: fields we do not know are left aside, for systems grow; those we know must fit."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, coerce_numbers_to_str=True)


M = TypeVar("M", bound=Theirs)


@dataclass(frozen=True)
class Received:
    status: int
    body: bytes

    def parse(self, shape: type[M]) -> M:
        """Raises Unavailable when it is not what was agreed; their words are not repeated, they may be personal."""
        try:
            return shape.model_validate_json(self.body)
        except (ValidationError, RecursionError) as error:
            count = error.error_count() if isinstance(error, ValidationError) else 1
            raise Unavailable(f"{shape.__name__}: {count} fields of the answer do not fit") from None


class Wire:
    """Posts to one base address."""

    def __init__(self, client: httpx.AsyncClient, base: str) -> None:
        self._client, self._base = client, base.rstrip("/")

    async def post(self, path: str, headers: dict[str, str] | None = None, **content: Any) -> Received:
        """`content` is httpx's json=, data= or files=; raises Unavailable when no whole answer came."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await self._post(f"{self._base}/{path.lstrip('/')}", HEADERS | (headers or {}), content)
        except TimeoutError:
            raise Unavailable(f"{path}: no answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"{path}: {type(error).__name__}") from None

    async def _post(self, url: str, headers: dict[str, str], content: dict[str, Any]) -> Received:
        async with self._client.stream("POST", url, headers=headers, timeout=TIMEOUT, **content) as response:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise Unavailable("the answer is packed although we asked for none")
            return Received(response.status_code, await _bounded(response))


async def _bounded(response: httpx.Response) -> bytes:
    announced = response.headers.get("content-length", "0")
    body = bytearray()
    if not announced.isdigit() or int(announced) > MOST_ANSWER_BYTES:
        raise Unavailable("the answer is too large")
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_ANSWER_BYTES:
            raise Unavailable("the answer is too large")
    return bytes(body)
