"""Ten thousand racing claims: every case is claimed once, whoever hurries, on both databases."""

from __future__ import annotations

import asyncio
import random

import pytest

from bot.handoff.case import Status
from bot.handoff.people import Helper
from bot.handoff.taking import NotPossible
from tests.handoff.world import HOA, LAN, MINH, THU, World

CASES, RACERS = 100, 100


@pytest.mark.slow
async def test_ten_thousand_racing_claims_give_every_case_to_one(world: World) -> None:
    world.taking._clocks = world.clocks.model_copy(update={"most_cases": CASES})
    helpers = [await world.helper(phone) for phone in (LAN, HOA, MINH, THU)]
    ids = [(await world.opened(f"c{number}")).id for number in range(CASES)]
    claims = [(case_id, helpers[number % len(helpers)]) for case_id in ids for number in range(RACERS)]
    random.Random(7).shuffle(claims)
    winners: dict[str, str] = {}
    refused = 0

    async def race(case_id: str, helper: Helper) -> None:
        nonlocal refused
        try:
            await world.taking.claim(case_id, helper)
        except NotPossible:
            refused += 1
            return
        assert winners.setdefault(case_id, helper.id) == helper.id  # their own second tap is no second claim

    await asyncio.gather(*(race(*claim) for claim in claims))
    assert set(winners) == set(ids)
    for case_id in random.Random(7).sample(ids, 25):
        case = await world.cases.find(case_id)
        assert (case.status, case.helper_id, case.version) == (Status.claimed, winners[case_id], 2)
        assert [line.kind for line in await world.cases.lines(case)] == ["opened", "claimed"]
        assert len(await world.said(case)) == 1
    assert refused >= len(claims) - CASES * RACERS // len(helpers)
