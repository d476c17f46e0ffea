"""What was put into the outbox arrives: in order, at least once, and one citizen's trouble holds nobody else up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.channels.inbound import ChannelClosed, RetryLater, Undeliverable
from bot.channels.reply import Reply
from bot.outbox import GIVE_UP_AFTER, LEASE, MOST_FAULTS, Outbox
from bot.settings import Settings
from bot.store import Store, open_store
from bot.tables import outbox as outbox_table
from tests.clock import Clock
from tests.talk import answered


class FakeSender:
    """Takes down what it is given; `trouble` may raise instead."""

    channel = "telegram"

    def __init__(self, trouble: Callable[[str, str], None] = lambda address, text: None) -> None:
        self.sent: list[tuple[str, str]] = []
        self.attempts: list[tuple[str, str]] = []
        self._trouble = trouble

    async def send(self, address: str, reply: Reply) -> None:
        self.attempts.append((address, reply.text))
        await asyncio.sleep(0)
        self._trouble(address, reply.text)
        self.sent.append((address, reply.text))

    def texts(self, address: str = "an") -> list[str]:
        return [text for to, text in self.sent if to == address]


@asynccontextmanager
async def sending(store: Store, sender: object):
    outbox = Outbox(store, [sender], jitter=lambda: 0.5)
    store.on_outbox_grown(outbox.wake)
    async with outbox.running():
        yield outbox


async def until(happened: Callable[[], bool]) -> None:
    """Waits for something, however slow the machine is."""
    async with asyncio.timeout(30):
        while not happened():
            await asyncio.sleep(0.005)


async def settle(outbox: Outbox) -> None:
    """Waits until nothing is being sent or due."""
    async with asyncio.timeout(30):
        while True:
            counts = await outbox.queue.counts()
            due = await outbox.queue.next_due_in("telegram")
            if not counts.get(("telegram", "sending")) and (due is None or due > timedelta()):
                return
            await asyncio.sleep(0.005)


async def push(store: Store, address: str, *texts: str) -> None:
    conversation = await store.conversation_for("telegram", address)
    for text in texts:
        await store.push(conversation.id, Reply(text=text))


async def statuses(store: Store) -> list[str]:
    rows = sa.select(outbox_table.c.status).order_by(outbox_table.c.id)
    return list(await store.database.read(lambda connection: connection.execute(rows).scalars().all()))


async def test_replies_arrive_in_order_and_once(store: Store) -> None:
    sender = FakeSender()
    async with sending(store, sender) as outbox:
        conversation = await store.conversation_for("telegram", "an")
        await answered(store, conversation.id, "khai sinh", "1", "2", "3")
        await push(store, "an", "4", "5")
        await until(lambda: len(sender.sent) >= 5)
        await settle(outbox)
    assert sender.sent == [("an", text) for text in "12345"]
    assert await statuses(store) == ["sent"] * 5


async def test_what_was_waiting_before_the_start_is_sent(store: Store) -> None:
    await push(store, "an", "1", "2")
    sender = FakeSender()
    async with sending(store, sender):
        await until(lambda: sender.texts() == ["1", "2"])


async def test_many_conversations_each_keep_their_order(store: Store) -> None:
    for text in "123":
        for citizen in range(20):
            await push(store, f"citizen {citizen}", text)
    sender = FakeSender()
    async with sending(store, sender):
        await until(lambda: len(sender.sent) == 60)
    for citizen in range(20):
        assert sender.texts(f"citizen {citizen}") == ["1", "2", "3"]


async def test_a_message_that_has_to_wait_is_not_overtaken_while_others_go_on(store: Store, clock: Clock) -> None:
    busy = True

    def trouble(address: str, text: str) -> None:
        if address == "an" and text == "1" and busy:
            raise RetryLater("too many requests", after_seconds=30)

    sender = FakeSender(trouble)
    async with sending(store, sender) as outbox:
        await push(store, "an", "1", "2")
        await until(lambda: len(sender.attempts) == 1)
        await push(store, "binh", "3")
        await until(lambda: sender.texts("binh") == ["3"])
        await settle(outbox)
        assert sender.attempts == [("an", "1"), ("binh", "3")]
        clock.advance(seconds=29)
        assert await outbox.queue.next_due_in("telegram") == timedelta(seconds=1)
        outbox.wake("telegram")
        await settle(outbox)
        assert len(sender.attempts) == 2
        busy = False
        clock.advance(seconds=1)
        outbox.wake("telegram")
        await until(lambda: sender.texts() == ["1", "2"])


async def test_the_wait_doubles_and_has_an_end(store: Store, clock: Clock) -> None:
    def trouble(address: str, text: str) -> None:
        raise RetryLater("the network is away")

    sender, waits = FakeSender(trouble), []
    async with sending(store, sender) as outbox:
        await push(store, "an", "1")
        for attempt in range(1, 13):
            await until(lambda attempt=attempt: len(sender.attempts) == attempt)
            await settle(outbox)
            waits.append(await outbox.queue.next_due_in("telegram"))
            clock.advance(seconds=waits[-1].total_seconds())
            outbox.wake("telegram")
    assert [wait.total_seconds() for wait in waits] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


async def test_a_message_nobody_takes_for_a_day_is_given_up_and_the_next_one_goes(store: Store, clock: Clock) -> None:
    def trouble(address: str, text: str) -> None:
        if text == "1":
            raise RetryLater("the network is away")

    sender = FakeSender(trouble)
    async with sending(store, sender) as outbox:
        await push(store, "an", "1")
        await until(lambda: len(sender.attempts) == 1)
        await settle(outbox)
        clock.advance(seconds=GIVE_UP_AFTER.total_seconds())
        await push(store, "an", "2")
        await until(lambda: sender.texts() == ["2"])
        [letter] = await outbox.queue.dead_letters()
    assert "given up" in letter.error


async def test_an_undeliverable_message_is_a_dead_letter_and_the_next_one_goes(store: Store) -> None:
    def trouble(address: str, text: str) -> None:
        if text == "1":
            raise Undeliverable("text too long, from 0912345678")

    sender = FakeSender(trouble)
    async with sending(store, sender) as outbox:
        await push(store, "an", "1", "2")
        await until(lambda: sender.texts() == ["2"])
        [letter] = await outbox.queue.dead_letters()
    assert letter.error == "text too long, from ***678"
    assert sender.attempts.count(("an", "1")) == 1


async def test_a_dead_letter_is_sent_again_once_when_a_person_says_so(store: Store) -> None:
    is_refused = True

    def trouble(address: str, text: str) -> None:
        if is_refused:
            raise Undeliverable("no")

    sender = FakeSender(trouble)
    async with sending(store, sender) as outbox:
        await push(store, "an", "1")
        await until(lambda: len(sender.attempts) == 1)
        await settle(outbox)
        [letter] = await outbox.queue.dead_letters()
        is_refused = False
        assert await outbox.queue.send_again(letter.id)
        assert not await outbox.queue.send_again(letter.id)
        await until(lambda: sender.texts() == ["1"])
        await settle(outbox)
        assert not await outbox.queue.forget(letter.id), "what has arrived is no dead letter"
    assert await statuses(store) == ["sent"]


async def test_a_dead_letter_may_be_dropped_and_nothing_goes_to_who_left(store: Store) -> None:
    def trouble(address: str, text: str) -> None:
        raise ChannelClosed

    sender = FakeSender(trouble)
    async with sending(store, sender) as outbox:
        await push(store, "an", "1")
        await until(lambda: len(sender.attempts) == 1)
        await settle(outbox)
        [letter] = await outbox.queue.dead_letters()
        assert letter.has_left and not await outbox.queue.send_again(letter.id)
        assert await outbox.queue.forget(letter.id) and not await outbox.queue.forget(letter.id)
        assert await outbox.queue.dead_letters() == []


async def test_who_left_gets_nothing_more_until_they_write_again(store: Store) -> None:
    has_left = True

    def trouble(address: str, text: str) -> None:
        if has_left:
            raise ChannelClosed

    sender = FakeSender(trouble)
    async with sending(store, sender) as outbox:
        await push(store, "an", "1", "2")
        await until(lambda: len(sender.attempts) == 1)
        await settle(outbox)
        assert await statuses(store) == ["dead", "dead"]
        await push(store, "an", "3")
        assert await statuses(store) == ["dead", "dead"]
        has_left = False
        conversation = await store.conversation_for("telegram", "an")
        await answered(store, conversation.id, "mình quay lại", "4")
        await until(lambda: sender.texts() == ["4"])


async def test_a_fault_of_the_sender_is_retried_a_few_times_and_stops_nobody_else(
    store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def trouble(address: str, text: str) -> None:
        if address == "an":
            raise KeyError("a bug")

    sender = FakeSender(trouble)
    async with sending(store, sender) as outbox:
        await push(store, "an", "1")
        for attempt in range(1, MOST_FAULTS + 1):
            await until(lambda attempt=attempt: len(sender.attempts) == attempt)
            await settle(outbox)
            clock.advance(seconds=400)
            outbox.wake("telegram")
        await push(store, "binh", "2")
        await until(lambda: sender.texts("binh") == ["2"])
    assert (await statuses(store)) == ["dead", "sent"]
    assert "sending failed unexpectedly" in caplog.text


async def test_after_a_crash_only_the_send_of_unknown_outcome_is_repeated(settings: Settings, clock: Clock) -> None:
    store = await open_store(settings, clock)
    await push(store, "an", "1", "2", "3")
    crashed = Outbox(store, [])
    [first] = await crashed.queue.take("telegram", 8, LEASE)
    await crashed.queue.sent(first)
    [second] = await crashed.queue.take("telegram", 8, LEASE)  # and here the process dies
    await store.close()

    restarted, sender = await open_store(settings, clock), FakeSender()
    async with sending(restarted, sender):
        await until(lambda: len(sender.sent) == 2)
    assert sender.texts() == ["2", "3"]
    await restarted.close()


async def test_a_message_taken_by_a_process_that_vanished_is_taken_over_when_its_lease_is_over(
    store: Store, clock: Clock
) -> None:
    await push(store, "an", "1", "2")
    queue = Outbox(store, []).queue
    [taken] = await queue.take("telegram", 8, LEASE)
    assert await queue.recover("telegram") == 0
    assert await queue.take("telegram", 8, LEASE) == []
    clock.advance(seconds=LEASE.total_seconds() + 1)
    sender = FakeSender()
    async with sending(store, sender):
        await until(lambda: sender.texts() == ["1", "2"])
    assert taken.attempts == 0


async def test_two_takers_never_get_the_same_message(store: Store, store_settings: Settings, clock: Clock) -> None:
    for citizen in range(30):
        await push(store, f"citizen {citizen}", "1", "2")
    other = await open_store(store_settings, clock)
    queues = [Outbox(store, []).queue, Outbox(other, []).queue]
    taken = await asyncio.gather(*(queues[turn % 2].take("telegram", 5, LEASE) for turn in range(12)))
    parcels = [parcel for parcels in taken for parcel in parcels]
    assert len({parcel.id for parcel in parcels}) == len(parcels)
    assert len({parcel.conversation_id for parcel in parcels}) == len(parcels)
    await other.close()


async def test_stopping_lets_a_send_under_way_end(store: Store) -> None:
    class SlowSender(FakeSender):
        async def send(self, address: str, reply: Reply) -> None:
            self.attempts.append((address, reply.text))
            await asyncio.sleep(0.1)
            self.sent.append((address, reply.text))

    sender = SlowSender()
    async with sending(store, sender):
        await push(store, "an", "1", "2")
        await until(lambda: len(sender.attempts) == 1)
    assert sender.texts() == ["1"]
    assert await statuses(store) == ["sent", "waiting"]


async def test_an_erased_conversation_gets_nothing_that_was_waiting(store: Store) -> None:
    await push(store, "an", "1", "2")
    conversation = await store.conversation_for("telegram", "an")
    queue = Outbox(store, []).queue
    [taken] = await queue.take("telegram", 8, LEASE)
    await store.erase(conversation.id)
    await queue.sent(taken)  # the send that was under way ends after the erasure
    sender = FakeSender()
    async with sending(store, sender):
        await push(store, "an", "3")
        await until(lambda: sender.texts() == ["3"])


async def test_another_channels_messages_are_left_alone(store: Store) -> None:
    zalo = await store.conversation_for("zalo", "an")
    await store.push(zalo.id, Reply(text="1"))
    sender = FakeSender()
    async with sending(store, sender):
        await push(store, "an", "2")
        await until(lambda: sender.texts() == ["2"])
    assert sorted(await statuses(store)) == ["sent", "waiting"]


async def test_the_outbox_goes_on_after_the_database_was_away(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.outbox.POLL_SECONDS", 0.05)
    hide, show = (sa.text(f"ALTER TABLE {names}") for names in ("outbox RENAME TO away", "away RENAME TO outbox"))
    sender = FakeSender()
    async with sending(store, sender):
        await store.database.write(lambda connection: connection.execute(hide))
        await asyncio.sleep(0.2)
        await store.database.write(lambda connection: connection.execute(show))
        await push(store, "an", "1")
        await until(lambda: sender.texts() == ["1"])
