"""The world of payments, on each database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.store import Store
from tests.clock import Clock
from tests.payment.world import World, opened


@pytest.fixture
async def world(store: Store, clock: Clock) -> AsyncIterator[World]:
    async with opened(store, clock) as world:
        yield world
