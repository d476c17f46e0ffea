"""News of a ward reaches everybody of that ward once, by day, and nobody who does not want it."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.broadcasts import orders
from bot.broadcasts.broadcasts import BATCH, BadBroadcast, Broadcasts
from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply, Turn
from bot.linking.links import Links
from bot.quiet_hours import QuietHours
from bot.store import Store
from bot.tables import conversations
from bot.underway import Heard
from knowledge.places import Ward
from tests.clock import Clock

TUY_HOA = Ward("tuyhoa", "Phường Tuy Hòa", "Tỉnh Đắk Lắk")
NEWS = "Sáng thứ Hai quầy một cửa mất điện, mời bà con đến buổi chiều."
DAY_ONLY = QuietHours.parse("21:00-07:00")

_numbers = itertools.count(1)


async def resident(store: Store, ward: str = TUY_HOA.name, province: str = TUY_HOA.province) -> str:
    """A citizen on Telegram who has told where they live."""
    conversation = await store.conversation_for("telegram", f"an-{next(_numbers)}")
    await says(store, conversation.id, {"ward": ward, "province": province})
    return conversation.id


async def says(store: Store, conversation_id: str, context: dict) -> None:
    inbound = Inbound(channel="telegram", sender=conversation_id, message_id=f"{next(_numbers)}", text="chào")
    received = await store.receive(conversation_id, inbound)
    told = Outcome(replies=(Reply(text="chào bạn"),), turn=Turn(kind="small_talk"))
    await store.answer(conversation_id, received.seq, told, context, deliver=False)


async def news_in(store: Store, conversation_id: str) -> int:
    lines = await store.history(conversation_id)
    return sum(NEWS in reply["text"] for line in lines if line["direction"] == "out" for reply in line["replies"])


async def told_to_the_end(broadcasts: Broadcasts) -> None:
    while await broadcasts.tell_due():
        pass


@pytest.fixture
def broadcasts(store: Store) -> Broadcasts:
    return Broadcasts(store, DAY_ONLY)


async def test_everybody_of_the_ward_is_told_once_and_nobody_else(store: Store, broadcasts: Broadcasts) -> None:
    here = [await resident(store) for _ in range(3)]
    elsewhere = await resident(store, "Phường Bình Kiến")
    same_name = await resident(store, TUY_HOA.name, "Tỉnh Gia Lai")
    await broadcasts.write(TUY_HOA, NEWS, "an")
    await told_to_the_end(broadcasts)
    assert [await news_in(store, one) for one in (*here, elsewhere, same_name)] == [1, 1, 1, 0, 0]
    (one,) = await broadcasts.listed()
    assert one.told == 3 and one.finished_at is not None


async def test_the_same_news_twice_is_one(store: Store, broadcasts: Broadcasts) -> None:
    one = await resident(store)
    first = await broadcasts.write(TUY_HOA, NEWS, "an")
    await told_to_the_end(broadcasts)
    assert (await broadcasts.write(TUY_HOA, f"  {NEWS} ", "bình")).id == first.id
    await told_to_the_end(broadcasts)
    assert await news_in(store, one) == 1


async def test_several_servers_tell_it_once(store: Store) -> None:
    people = [await resident(store) for _ in range(12)]
    await Broadcasts(store, DAY_ONLY).write(TUY_HOA, NEWS, "an")
    await asyncio.gather(*(told_to_the_end(Broadcasts(store, DAY_ONLY)) for _ in range(4)))
    assert [await news_in(store, one) for one in people] == [1] * 12


async def test_a_server_that_stops_in_the_middle_leaves_nobody_out(store: Store, broadcasts: Broadcasts) -> None:
    people = [await resident(store) for _ in range(4)]
    await broadcasts.write(TUY_HOA, NEWS, "an")
    (row,) = await broadcasts.listed()
    await broadcasts._tell(row.id, sorted(people)[0], NEWS, store.clock())  # killed after the first
    await told_to_the_end(Broadcasts(store, DAY_ONLY))
    assert [await news_in(store, one) for one in people] == [1] * 4


async def test_more_than_one_batch_is_told(store: Store, broadcasts: Broadcasts) -> None:
    for _ in range(BATCH):
        await resident(store, "Phường Bình Kiến")
    people = [await resident(store) for _ in range(5)]
    await broadcasts.write(TUY_HOA, NEWS, "an")
    await told_to_the_end(broadcasts)
    assert [await news_in(store, one) for one in people] == [1] * 5


async def test_nothing_is_told_at_night(store: Store, broadcasts: Broadcasts, clock: Clock) -> None:
    one = await resident(store)
    clock.advance(hours=8)  # 23:00 in Việt Nam
    await broadcasts.write(TUY_HOA, NEWS, "an")
    assert await broadcasts.tell_due() == 0 and await news_in(store, one) == 0
    clock.advance(hours=9)
    await told_to_the_end(broadcasts)
    assert await news_in(store, one) == 1


async def test_old_news_is_not_told(store: Store, broadcasts: Broadcasts, clock: Clock) -> None:
    one = await resident(store)
    await broadcasts.write(TUY_HOA, NEWS, "an")
    clock.advance(days=3)
    await told_to_the_end(broadcasts)
    assert await news_in(store, one) == 0 and (await broadcasts.listed())[0].finished_at is not None


async def test_who_left_was_erased_or_is_long_silent_is_not_told(store: Store, broadcasts: Broadcasts) -> None:
    left, erased, silent = [await resident(store) for _ in range(3)]
    await store.close_conversation("telegram", (await store.conversation(left)).address)
    await store.erase(erased)
    long_ago = sa.update(conversations).where(conversations.c.id == silent)
    ago = store.clock() - timedelta(days=200)
    await store.database.write(lambda connection: connection.execute(long_ago.values(last_active_at=ago)))
    await broadcasts.write(TUY_HOA, NEWS, "an")
    await told_to_the_end(broadcasts)
    assert [await news_in(store, one) for one in (left, erased, silent)] == [0, 0, 0]


async def test_a_citizen_with_two_linked_channels_is_told_where_they_answer(
    store: Store, broadcasts: Broadcasts, clock: Clock
) -> None:
    first, second = await resident(store), await resident(store)
    links = Links(store)
    code = await links.issue(first)
    await links.use(code, second, Reply(text="nối rồi"))
    clock.advance(minutes=1)
    await says(store, first, {"ward": TUY_HOA.name, "province": TUY_HOA.province})
    await broadcasts.write(TUY_HOA, NEWS, "an")
    await told_to_the_end(broadcasts)
    assert [await news_in(store, one) for one in (first, second)] == [1, 0]


async def test_news_is_refused_and_wanted_again_by_a_word(store: Store, broadcasts: Broadcasts, clock: Clock) -> None:
    one = await resident(store)
    assert "tắt tin chung" not in await ordered(broadcasts, one, clock, "Tat tin chung")
    await broadcasts.write(TUY_HOA, NEWS, "an")
    await told_to_the_end(broadcasts)
    assert await news_in(store, one) == 0
    await ordered(broadcasts, one, clock, "bật tin chung!")
    await broadcasts.write(TUY_HOA, f"{NEWS} Nhắc lại.", "an")
    await told_to_the_end(broadcasts)
    assert await news_in(store, one) == 1


async def ordered(broadcasts: Broadcasts, conversation_id: str, clock: Clock, text: str) -> str:
    heard = Heard(conversation_id, b"", clock().date(), "telegram", text=text)
    return (await orders.obey(broadcasts, heard)).replies[0].text


@pytest.mark.parametrize("text", [None, "", "tin chung là gì", "x" * 5_000])
async def test_other_messages_are_no_order(broadcasts: Broadcasts, clock: Clock, text: str | None) -> None:
    assert await orders.obey(broadcasts, Heard("x", b"", clock().date(), "web", text=text)) is None


@pytest.mark.parametrize("text", ["", "  \u200b ", "…", "x" * 601])
async def test_what_says_nothing_or_too_much_is_not_put_in(broadcasts: Broadcasts, text: str) -> None:
    with pytest.raises(BadBroadcast):
        await broadcasts.write(TUY_HOA, text, "an")
    assert await broadcasts.listed() == []
