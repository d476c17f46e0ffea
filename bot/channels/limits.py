"""Refuses request bodies that are larger than a door allows, while they are read and not after."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot import problems
from bot.wording import say

JSON_BODY_BYTES = 256 * 1024


class BodyLimit:
    """ASGI middleware: 413 once more than the limit has been announced or received."""

    def __init__(self, app: ASGIApp, upload_bytes: int) -> None:
        self._app, self._upload_bytes = app, upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._upload_bytes if scope["path"].endswith("/attachments") else JSON_BODY_BYTES
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > limit:
            await self._refuse(scope, receive, send)
            return
        await self._read_bounded(limit, scope, receive, send)

    async def _read_bounded(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        seen, started = 0, False

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _TooLarge
            return message

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, bounded, noting)
        except _TooLarge:
            if not started:
                await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await problems.response(413, "too_large", say("problem.too_large"))(scope, receive, send)


class _TooLarge(Exception):
    pass
