"""Hundreds of payments in a storm on each database; `make bench` runs two thousand."""

from __future__ import annotations

import pytest

from bot.evaluation.payment_storm import storm
from tests.payment.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

PAYMENTS = 250


async def test_every_dong_of_a_storm_is_accounted_for(world: World) -> None:
    counted = await storm(world, PAYMENTS)
    assert counted.wrongs == []
    assert counted.paid > PAYMENTS * 0.6 and counted.held > 0
    assert counted.forgeries > 20 and counted.killed > 5
    assert counted.cut > 0 or world.store.database.is_embedded
