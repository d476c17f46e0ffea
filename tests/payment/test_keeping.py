"""A notice's own words go when their time is over; what it came to, and what waits for a person, stays."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from bot.payment.keeping import forget_bodies
from bot.payment.providers.protocol import Outcome
from bot.payment.tables import payment_notices
from tests.payment.world import World

DAYS = 730


async def bodies(world: World) -> dict[str, bool]:
    """Whether each kind of notice still has its body, by what came of it."""
    told = sa.select(payment_notices.c.outcome, payment_notices.c.body)
    rows = await world.store.database.read(lambda connection: connection.execute(told).all())
    return {row.outcome: row.body is not None for row in rows}


async def test_the_words_of_a_settled_notice_go_after_their_time_and_not_before(world: World) -> None:
    _, _, order = await world.begun("vietqr")
    notice = world.pay(order)[1]
    await world.hears("vietqr", notice)
    world.clock.advance(days=DAYS - 1)
    assert await forget_bodies(world.store, DAYS) == 0 and await bodies(world) == {"settled": True}
    world.clock.advance(days=2)
    assert await forget_bodies(world.store, DAYS) == 1 and await bodies(world) == {"settled": False}
    assert await forget_bodies(world.store, DAYS) == 0
    told = world.verified("vietqr", notice)
    assert await world.payments.receive(told, b"again") is Outcome.repeated, "a late copy is still a copy"
    assert await world.is_balanced()


async def test_what_waits_for_a_person_or_for_its_money_back_keeps_its_words(world: World) -> None:
    _, _, order = await world.begun("momo")
    notice = world.pay(order, "wrong_amount")[1]
    await world.hears("momo", notice)
    stranger = replace(world.verified("momo", notice), reference="another's", transaction_id="77")
    await world.payments.receive(stranger, b"whose is it")
    world.clock.advance(days=DAYS + 1)
    assert await forget_bodies(world.store, DAYS) == 0
    assert await bodies(world) == {"mismatched": True, "unknown_reference": True}
