"""Plays the faults of real one-stop systems on their machine doors: slow, down, everything twice, wrong replies."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.one_stop_records import FAULTS, Records

SLOW_SECONDS = 3.0
# Seen in the wild: a gateway's page with status 200, JSON cut off, JSON of another shape, a list, nothing.
WRONG = (
    b"<html><body>Service Temporarily Unavailable</body></html>",
    b'{"error_code": "0", "mess',
    b'{"status": "OK"}',
    b"[]",
    b"",
)


class FaultyDoors:
    """ASGI middleware; only what machines call (`is_door(path)`) goes wrong, officers' pages never."""

    def __init__(
        self, app: ASGIApp, records: Records, is_door: Callable[[str], bool], slow_seconds: float = SLOW_SECONDS
    ) -> None:
        self._app, self._records, self._is_door, self._slow_seconds = app, records, is_door, slow_seconds
        self._calls: Counter[str] = Counter()
        self._wrong = itertools.cycle(WRONG)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or not self._is_door(path):
            await self._app(scope, receive, send)
            return
        due = self._due()
        if "slow" in due:
            await asyncio.sleep(self._slow_seconds)
        if "down" in due:
            await HTMLResponse("<h1>503 Service Unavailable</h1>", 503)(scope, receive, send)
            return
        await self._serve(due, scope, receive, send)

    def _due(self) -> set[str]:
        """The faults whose turn it is."""
        due = set()
        for name, every in self._records.faults().items():
            if every and name in FAULTS:
                self._calls[name] += 1
                if self._calls[name] % every == 0:
                    due.add(name)
        return due

    async def _serve(self, due: set[str], scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        if "duplicate" in due:  # a router on the way delivers it twice; the caller sees the second answer
            await self._app(dict(scope), _replay(body), _swallow)
        if "wrong" in due:  # done, and then answered with something that cannot be used
            await self._app(dict(scope), _replay(body), _swallow)
            await Response(next(self._wrong), media_type="application/json")(scope, receive, send)
            return
        await self._app(scope, _replay(body), send)


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body"):
            return body


def _replay(body: bytes) -> Callable[[], Awaitable[Message]]:
    parts = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(parts, {"type": "http.disconnect"})

    return receive


async def _swallow(message: Message) -> None:
    """An answer nobody hears."""
