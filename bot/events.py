"""Tells open pages that a conversation has grown; what was said they fetch from the history."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

MOST_WATCHERS = 10  # pages open on one conversation; the oldest is let go, it reconnects if it is still there


class Watcher:
    """One open page. Only "something is new" is kept for it, so a slow one holds no memory and misses nothing."""

    def __init__(self) -> None:
        self._has_news = asyncio.Event()
        self.is_dropped = False

    def tell(self) -> None:
        self._has_news.set()

    def drop(self) -> None:
        self.is_dropped = True
        self._has_news.set()

    async def changed(self) -> bool:
        """Waits for news; False when this watcher was let go and its page should end."""
        await self._has_news.wait()
        self._has_news.clear()
        if self.is_dropped:
            self._has_news.set()
        return not self.is_dropped

    # `async with subscribe(...) as changed: await changed()`
    __call__ = changed


class Events:
    """Who watches which conversation, in this process."""

    def __init__(self) -> None:
        self._watchers: dict[str, list[Watcher]] = defaultdict(list)

    async def publish(self, conversation_id: str) -> None:
        for watcher in self._watchers.get(conversation_id, ()):
            watcher.tell()

    @asynccontextmanager
    async def subscribe(self, conversation_id: str) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
        """Subscribe first and read the history afterwards: then nothing falls between the two."""
        watcher, watchers = Watcher(), self._watchers[conversation_id]
        watchers.append(watcher)
        if len(watchers) > MOST_WATCHERS:
            watchers.pop(0).drop()
        try:
            yield watcher
        finally:
            self._forget(conversation_id, watcher)

    def _forget(self, conversation_id: str, watcher: Watcher) -> None:
        watchers = self._watchers[conversation_id]
        if watcher in watchers:
            watchers.remove(watcher)
        if not watchers:
            del self._watchers[conversation_id]

    def stop(self) -> None:
        """Lets every page go, at shutdown."""
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.drop()

    @property
    def watched(self) -> int:
        """How many pages are open."""
        return sum(map(len, self._watchers.values()))
