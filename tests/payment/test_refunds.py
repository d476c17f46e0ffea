"""Money goes back once, on the word of two people, and the ledger follows it."""

from __future__ import annotations

import pytest

from bot.payment.providers.protocol import Outcome
from bot.payment.refunds import NotAllowed, NotAskedFor, OwnCase, Refunds
from tests.payment.world import TOTAL, World


async def test_what_was_paid_goes_back_through_vnpay_when_two_people_say_so(world: World) -> None:
    payment, _, order = await world.begun("vnpay")
    await world.hears("vnpay", world.pay(order)[1])
    refunds = Refunds(world.store, world.payments)
    case = await refunds.request(payment.reference, "withdrawn", "An")
    with pytest.raises(NotAllowed):
        await refunds.request(payment.reference, "withdrawn", "An")
    with pytest.raises(NotAllowed):
        await refunds.approve(case, "An")
    assert await refunds.send_due() == 0
    await refunds.approve(case, "Bình")
    assert await refunds.send_due() == 1
    assert await refunds.send_due() == 0
    (sent,) = await refunds.cases("sent")
    assert (sent.amount, bool(sent.provider_number)) == (TOTAL, True)
    assert await world.status(payment) == "paid" and await world.is_balanced()
    await refunds.confirm(case, "Bình", "R-1")
    with pytest.raises(NotAllowed):
        await refunds.confirm(case, "Bình", "R-1")
    assert await world.status(payment) == "refunded" and await world.is_balanced()
    accounts = (await world.payments.ledger.balances()).accounts["VND"]
    assert not any(accounts.values())


async def test_money_held_apart_goes_back_by_hand_where_no_interface_is_known(world: World) -> None:
    payment, _, order = await world.begun("vietqr")
    assert await world.hears("vietqr", world.pay(order)[1]) is Outcome.settled
    assert await world.hears("vietqr", world.pay(order)[1]) is Outcome.already_paid
    refunds = Refunds(world.store, world.payments)
    (case,) = await refunds.cases()
    with pytest.raises(NotAskedFor):
        await refunds.approve(case.id, "Bình")
    await world.store.database.write(lambda connection: refunds.ask_back_in(connection, case.id, "An"))
    with pytest.raises(OwnCase):
        await refunds.approve(case.id, "An")
    await refunds.approve(case.id, "Bình")
    assert await refunds.send_due() == 0
    await refunds.confirm(case.id, "Bình", "FT1")
    assert await world.status(payment) == "paid" and await world.is_balanced()
    assert not await refunds.cases()


async def test_nothing_unpaid_can_be_asked_back(world: World) -> None:
    payment = await world.asked()
    refunds = Refunds(world.store, world.payments)
    for reference in (payment.reference, "TTAAAAAAA"):
        with pytest.raises(NotAllowed):
            await refunds.request(reference, "withdrawn", "An")
    with pytest.raises(NotAllowed):
        await refunds.confirm("nothing", "An", "1")
