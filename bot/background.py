"""Work beside the conversations: kept for as long as a stack is open, tried again after trouble."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

AFTER_TROUBLE_SECONDS = 15.0


def keep(stack: contextlib.AsyncExitStack, job: Callable[[], Awaitable[None]]) -> None:
    """Runs `job` until the stack is left."""
    task = asyncio.create_task(job())

    async def stop() -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(stop)


async def forever(work: Callable[[], Awaitable[int]], pause_seconds: float, trouble: str) -> None:
    """At once again while `work` says that it did something; `trouble` is logged when it raises."""
    while True:
        try:
            pause = 0.0 if await work() else pause_seconds
        except Exception:
            log.exception("%s; tried again", trouble)
            pause = AFTER_TROUBLE_SECONDS
        await asyncio.sleep(pause)
