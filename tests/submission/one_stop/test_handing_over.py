"""A dossier is stored before it is sent, reaches the agency once in effect, and its citizen hears of it once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.conversation import Conversation
from bot.sandbox.one_stop_records import Records
from bot.settings import Settings
from bot.store import Store, open_store
from bot.submission.one_stop.formats import DOSSIER_CODE
from bot.submission.one_stop.protocol import Accepted, Act, Answer, Handover, OneStop, Rejected, Retry
from bot.submission.one_stop.sending import GIVE_UP_AFTER, LEASE
from bot.tables import handovers
from tests.clock import Clock
from tests.submission.one_stop.world import World, a_handover, submitted_dossier


class Scripted:
    """A one-stop system that answers what it is told to, the last answer for ever."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self._answers, self.seen = list(answers), []

    async def submit(self, handover: Handover) -> Answer:
        self.seen.append(handover)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        await asyncio.sleep(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def progress(self, reference: str) -> None:
        return None

    async def look_up(self, code: str) -> None:
        return None


async def statuses(store: Store) -> list[str]:
    found = sa.select(handovers.c.status).order_by(handovers.c.reference, handovers.c.number)
    return await store.database.read(lambda connection: list(connection.execute(found).scalars()))


async def bodies(store: Store) -> list[bytes | None]:
    return await store.database.read(lambda c: list(c.execute(sa.select(handovers.c.body)).scalars()))


async def test_a_dossier_arrives_and_its_citizen_is_told_the_code(
    store: Store, either: OneStop, records: Records, citizen: Conversation
) -> None:
    world = World(store, either)
    reference = await world.hand_over(citizen.id)
    (arrived,) = records.latest()
    assert DOSSIER_CODE.match(arrived.code)
    assert arrived.record["ChuHoSo"] == "Nguyễn Văn An"
    assert await statuses(store) == ["done"]
    (told,) = await world.told(citizen.id)
    assert arrived.code in told
    assert await world.following.reference_of(arrived.code) == reference
    assert world.woken == ["telegram"]
    assert world.announced == [citizen.id]


async def test_a_second_copy_changes_nothing(world: World, citizen: Conversation, records: Records) -> None:
    reference = await world.hand_over(citizen.id)
    again = a_handover(reference, summary="lần hai")
    assert await world.queue.add(again) is False
    await world.sending.hand_over_due()
    assert len(records.latest()) == 1
    assert records.latest()[0].updates == 0
    assert len(await world.told(citizen.id)) == 1


async def test_what_was_done_is_not_kept(world: World, citizen: Conversation, store: Store) -> None:
    await world.hand_over(citizen.id)
    bodies = await store.database.read(
        lambda connection: list(connection.execute(sa.select(handovers.c.body)).scalars())
    )
    assert bodies == [None]


async def test_a_waiting_hand_over_is_sealed(world: World, citizen: Conversation, store: Store) -> None:
    reference = await submitted_dossier(store, citizen.id)
    await world.queue.add(a_handover(reference))
    (body,) = await store.database.read(
        lambda connection: list(connection.execute(sa.select(handovers.c.body)).scalars())
    )
    assert "Nguyễn".encode() not in body
    assert b"0912345678" not in body


async def test_nothing_is_put_in_for_a_dossier_that_is_gone(world: World) -> None:
    assert await world.queue.add(a_handover("MC-261124-ZZZZZZ")) is False


@pytest.mark.parametrize("fault", ["down", "duplicate", "wrong", "slow"])
@pytest.mark.parametrize("every", [1, 2, 3])
async def test_every_fault_is_survived(
    store: Store, either: OneStop, records: Records, citizen: Conversation, clock: Clock, fault: str, every: int
) -> None:
    world = World(store, either)
    records.set_fault(fault, every)
    references = [await world.hand_over(citizen.id, applicant_name=f"Người {number}") for number in range(4)]
    for _ in range(6):
        clock.advance(minutes=5)
        await world.sending.hand_over_due()
    records.set_fault(fault, 0)
    clock.advance(minutes=20)
    await world.sending.hand_over_due()
    assert await statuses(store) == ["done"] * 4
    names = sorted(dossier.record["ChuHoSo"] for dossier in records.latest())
    assert names == [f"Người {number}" for number in range(4)]
    told = "\n".join(await world.told(citizen.id))
    assert all(told.count(dossier.code) == 1 for dossier in records.latest())
    assert len(references) == 4


async def test_two_workers_racing_hand_over_once(
    store: Store, either: OneStop, records: Records, citizen: Conversation, store_settings: Settings, clock: Clock
) -> None:
    other_store = await open_store(store_settings, clock)
    world, other = World(store, either), World(other_store, either)
    for _ in range(8):
        reference = await submitted_dossier(store, citizen.id)
        await world.queue.add(a_handover(reference, applicant_name=reference))
    for _ in range(4):
        await asyncio.gather(world.sending.hand_over_due(), other.sending.hand_over_due())
    assert await statuses(store) == ["done"] * 8
    assert len({dossier.record["ChuHoSo"] for dossier in records.latest()}) == len(records.latest()) == 8
    assert len(await world.told(citizen.id)) == 8
    await other_store.close()


async def test_a_worker_whose_lease_ran_out_has_no_say(store: Store, citizen: Conversation, clock: Clock) -> None:
    world = World(store, None)
    await world.queue.add(a_handover(await submitted_dossier(store, citizen.id)))
    (slow,) = await world.queue.take(1, LEASE)
    assert await world.queue.take(1, LEASE) == []
    clock.advance(seconds=LEASE.total_seconds() + 1)
    (quick,) = await world.queue.take(1, LEASE)
    assert quick.attempts == slow.attempts + 1
    await world.queue.retry(slow, timedelta(hours=9), "slow")
    assert await store.database.write(lambda connection: world.queue.finish_in(connection, slow, "dead")) is False
    assert await store.database.write(lambda connection: world.queue.finish_in(connection, quick, "done")) is True


async def test_what_a_dead_process_was_sending_is_taken_up_at_the_next_start(
    store: Store, citizen: Conversation, clock: Clock
) -> None:
    world = World(store, None)
    await world.queue.add(a_handover(await submitted_dossier(store, citizen.id)))
    await world.queue.take(1, LEASE)
    if await world.queue.recover_at_start(lambda attempts: timedelta(seconds=attempts)):
        assert await world.queue.take(1, LEASE) == []  # not at once: it may be what brought the process down
        clock.advance(seconds=1)
    else:  # PostgreSQL: others may be alive, so its lease has to run out
        clock.advance(seconds=LEASE.total_seconds() + 1)
    assert len(await world.queue.take(1, LEASE)) == 1


async def test_retries_come_later_and_later(store: Store, citizen: Conversation, clock: Clock) -> None:
    world = World(store, Scripted(Retry("down")))
    await world.hand_over(citizen.id)
    waits = []
    for _ in range(12):
        waits.append((await world.queue.next_due_in()).total_seconds())
        clock.advance(seconds=waits[-1])
        assert await world.sending.hand_over_due() == 1
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (2.0, 900.0)


async def test_the_systems_own_wish_for_a_pause_is_kept(store: Store, citizen: Conversation) -> None:
    world = World(store, Scripted(Retry("busy", after_seconds=77)))
    await world.hand_over(citizen.id)
    assert (await world.queue.next_due_in()).total_seconds() == 77


async def test_a_long_delay_is_told_once(store: Store, citizen: Conversation, clock: Clock) -> None:
    world = World(store, Scripted(Retry("down")))
    await world.hand_over(citizen.id)
    for _ in range(6):
        clock.advance(minutes=16)
        await world.sending.hand_over_due()
    (told,) = await world.told(citizen.id)
    assert "vẫn giữ đủ hồ sơ" in told


async def test_days_of_silence_end_with_a_person(store: Store, citizen: Conversation, clock: Clock) -> None:
    world = World(store, Scripted(Retry("down")))
    reference = await world.hand_over(citizen.id)
    clock.now += GIVE_UP_AFTER
    await world.sending.hand_over_due()
    assert await statuses(store) == ["dead"]
    assert "gặp người hỗ trợ" in (await world.told(citizen.id))[-1]
    assert await world.queue.revive(reference) == 1  # nothing was lost: the operator sends it again
    world.sending = world.worker(Scripted(Accepted("H15.50.05.13-261124-0001")))
    await world.sending.hand_over_due()
    assert await statuses(store) == ["done"]


async def test_a_refusal_is_told_with_its_reason_and_without_numbers(store: Store, citizen: Conversation) -> None:
    world = World(store, Scripted(Rejected("Số định danh 066085001234 của NGUYỄN VĂN AN không đúng")))
    await world.hand_over(citizen.id)
    assert await statuses(store) == ["rejected"]
    kept = sa.select(handovers.c.last_error)
    noted = await store.database.read(lambda connection: connection.execute(kept).scalar_one())
    assert noted == "Số định danh … của … không đúng"
    (told,) = await world.told(citizen.id)
    assert "không đúng" in told
    assert "066085001234" not in told


async def test_a_fault_of_our_own_stops_nobody_else_and_loses_nothing(
    store: Store, citizen: Conversation, clock: Clock
) -> None:
    world = World(store, Scripted(RuntimeError("boom"), Accepted("H15-261124-0001"), Accepted("H15-261124-0002")))
    for _ in range(2):
        await world.queue.add(a_handover(await submitted_dossier(store, citizen.id)))
    await world.sending.hand_over_due()
    assert sorted(await statuses(store)) == ["done", "waiting"]
    clock.advance(minutes=1)
    await world.sending.hand_over_due()
    assert await statuses(store) == ["done", "done"]


async def test_a_hand_over_that_cannot_be_read_is_kept_for_the_operator(store: Store, citizen: Conversation) -> None:
    world = World(store, Scripted(Accepted("H15-261124-0001")))
    await world.queue.add(a_handover(await submitted_dossier(store, citizen.id)))
    spoil = sa.update(handovers).values(body=b"spoiled")
    await store.database.write(lambda connection: connection.execute(spoil))
    await world.sending.hand_over_due()
    assert await statuses(store) == ["dead"]
    assert await bodies(store) == [b"spoiled"]


async def test_an_erased_citizen_is_not_handed_over(
    world: World, store: Store, citizen: Conversation, records: Records
):
    await world.queue.add(a_handover(await submitted_dossier(store, citizen.id)))
    await store.erase(citizen.id)
    assert await world.sending.hand_over_due() == 0
    assert records.latest() == []


async def test_an_erasure_while_it_is_sent_leaves_nothing_behind(store: Store, citizen: Conversation) -> None:
    class Erasing(Scripted):
        async def submit(self, handover: Handover) -> Answer:
            await store.erase(citizen.id)
            return await super().submit(handover)

    world = World(store, Erasing(Accepted("H15-261124-0001")))
    await world.hand_over(citizen.id)
    assert await statuses(store) == []
    assert await world.following.reference_of("H15-261124-0001") is None
    assert await world.notices.waiting() == 0


async def test_a_supplement_follows_its_dossier_and_goes_once(
    store: Store, either: OneStop, records: Records, citizen: Conversation
) -> None:
    world = World(store, either)
    reference = await submitted_dossier(store, citizen.id)
    first = a_handover(reference)
    more = replace(first, act=Act.supplement, supplement_id="s1", summary="Giấy chứng sinh")
    assert await world.queue.add(first)
    assert await world.queue.add(more)
    assert await world.queue.add(more) is False
    assert await world.sending.hand_over_due() == 1  # the dossier itself; the supplement does not overtake it
    (dossier,) = records.latest()
    records.ask_supplement(dossier.code, "Hạnh", "Thiếu giấy chứng sinh", ["Giấy chứng sinh"], None)
    assert await world.sending.hand_over_due() == 1
    assert records.latest()[0].status == 4
    assert records.supplements(dossier)[0]["answered_at"]
    assert len(records.latest()) == 1


async def test_a_withdrawal_reaches_the_agency(
    store: Store, either: OneStop, records: Records, citizen: Conversation
) -> None:
    world = World(store, either)
    reference = await world.hand_over(citizen.id)
    await world.queue.add(a_handover(reference, act=Act.withdraw, summary="Tôi xin rút hồ sơ"))
    await world.sending.hand_over_due()
    assert records.latest()[0].status == 7


async def test_stored_hand_overs_move_to_a_new_key(world: World, store: Store, citizen: Conversation) -> None:
    from bot.privacy import KeyRing, new_key

    await world.queue.add(a_handover(await submitted_dossier(store, citizen.id)))
    await world.hand_over(citizen.id)  # takes both
    await world.queue.add(a_handover(await submitted_dossier(store, citizen.id)))
    store.keys = KeyRing((KeyRing.parse(new_key()).keys[0], *store.keys.keys))
    await store.reseal()
    alone = World(store, world.one_stop)
    store.keys = KeyRing(store.keys.keys[:1])
    alone = World(store, world.one_stop)
    await alone.sending.hand_over_due()
    assert await statuses(store) == ["done"] * 3
