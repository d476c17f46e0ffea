"""Nobody waits for ever: up a tier, to another helper, to an honest end."""

from __future__ import annotations

from bot.handoff.case import Case, Ending, Status
from bot.handoff.ringing import Ringing
from tests.handoff.world import BA, LAN, THU, World


def ringing(world: World) -> Ringing:
    async def close_idle(case: Case) -> None:
        await world.taking.close(case, Ending.idle, None)

    return Ringing(
        world.cases, world.taking, world.clocks, world.clock, close_idle, lambda province, ward: ward, "1800 1096"
    )


async def test_an_unclaimed_case_goes_up_tier_by_tier_and_the_citizen_hears_it(world: World) -> None:
    case, clocks = await world.opened(), ringing(world)
    assert await clocks.ring_due() == 0
    world.clock.advance(minutes=world.clocks.tiers["village"].unclaimed_minutes)
    assert await clocks.ring_due() == 1
    assert (await world.cases.find(case.id)).tier == "ward"
    world.clock.advance(minutes=world.clocks.tiers["ward"].unclaimed_minutes)
    await clocks.ring_due()
    raised = await world.cases.find(case.id)
    assert (raised.tier, raised.status) == ("province", Status.open)
    assert ["Một cửa phường" in one.text for one in await world.said(case)] == [True, False]


async def test_at_the_top_the_citizen_is_told_once_and_the_case_ends_after_its_days(world: World) -> None:
    case, clocks = await world.opened(), ringing(world)
    for _ in range(6):
        world.clock.advance(minutes=40)
        await clocks.ring_due()
    told = [one.text for one in await world.said(case)]
    assert sum("vẫn chưa có người nhận" in text for text in told) == 1
    world.clock.advance(hours=world.clocks.expire_hours)
    await clocks.ring_due()
    over = await world.cases.find(case.id)
    assert (over.status, over.close_reason) == (Status.expired, Ending.never_taken)
    assert "1800 1096" in (await world.said(case))[-1].text


async def test_a_helper_who_falls_silent_loses_the_case_and_the_assistant_may_speak_again(world: World) -> None:
    lan = await world.helper(LAN)
    case = await world.taking.claim((await world.opened()).id, lan)
    world.clock.advance(minutes=world.clocks.tiers["village"].unanswered_minutes)
    await world.helper(THU)
    await ringing(world).ring_due()
    back = await world.cases.find(case.id)
    assert (back.status, back.helper_id) == (Status.open, None)
    assert await world.talking.citizen_wrote(case.conversation_id) is None


async def test_a_case_in_which_nobody_speaks_is_closed(world: World) -> None:
    ba = await world.helper(BA)
    case = await world.taking.claim((await world.opened()).id, ba)
    await world.talking.say(case, ba, "m1", ())
    world.clock.advance(hours=world.clocks.idle_hours)
    await ringing(world).ring_due()
    assert (await world.cases.find(case.id)).close_reason is Ending.idle


async def test_a_clock_that_somebody_forestalled_changes_nothing(world: World) -> None:
    lan, case, clocks = await world.helper(LAN), await world.opened(), ringing(world)
    world.clock.advance(minutes=world.clocks.tiers["village"].unclaimed_minutes)
    stale = await world.cases.find(case.id)
    claimed = await world.taking.claim(case.id, lan)
    assert not await clocks._ring(stale)
    assert (await world.cases.find(case.id)).version == claimed.version
