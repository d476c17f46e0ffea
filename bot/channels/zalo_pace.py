"""Spreads calls over time, so that a platform's limit is kept by us and not found out by being refused."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

LONGEST_WAIT_SECONDS = 20.0  # for our turn; a message waits better in the outbox than in a call under way
MOST_KEYS = 50_000


class Crowded(Exception):
    """So many calls wait for their turn that this one had better come again."""


class Pace:
    """Each key may make `per_second` calls a second, `at_once` of them together after a rest.

    A caller is given its moment when it asks, so that callers go in the order in which they asked.
    """

    def __init__(
        self,
        per_second: float,
        at_once: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._gap, self._at_once = 1 / per_second, at_once
        self._clock, self._sleep = clock, sleep
        self._next: OrderedDict[str, float] = OrderedDict()  # key: when its bucket would be full again

    async def wait(self, key: str = "") -> None:
        """Returns when it is this call's turn; raises Crowded when that is too long to wait."""
        now = self._clock()
        full_at = max(self._next.pop(key, now), now) + self._gap
        wait = full_at - now - self._gap * self._at_once
        if wait > LONGEST_WAIT_SECONDS:
            self._next[key] = full_at - self._gap
            raise Crowded
        self._next[key] = full_at
        if len(self._next) > MOST_KEYS:
            self._next.popitem(last=False)
        if wait > 0:
            await self._sleep(wait)
