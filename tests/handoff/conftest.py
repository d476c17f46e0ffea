"""The world of a ward, on the database of the test."""

from __future__ import annotations

import pytest

from bot.store import Store
from tests.clock import Clock
from tests.handoff.world import World


@pytest.fixture
async def world(store: Store, clock: Clock) -> World:
    clock.advance(hours=19)  # ten in the morning in Việt Nam, a Wednesday and no holiday: everybody works
    return await World(store, clock).peopled()
