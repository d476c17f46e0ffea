"""How often one client may knock: a token bucket per client, in bounded memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CLIENTS = 50_000


class RateLimiter:
    """Each client may knock `per_minute` times a minute, and as many at once after a rest."""

    def __init__(
        self, per_minute: int, most_clients: int = MOST_CLIENTS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = float(per_minute)
        self._per_second = per_minute / 60
        self._most_clients, self._clock = most_clients, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key: (tokens left, at)

    def wait_seconds(self, key: str) -> float:
        """0 when the client may come in now (and is counted), else how long it has to wait (and is not)."""
        now = self._clock()
        tokens, at = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._per_second)
        is_allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if is_allowed else tokens, now)
        if len(self._buckets) > self._most_clients:
            self._buckets.popitem(last=False)  # silent for the longest time, so the likeliest to be full again
        return 0.0 if is_allowed else (1 - tokens) / self._per_second
