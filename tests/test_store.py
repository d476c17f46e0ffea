"""Every message is stored once, answered once, and survives whatever happens in between."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from bot.channels.reply import Reply
from bot.conversation import message_place
from bot.settings import Settings
from bot.store import Store, UnknownConversation, open_store
from bot.tables import messages, outbox
from tests.clock import Clock
from tests.talk import answered, message, outcome


async def queued(store: Store) -> list[tuple[str, int, int]]:
    rows = sa.select(outbox.c.channel, outbox.c.seq, outbox.c.part).order_by(outbox.c.id)
    return [tuple(row) for row in await store.database.read(lambda connection: connection.execute(rows).all())]


async def test_a_conversation_opens_with_its_own_token_only(store: Store) -> None:
    mine, token = await store.start_conversation("web")
    other, other_token = await store.start_conversation("web")
    assert token != other_token
    assert (await store.authenticate(mine.id, token)).id == mine.id
    assert await store.authenticate(mine.id, other_token) is None
    assert await store.authenticate(mine.id, "") is None
    assert await store.authenticate("no-such-conversation", token) is None


@pytest.mark.parametrize("odd", ["", "a\x00b", "' OR 1=1 --", "%", "ẵ" * 5000])
async def test_an_odd_id_is_an_unknown_one(store: Store, odd: str) -> None:
    _, token = await store.start_conversation("web")
    assert await store.authenticate(odd, token) is None
    assert await store.conversation(odd) is None


async def test_a_conversation_with_an_address_has_no_token_that_opens_it(store: Store) -> None:
    conversation, token = await store.start_conversation("telegram", "4711")
    assert token is None
    assert await store.authenticate(conversation.id, "") is None


async def test_one_address_has_one_conversation_in_each_channel(store: Store) -> None:
    first = await store.conversation_for("telegram", "4711")
    assert (await store.conversation_for("telegram", "4711")).id == first.id
    assert (await store.conversation_for("telegram", "4712")).id != first.id
    assert (await store.conversation_for("zalo", "4711")).id != first.id
    assert first.address == "4711"


async def test_two_first_messages_at_once_begin_one_conversation(store: Store) -> None:
    found = await asyncio.gather(*(store.conversation_for("telegram", "4711") for _ in range(8)))
    assert len({conversation.id for conversation in found}) == 1


async def test_a_second_copy_changes_nothing_and_returns_the_first_outcome(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    first = await store.receive(conversation.id, message())
    assert first.is_new
    said = outcome("Bạn cần tờ khai.", "Và giấy chứng sinh.")
    await store.answer(conversation.id, first.seq, said, {"code": "1.001193"}, deliver=True)
    before = await store.history(conversation.id), await queued(store)
    second = await store.receive(conversation.id, message())
    assert not second.is_new and second.is_answered
    assert (second.seq, second.earlier) == (first.seq, said)
    assert (await store.history(conversation.id), await queued(store)) == before


async def test_two_copies_at_once_are_one_message(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    copies = await asyncio.gather(*(store.receive(conversation.id, message()) for _ in range(8)))
    assert sum(copy.is_new for copy in copies) == 1
    assert len({copy.seq for copy in copies}) == 1
    assert len(await store.history(conversation.id)) == 1


async def test_a_copy_that_comes_during_the_turn_is_told_to_wait_and_finds_the_outcome_later(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    first = await store.receive(conversation.id, message())
    second = await store.receive(conversation.id, message())
    assert (second.is_new, second.is_answered, second.earlier) == (False, False, None)
    await store.answer(conversation.id, first.seq, outcome("Xong."), {}, deliver=False)
    assert await store.outcome(conversation.id, second.seq) == outcome("Xong.")


async def test_the_same_message_id_from_two_citizens_is_two_messages(store: Store) -> None:
    an, binh = [await store.conversation_for("telegram", name) for name in ("an", "binh")]
    assert (await store.receive(an.id, message(sender="an"))).is_new
    assert (await store.receive(binh.id, message(sender="binh"))).is_new


async def test_messages_sent_at_once_are_numbered_without_gaps(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    received = await asyncio.gather(
        *(store.receive(conversation.id, message(message_id=f"m{number}")) for number in range(20))
    )
    assert sorted(one.seq for one in received) == list(range(1, 21))


async def test_a_message_to_an_unknown_conversation_is_refused(store: Store) -> None:
    with pytest.raises(UnknownConversation):
        await store.receive("nowhere", message())
    with pytest.raises(UnknownConversation):
        await store.push("nowhere", Reply(text="Chào bạn"))


async def test_a_second_answer_changes_nothing(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    seq = await answered(store, conversation.id, "khai sinh", "Lần một.", context={"turn": 1})
    before = await store.history(conversation.id), await queued(store)
    assert await store.answer(conversation.id, seq, outcome("Lần hai."), {"turn": 2}, deliver=True) is None
    assert (await store.history(conversation.id), await queued(store)) == before
    assert (await store.memory(conversation.id)).context == {"turn": 1}


async def test_two_answers_at_once_are_one(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    received = await store.receive(conversation.id, message())
    answers = [store.answer(conversation.id, received.seq, outcome(f"Câu {n}."), {"n": n}, True) for n in range(6)]
    seqs = await asyncio.gather(*answers)
    assert [seq for seq in seqs if seq is not None] == [2]
    assert len(await queued(store)) == 1


async def test_an_erasure_during_a_turn_stops_neither(store: Store) -> None:
    for number in range(15):
        conversation = await store.conversation_for("telegram", f"citizen {number}")
        received = await store.receive(conversation.id, message(sender=conversation.address))
        answer = store.answer(conversation.id, received.seq, outcome("Có."), {}, deliver=True)
        again = store.receive(conversation.id, message(message_id="m2", sender=conversation.address))
        seq, _, second = await asyncio.gather(answer, store.erase(conversation.id), again)
        assert (seq is not None, second.is_new) == (True, True)


async def test_an_answer_that_fails_half_way_leaves_nothing_behind(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    received = await store.receive(conversation.id, message())
    with pytest.raises(TypeError):
        await store.answer(conversation.id, received.seq, outcome("Có."), {"not json": object()}, deliver=True)
    drop_outbox = sa.text("ALTER TABLE outbox RENAME TO hidden")
    await store.database.write(lambda connection: connection.execute(drop_outbox))
    with pytest.raises(sa.exc.DBAPIError):
        await store.answer(conversation.id, received.seq, outcome("Có."), {"turn": 1}, deliver=True)
    await store.database.write(lambda c: c.execute(sa.text("ALTER TABLE hidden RENAME TO outbox")))
    assert len(await store.history(conversation.id)) == 1
    assert (await store.memory(conversation.id)).context == {}
    assert await store.answer(conversation.id, received.seq, outcome("Có."), {}, deliver=True) == 2


async def test_what_a_crash_left_unanswered_is_found_in_order_after_a_restart(
    store: Store, store_settings: Settings, clock: Clock
) -> None:
    conversation = await store.conversation_for("telegram", "an")
    await answered(store, conversation.id, "đã trả lời", "Vâng.", message_id="m0")
    for number in (1, 2):
        clock.advance(seconds=1)
        await store.receive(conversation.id, message(f"câu {number}", f"m{number}"))
    restarted = await open_store(store_settings, clock)
    left = await restarted.unanswered()
    assert [one.inbound.text for one in left] == ["câu 1", "câu 2"]
    assert left[0].conversation.address == "an"
    for one in left:
        await restarted.answer(one.conversation.id, one.received.seq, outcome("Đây."), {}, deliver=True)
    assert await restarted.unanswered() == []
    await restarted.close()


async def test_a_message_that_always_kills_the_process_is_not_tried_for_ever(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    await store.receive(conversation.id, message())
    starts = [len(await store.unanswered()) for _ in range(6)]
    assert starts[0] == 1
    assert starts[-1] == 0


async def test_replies_are_queued_for_a_channel_that_is_reached_and_not_for_the_web(store: Store) -> None:
    grown: list[str] = []
    store.on_outbox_grown(grown.append)
    telegram = await store.conversation_for("telegram", "an")
    await answered(store, telegram.id, "khai sinh", "Một.", "Hai.")
    web, _ = await store.start_conversation("web")
    received = await store.receive(web.id, message(sender=web.id, channel="web"))
    await store.answer(web.id, received.seq, outcome("Ba."), {}, deliver=True)
    await store.push(web.id, Reply(text="Bốn."))
    assert await queued(store) == [("telegram", 2, 0), ("telegram", 2, 1)]
    assert grown == ["telegram"]


async def test_the_history_is_told_in_pages_and_in_order(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    seq = await answered(store, conversation.id, "lệ phí bao nhiêu", "Miễn lệ phí.")
    await store.push(conversation.id, Reply(text="Hồ sơ đã được tiếp nhận.", from_person="Chị Lan"))
    lines = await store.history(conversation.id)
    assert [(line["seq"], line["direction"]) for line in lines] == [(1, "in"), (2, "out"), (3, "out")]
    assert lines[0]["text"] == "lệ phí bao nhiêu"
    assert (lines[1]["reply_to"], lines[1]["replies"][0]["text"]) == (seq, "Miễn lệ phí.")
    assert lines[1]["turn"]["procedure_code"] == "1.001193"
    assert (lines[2]["turn"], lines[2]["replies"][0]["from_person"]) == (None, "Chị Lan")
    assert await store.history(conversation.id, after=1, limit=1) == [lines[1]]
    assert await store.history(conversation.id, after=3) == []


async def test_nothing_is_pushed_to_a_citizen_who_left_until_they_write_again(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    await store.close_conversation("telegram", "an")
    assert await store.push(conversation.id, Reply(text="Chào bạn")) is None
    assert await queued(store) == []
    await store.receive(conversation.id, message())
    assert await store.push(conversation.id, Reply(text="Chào bạn")) == 2
    await store.close_conversation("telegram", "nobody")


async def test_an_event_of_a_channel_is_new_once(store: Store) -> None:
    seen = await asyncio.gather(*(store.first_time("telegram", "update 7") for _ in range(4)))
    assert sorted(seen) == [False, False, False, True]
    assert await store.first_time("zalo", "update 7")


async def test_a_cancelled_request_stores_its_message_whole_or_not_at_all(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    for number in range(20):
        inbound = message(message_id=f"m{number}")
        request = asyncio.create_task(store.receive(conversation.id, inbound))
        await asyncio.sleep(0.0005 * (number % 5))
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        await store.receive(conversation.id, inbound)
    lines = await store.history(conversation.id)
    assert [(line["seq"], line["message_id"]) for line in lines] == [(n + 1, f"m{n}") for n in range(20)]


async def test_very_long_and_odd_words_come_back_as_they_were(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    odd = "ẵ" * 50_000 + "\x00 \u202e 👨‍👩‍👧 '; DROP TABLE messages; --"
    await store.receive(conversation.id, message(odd, "m" * 500))
    assert (await store.history(conversation.id))[0]["text"] == odd


async def test_what_a_newer_version_wrote_is_still_told(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    seq = await answered(store, conversation.id, "khai sinh", "Miễn lệ phí.")
    newer = b'{"replies": [{"text": "Ch\xc3\xa0o", "sticker": 7}], "turn": {"kind": "answer", "mood": 1}, "more": 2}'
    body = store.keys.seal(newer, message_place(conversation.id, seq + 1))
    rewrite = sa.update(messages).where(messages.c.seq == seq + 1).values(body=body)
    await store.database.write(lambda connection: connection.execute(rewrite))
    assert (await store.history(conversation.id))[1]["replies"][0]["text"] == "Chào"
    assert (await store.outcome(conversation.id, seq)).turn.kind == "answer"
