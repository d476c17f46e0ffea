"""Messages of one conversation are answered one after another, in the order in which they were stored."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


class TurnOrder:
    """Storing is quick and strictly ordered; the turn itself waits for the one before it, and only for that."""

    def __init__(self) -> None:
        self._storing: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._last: dict[str, asyncio.Future[None]] = {}
        self._busy: dict[str, int] = defaultdict(int)

    async def store_then_turn(self, key: str, store: Callable[[], Awaitable[T]], turn: Callable[[T], Awaitable]):
        """Runs `store` in arrival order, then `turn` with its result once every earlier turn of `key` has ended."""
        async with self._counted(key):
            async with self._storing[key]:
                stored = await store()
                before, mine = self._last.get(key), asyncio.get_running_loop().create_future()
                self._last[key] = mine
            try:
                if before is not None:
                    await asyncio.shield(before)
                return await turn(stored)
            finally:
                mine.set_result(None)

    @asynccontextmanager
    async def _counted(self, key: str) -> AsyncIterator[None]:
        self._busy[key] += 1
        try:
            yield
        finally:
            self._busy[key] -= 1
            if not self._busy[key]:  # nobody left: forget the conversation, or memory grows with every citizen
                for table in (self._busy, self._storing, self._last):
                    table.pop(key, None)
