"""A case is opened once, claimed by one, and goes where it should; the citizen is told what is true."""

from __future__ import annotations

import asyncio

import pytest

from bot.handoff.case import Ending, Reason, Status
from bot.handoff.taking import NotPossible, Place
from tests.handoff.world import BA, HERE, HOA, LAN, MINH, THU, World


async def test_a_conversation_has_one_open_case(world: World) -> None:
    conversation = await world.store.conversation_for("telegram", "an")
    both = await asyncio.gather(*(world.taking.open(conversation.id, Reason.asked, HERE, "1.001193") for _ in range(5)))
    assert len({opened.case.id for opened in both}) == 1
    assert sum(opened.is_new for opened in both) == 1


async def test_where_nobody_helps_no_case_is_opened(world: World) -> None:
    conversation = await world.store.conversation_for("telegram", "an")
    nowhere = Place("Tỉnh Lào Cai", "Phường Sa Pa")
    assert await world.taking.open(conversation.id, Reason.asked, nowhere, None) is None


async def test_a_case_goes_to_the_team_of_the_ward_where_somebody_is_there(world: World) -> None:
    await world.helper(MINH)
    case = await world.opened()
    assert (case.team.name, case.tier) == ("Tổ 2", "village")


async def test_the_helper_who_claims_is_named_to_the_citizen(world: World) -> None:
    lan = await world.helper(LAN)
    case = await world.taking.claim((await world.opened()).id, lan)
    assert (case.status, case.helper_id) == (Status.claimed, lan.id)
    (told,) = await world.said(case)
    assert "Nguyễn Thị Lan" in told.text and "Tổ 1" in told.text
    assert world.announced == [case.conversation_id]


async def test_of_many_who_claim_at_once_one_gets_it(world: World) -> None:
    helpers = [await world.helper(phone) for phone in (LAN, HOA, MINH, THU, BA)]
    case = await world.opened()
    claims = await asyncio.gather(*(world.taking.claim(case.id, helper) for helper in helpers), return_exceptions=True)
    refused = [claim for claim in claims if isinstance(claim, NotPossible)]
    assert len(refused) == len(helpers) - 1
    assert {one.key for one in refused} == {"taken"}
    assert len(await world.said(case)) == 1


async def test_a_second_tap_on_claim_changes_nothing(world: World) -> None:
    lan = await world.helper(LAN)
    case = await world.taking.claim((await world.opened()).id, lan)
    again = await world.taking.claim(case.id, lan)
    assert again.version == case.version
    assert len(await world.said(case)) == 1


async def test_nobody_has_more_cases_than_they_can_answer(world: World) -> None:
    lan = await world.helper(LAN)
    for number in range(world.clocks.most_cases):
        await world.taking.claim((await world.opened(f"c{number}")).id, lan)
    more = await world.opened("one more")
    with pytest.raises(NotPossible, match="too_many"):
        await world.taking.claim(more.id, lan)
    assert await world.cases.find(more.id) == more
    assert await world.said(more) == []
    assert [line.kind for line in await world.cases.lines(more)] == ["opened"]
    hoa = await world.helper(HOA)
    await world.taking.claim(more.id, hoa)
    with pytest.raises(NotPossible, match="taken"):  # what is said first is that it is gone
        await world.taking.claim(more.id, lan)


@pytest.mark.parametrize("no_id", ["0" * 32, "", "a\0b", "../x"])
async def test_what_is_no_case_cannot_be_claimed(world: World, no_id: str) -> None:
    with pytest.raises(NotPossible, match="over"):
        await world.taking.claim(no_id, await world.helper(LAN))


async def test_what_a_step_returns_is_what_is_stored(world: World) -> None:
    lan, hoa, thu = [await world.helper(phone) for phone in (LAN, HOA, THU)]
    case = await world.taking.claim((await world.opened()).id, lan)
    assert case == await world.cases.find(case.id)
    case = await world.taking.hand_to_colleague(case, lan, hoa, "giúp chị nhé")
    assert case == await world.cases.find(case.id)
    case = await world.taking.hand_to_team(case, hoa, thu.team)
    assert case == await world.cases.find(case.id) and case.team == thu.team
    assert [line.number for line in await world.cases.lines(case)] == [1, 2, 3, 4]


async def test_a_case_handed_to_a_colleague_is_theirs_and_no_longer_mine(world: World) -> None:
    lan, hoa = await world.helper(LAN), await world.helper(HOA)
    case = await world.taking.claim((await world.opened()).id, lan)
    handed = await world.taking.hand_to_colleague(case, lan, hoa, "giúp chị nhé")
    assert handed.helper_id == hoa.id
    with pytest.raises(NotPossible):
        await world.talking.say(case, lan, "m1", ())
    assert [line.text for line in await world.cases.lines(handed)][-1] == "giúp chị nhé"
    assert "Trần Văn Hòa" in (await world.said(case))[-1].text


async def test_a_case_handed_to_an_office_waits_there(world: World) -> None:
    lan, thu = await world.helper(LAN), await world.helper(THU)
    case = await world.taking.claim((await world.opened()).id, lan)
    handed = await world.taking.hand_to_team(case, lan, thu.team)
    assert (handed.status, handed.tier, handed.helper_id) == (Status.open, "ward", None)
    assert (await world.taking.claim(case.id, thu)).helper_id == thu.id


async def test_what_another_changed_meanwhile_is_not_overwritten(world: World) -> None:
    lan, hoa = await world.helper(LAN), await world.helper(HOA)
    case = await world.taking.claim((await world.opened()).id, lan)
    await world.taking.put_back(case, lan)
    await world.taking.claim(case.id, hoa)
    with pytest.raises(NotPossible):
        await world.taking.close(case, Ending.solved, lan)


async def test_a_closed_case_is_opened_again_by_the_citizen_within_its_days(world: World) -> None:
    lan = await world.helper(LAN)
    case = await world.taking.claim((await world.opened()).id, lan)
    closed = await world.taking.close(case, Ending.solved, lan)
    again = await world.taking.reopen(closed)
    assert (again.status, again.team.name, again.helper_id) == (Status.open, "Tổ 1", None)
    closed = await world.taking.close(await world.taking.claim(case.id, lan), Ending.solved, lan)
    world.clock.advance(days=world.clocks.reopen_days)
    with pytest.raises(NotPossible):
        await world.taking.reopen(closed)


async def test_no_second_case_is_opened_again_beside_a_live_one(world: World) -> None:
    lan = await world.helper(LAN)
    closed = await world.taking.close(await world.taking.claim((await world.opened()).id, lan), Ending.solved, lan)
    await world.opened()
    with pytest.raises(NotPossible):
        await world.taking.reopen(closed)


async def test_an_erasure_ends_the_case_and_leaves_no_word(world: World) -> None:
    lan = await world.helper(LAN)
    case = await world.taking.claim((await world.opened()).id, lan)
    await world.talking.note(case, lan, "số nhà 12")
    await world.talking.leave_callback(case, "0912345678")
    await world.store.erase(case.conversation_id)
    after = await world.cases.find(case.id)
    assert (after.status, after.callback) == (Status.closed, None)
    assert not any(line.text for line in await world.cases.lines(after))
