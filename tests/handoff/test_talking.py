"""While a person has the word: nothing said is lost or told twice, and the citizen's consent is theirs."""

from __future__ import annotations

import pytest

from bot.channels.reply import Reply
from bot.handoff.case import Case, Ending
from bot.handoff.taking import NotPossible
from tests.handoff.world import HOA, LAN, World


async def claimed(world: World) -> tuple[Case, object]:
    lan = await world.helper(LAN)
    return await world.taking.claim((await world.opened()).id, lan), lan


async def test_a_second_copy_of_a_helpers_message_is_told_once(world: World) -> None:
    case, lan = await claimed(world)
    first = await world.talking.say(case, lan, "m1", (Reply(text="Chào bác"),))
    again = await world.talking.say(case, lan, "m1", (Reply(text="Chào bác"),))
    await world.talking.say(case, lan, "m2", (Reply(text="Bác cần gì ạ?"),))
    assert first == again
    assert [reply.text for reply in await world.said(case)][1:] == ["Chào bác", "Bác cần gì ạ?"]


async def test_nobody_else_speaks_in_a_case(world: World) -> None:
    case, _ = await claimed(world)
    with pytest.raises(NotPossible):
        await world.talking.say(case, await world.helper(HOA), "m1", (Reply(text="Chào"),))
    assert len(await world.said(case)) == 1


async def test_a_citizen_who_left_the_channel_cannot_be_written_to(world: World) -> None:
    case, lan = await claimed(world)
    await world.store.close_conversation("telegram", "an")
    with pytest.raises(NotPossible, match="citizen_left"):
        await world.talking.say(case, lan, "m1", (Reply(text="Chào"),))


async def test_the_citizens_first_unanswered_word_starts_the_clock(world: World) -> None:
    case, lan = await claimed(world)
    await world.talking.say(case, lan, "m1", (Reply(text="Chào"),))
    wrote = await world.talking.citizen_wrote(case.conversation_id)
    assert wrote.id == case.id
    at = world.clock.now
    world.clock.advance(minutes=3)
    await world.talking.citizen_wrote(case.conversation_id)
    waiting = await world.cases.find(case.id)
    assert waiting.waiting_since == at
    await world.talking.say(case, lan, "m2", (Reply(text="Vâng"),))
    assert (await world.cases.find(case.id)).waiting_since is None


async def test_a_message_where_no_person_has_the_word_is_for_the_assistant(world: World) -> None:
    case = await world.opened()
    assert await world.talking.citizen_wrote(case.conversation_id) is None


async def test_consent_counts_for_a_while_and_ends_with_the_case(world: World) -> None:
    case, lan = await claimed(world)
    assert not await world.talking.consent(case, agrees=True)  # never asked
    await world.talking.ask_consent(case, lan, "d1", "Đăng ký khai sinh")
    assert await world.talking.consent(case, agrees=True)
    assert (await world.cases.find(case.id)).consented_at == world.clock.now
    closed = await world.taking.close(await world.cases.find(case.id), Ending.solved, lan)
    assert closed.consented_at is None


async def test_an_expired_question_for_consent_lets_nobody_in(world: World) -> None:
    case, lan = await claimed(world)
    await world.talking.ask_consent(case, lan, "d1", "Đăng ký khai sinh")
    world.clock.advance(minutes=world.clocks.consent_minutes + 1)
    assert not await world.talking.consent(case, agrees=True)
    assert (await world.cases.find(case.id)).consented_at is None


async def test_consent_given_to_one_helper_is_not_the_next_ones(world: World) -> None:
    case, lan = await claimed(world)
    await world.talking.ask_consent(case, lan, "d1", "Đăng ký khai sinh")
    await world.talking.consent(case, agrees=True)
    handed = await world.taking.hand_to_colleague(await world.cases.find(case.id), lan, await world.helper(HOA))
    assert handed.consented_at is None


async def test_a_rating_waits_for_the_end_and_keeps_its_word_sealed(world: World) -> None:
    case, lan = await claimed(world)
    assert not await world.talking.rate(case, 5)
    await world.taking.close(case, Ending.solved, lan)
    assert await world.talking.rate(case, 4)
    await world.talking.rate_with_word(case, "Chị nhiệt tình")
    rated = await world.cases.find(case.id)
    assert (rated.rating, world.cases.rating_word(rated)) == (4, "Chị nhiệt tình")
    assert "nhiệt".encode() not in rated.rating_word
