"""Zalo's events wait in the database: once, in order per citizen, tried again, taken over from the dead."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from bot.channels.inbound import Inbound
from bot.channels.zalo_tables import zalo_events
from bot.store import Store
from tests.channels.zalo_world import AN, World, zalo_world


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with zalo_world(store) as made:
        yield made


async def test_a_genuine_message_is_taken_once_however_often_it_comes(world: World) -> None:
    event = world.text("làm khai sinh", "cb31dff1c39642cc1b83")
    assert [await world.post(event) for _ in range(3)] == [200, 200, 200]
    assert await world.work_off() == 1
    assert await world.post(event) == 200
    assert await world.work_off() == 0
    assert world.desk.taken == [Inbound("zalo", AN, "cb31dff1c39642cc1b83", text="làm khai sinh")]


async def test_the_events_of_one_citizen_are_worked_off_in_the_order_in_which_they_came(world: World) -> None:
    for number in range(5):
        await world.post(world.text(str(number), f"m{number}"))
        await world.post(world.text(f"b{number}", f"b{number}", sender={"id": "77777777"}))
    first = await world.work.inbox.take(8)
    assert len(first) == 2  # one of each citizen
    assert await world.work.inbox.take(8) == []
    for waiting in first:
        await world.work.worker._work_off(waiting)
    await world.work_off()
    of_an = [one.text for one in world.desk.taken if one.sender == AN]
    assert of_an == ["0", "1", "2", "3", "4"]


async def test_a_failure_is_tried_again_before_what_came_later(world: World, clock) -> None:
    world.desk.failures = 2
    await world.post(world.text("một", "m1"))
    await world.post(world.text("hai", "m2"))
    for _ in range(4):
        await world.work_off()
        clock.advance(minutes=1)
    assert [one.text for one in world.desk.taken] == ["một", "hai"]


async def test_what_fails_for_ever_is_given_up_and_the_next_is_taken(world: World, clock) -> None:
    world.desk.failures = 5
    await world.post(world.text("một", "m1"))
    await world.post(world.text("hai", "m2"))
    for _ in range(7):
        await world.work_off()
        clock.advance(minutes=1)
    assert [one.text for one in world.desk.taken] == ["hai"]


async def test_what_a_dead_process_had_taken_is_taken_again(world: World, clock) -> None:
    await world.post(world.text("một"))
    assert len(await world.work.inbox.take(8)) == 1
    assert await world.work.inbox.recover() == 0
    clock.advance(minutes=5)
    assert await world.work.inbox.recover() == 1
    await world.work_off()
    assert len(world.desk.taken) == 1


async def test_nothing_readable_of_an_event_is_kept_and_all_of_it_goes_after_a_while(world: World, clock) -> None:
    await world.post(world.text("số của tôi 054090001234"))
    bodies = await world.store.database.read(lambda c: list(c.execute(sa.select(zalo_events.c.body)).scalars()))
    assert b"054090001234" not in bodies[0]
    await world.work_off()
    assert await world.store.database.read(lambda c: list(c.execute(sa.select(zalo_events.c.body)).scalars())) == [None]
    clock.advance(days=9)
    assert await world.work.inbox.sweep() == 1


async def test_what_was_given_up_stays_sealed_for_whoever_looks_into_it(world: World, clock) -> None:
    world.desk.failures = 5
    await world.post(world.text("một"))
    for _ in range(6):
        await world.work_off()
        clock.advance(minutes=1)
    row = await world.store.database.read(lambda c: c.execute(sa.select(zalo_events)).one())
    assert (row.status, row.body is None) == ("dead", False)


async def test_what_came_before_everything_was_erased_begins_a_conversation_anew(world: World) -> None:
    await world.post(world.text("một"))
    old = await world.store.conversation_for("zalo", AN)
    await world.store.erase(old.id, is_final=True)
    await world.work_off()
    assert [one.sender for one in world.desk.taken] == [AN]
    assert (await world.store.conversation_for("zalo", AN)).id != old.id
