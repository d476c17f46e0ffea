"""A fake of the other side's HTTP: answers in turn, remembers what it was asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx

from bot.submission.one_stop.dvc_sync import DvcSync, DvcSyncAccess
from bot.submission.one_stop.exchange import Exchange, ExchangeAccess
from bot.submission.one_stop.wire import Wire

PAYLOADS = Path(__file__).parents[2] / "payloads" / "one_stop"
PHOTO = b"\xff\xd8\xff photo"
PHOTO_SHA256 = hashlib.sha256(PHOTO).hexdigest()
GOOD = {"error_code": "0", "message": "Thành công"}
SESSION = {"error_code": 0, "session": "s-1"}
UNIT = "H15.50.05.13"

Reply = dict | list | str | bytes | tuple[int, Any] | Exception


def payload(name: str) -> dict[str, Any]:
    return json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))


class Other:
    """`replies` are given in order, the last for ever; a tuple is (status, body), an exception is raised."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self.asked: list[tuple[str, Any]] = []
        self.headers: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        is_json = request.headers.get("content-type") == "application/json"
        self.asked.append((request.url.path, json.loads(body) if is_json else body))
        self.headers.append(request.headers)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        status, content = reply if isinstance(reply, tuple) else (200, reply)
        raw = content if isinstance(content, bytes | str) else json.dumps(content, ensure_ascii=False)
        return httpx.Response(status, content=raw)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


class MemoryNotes:
    def __init__(self, **kept: str) -> None:
        self.kept = dict(kept)

    async def get(self, reference: str, name: str) -> str | None:
        return self.kept.get(name)

    async def keep(self, reference: str, name: str, value: str) -> str:
        return self.kept.setdefault(name, value)


class OnePhoto:
    async def read(self, attachment_id: str) -> AsyncIterator[bytes]:
        yield PHOTO

    def link(self, attachment_id: str) -> str:
        return f"https://motcua.example.gov.vn/one-stop/files/{attachment_id}"


def wire(handler: Callable[[httpx.Request], httpx.Response]) -> Wire:
    return Wire(httpx.AsyncClient(transport=httpx.MockTransport(handler)), "https://one-stop.example")


def exchange(other: Callable, notes: MemoryNotes | None = None, trusted: frozenset[str] = frozenset()) -> Exchange:
    access = ExchangeAccess("motcua", "secret", UNIT, "H15.50")
    return Exchange(wire(other), access, notes or MemoryNotes(), OnePhoto(), trusted)


def dvc_sync(other: Callable, notes: MemoryNotes | None = None) -> DvcSync:
    return DvcSync(wire(other), DvcSyncAccess("motcua", "secret", UNIT), notes or MemoryNotes(), OnePhoto())
