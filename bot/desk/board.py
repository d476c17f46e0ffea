"""Which desks are open and what each shows, so that a change is told to those who may see it, and only to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Watch(Generic[T]):
    """One open page; only "something is new" is kept for it, so a slow one holds no memory and misses nothing."""

    def __init__(self, shows: Callable[[T], bool]) -> None:
        self.shows, self._has_news = shows, asyncio.Event()
        self.is_over = False

    def tell(self) -> None:
        self._has_news.set()

    async def news(self, patience_seconds: float, settle_seconds: float = 0.0, apart_seconds: float = 0.0) -> bool:
        """Waits for something new and for what comes with it; False when nothing came for so long.

        Returns no sooner than `apart_seconds` after it was called.
        """
        now = asyncio.get_running_loop().time
        called_at = now()
        try:
            await asyncio.wait_for(self._has_news.wait(), patience_seconds)
        except TimeoutError:
            return False
        if not self.is_over:
            await asyncio.sleep(max(settle_seconds, called_at + apart_seconds - now()))
        # Only now: who is told reads afterwards, so what came meanwhile is read with it and not told again.
        self._has_news.clear()
        return True


class Board(Generic[T]):
    """The open pages of this process. What another process changes is seen at the next look."""

    def __init__(self) -> None:
        self._watches: set[Watch[T]] = set()

    def tell(self, changed: T) -> None:
        for watch in self._watches:
            if watch.shows(changed):
                watch.tell()

    @contextmanager
    def watched(self, shows: Callable[[T], bool]) -> Iterator[Watch[T]]:
        watch = Watch(shows)
        self._watches.add(watch)
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    def stop(self) -> None:
        """Lets every page go, at shutdown."""
        for watch in self._watches:
            watch.is_over = True
            watch.tell()

    @property
    def open_pages(self) -> int:
        return len(self._watches)
