"""A payment is asked once, settled once, and money that does not fit is held apart."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.payment.events import PaymentEvents
from bot.payment.payment import NotLive
from bot.payment.providers.protocol import Billing, Forged, Outcome, Unavailable, Verdict
from bot.payment.records import Line, NotPayable, lines_of
from bot.payment.tables import ledger_lines, payment_events, payment_notices, payment_transfers, payments, refund_cases
from bot.sandbox import payment_notices as sandbox_notices
from knowledge.costs import CostLine
from tests.payment.world import ALL, DOSSIER, LINES, TOTAL, World


async def cases(world: World) -> list[tuple[str, int, str]]:
    found = sa.select(refund_cases.c.reason, refund_cases.c.amount, refund_cases.c.currency)
    rows = await world.store.database.read(lambda connection: connection.execute(found).all())
    return [tuple(row) for row in rows]


async def count(world: World, table: sa.Table) -> int:
    return await world.store.database.read(
        lambda connection: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    )


@pytest.mark.parametrize("provider", ALL)
async def test_a_notice_settles_and_its_copy_changes_nothing(world: World, provider: str) -> None:
    payment, _, order = await world.begun(provider)
    _, sent = world.pay(order)
    assert await world.status(payment) == "pending"
    assert await world.hears(provider, sent) is Outcome.settled
    assert await world.hears(provider, sent) is Outcome.repeated
    assert await world.status(payment) == "paid"
    assert (await count(world, payment_transfers), await count(world, payment_notices)) == (1, 1)
    assert await world.is_balanced()


@pytest.mark.parametrize("provider", ALL)
async def test_a_forged_notice_is_refused(world: World, provider: str) -> None:
    payment, _, order = await world.begun(provider)
    _, sent = world.pay(order)
    with pytest.raises(Forged):
        await world.hears(provider, sandbox_notices.forged(sent))
    assert await world.status(payment) == "pending"


@pytest.mark.parametrize("provider", ALL)
async def test_money_that_no_notice_told_of_is_found_by_asking_and_its_late_notice_is_a_copy(
    world: World, provider: str
) -> None:
    payment, _, order = await world.begun(provider)
    _, sent = world.pay(order)
    world.clock.advance(minutes=2)
    assert await world.reconciliation.ask_due() == 1
    assert await world.status(payment) == "paid"
    assert await world.hears(provider, sent) is Outcome.repeated
    assert await count(world, payment_transfers) == 1
    assert await world.is_balanced()


@pytest.mark.parametrize("provider", ALL)
async def test_a_wrong_amount_is_held_with_a_case_and_the_right_one_still_counts(world: World, provider: str) -> None:
    payment, _, order = await world.begun(provider)
    _, wrong = world.pay(order, "wrong_amount")
    assert await world.hears(provider, wrong) is Outcome.mismatched
    assert await world.hears(provider, wrong) is Outcome.mismatched
    assert await world.status(payment) == "mismatched"
    assert await cases(world) == [("wrong_amount", TOTAL // 10, "VND")]
    _, right = world.pay(order)
    assert await world.hears(provider, right) is Outcome.settled
    assert await world.status(payment) == "paid"
    assert await world.is_balanced()


@pytest.mark.parametrize("provider", ["national", "vietqr", "vnpay"])
async def test_another_currency_is_held(world: World, provider: str) -> None:
    payment, _, order = await world.begun(provider)
    _, sent = world.pay(order, "wrong_currency")
    assert await world.hears(provider, sent) is Outcome.mismatched
    assert await cases(world) == [("wrong_currency", TOTAL, "USD")]
    assert await world.status(payment) == "mismatched"
    assert await world.is_balanced()


async def test_money_for_a_dossier_that_is_paid_is_held(world: World) -> None:
    payment, _, first = await world.begun("momo")
    second = await world.order_of(await world.payments.start(payment.reference, "vietqr"))
    assert await world.hears("momo", world.pay(first)[1]) is Outcome.settled
    assert await world.hears("vietqr", world.pay(second)[1]) is Outcome.already_paid
    assert await world.status(payment) == "paid"
    assert await cases(world) == [("paid_twice", TOTAL, "VND")]
    assert await world.is_balanced()


async def test_late_money_settles_a_payment_that_had_run_out_or_failed(world: World) -> None:
    payment, _, order = await world.begun("vnpay")
    _, sent = world.pay(order)
    world.clock.advance(days=4)
    assert await world.payments.expire_due() == 1
    assert await world.status(payment) == "expired"
    assert await world.hears("vnpay", sent) is Outcome.settled
    assert await world.status(payment) == "paid"

    other, _, order = await world.begun("momo", "MC-261124-XYZ567")
    assert await world.hears("momo", sandbox_notices.of(order, None)) is Outcome.noted
    assert await world.status(other) == "failed"
    assert await world.hears("momo", world.pay(order)[1]) is Outcome.settled
    assert await world.is_balanced()


async def test_word_of_a_failure_after_the_money_changes_nothing(world: World) -> None:
    payment, _, order = await world.begun("vnpay")
    await world.hears("vnpay", world.pay(order)[1])
    assert await world.hears("vnpay", sandbox_notices.of(order, None)) is Outcome.noted
    assert await world.status(payment) == "paid"


async def test_two_dossiers_payments_at_once_are_credited_once_each(world: World) -> None:
    orders = [(await world.begun("momo", f"MC-261124-AAA23{number}"))[2] for number in range(4)]
    sent = [world.pay(order)[1] for order in orders for _ in range(2)]
    outcomes = await asyncio.gather(*(world.hears("momo", one) for one in sent * 3))
    assert outcomes.count(Outcome.settled) == 4
    assert len(await cases(world)) == 4  # each paid twice: the second money is held
    assert await world.is_balanced()


async def test_asking_again_gives_the_same_payment_and_other_lines_a_new_one(world: World) -> None:
    first, second = await world.asked(), await world.asked()
    assert first == second
    dearer = await world.payments.ask(DOSSIER, (Line("fee", 75_000),))
    assert dearer.reference != first.reference and dearer.amount_vnd == 75_000
    assert await world.status(first) == "expired"
    asked = await asyncio.gather(*(world.payments.ask("MC-261124-NEW222", LINES) for _ in range(5)))
    assert len({one.reference for one in asked}) == 1
    assert await world.is_balanced()


async def test_what_was_asked_before_may_still_be_paid_and_then_nothing_more_is_asked(world: World) -> None:
    _, _, order = await world.begun("momo")
    dearer = await world.payments.ask(DOSSIER, (Line("fee", 75_000),))
    assert await world.hears("momo", world.pay(order)[1]) is Outcome.settled
    assert await world.status(dearer) == "expired"
    with pytest.raises(NotLive):
        await world.payments.start(dearer.reference, "momo")
    assert (await world.asked()).status == "paid"
    assert await world.is_balanced()


@pytest.mark.parametrize("amounts", [(), (0,), (-5,), (10**13,), (5, -5)])
async def test_what_is_no_sum_cannot_be_asked(world: World, amounts: tuple[int, ...]) -> None:
    with pytest.raises(NotPayable):
        await world.payments.ask(DOSSIER, tuple(Line("fee", amount) for amount in amounts))


def test_costs_without_a_certain_figure_cannot_be_asked() -> None:
    with pytest.raises(NotPayable):
        lines_of((CostLine("fee", 5_000), CostLine("charge", None)))
    with pytest.raises(NotPayable):
        lines_of((CostLine("fee", 5_000, is_certain=False),))
    assert lines_of((CostLine("fee", 5_000, "TT 1"), CostLine("charge", 0))) == (Line("fee", 5_000, "fee", "TT 1"),)


async def test_a_second_press_shows_the_same_attempt(world: World) -> None:
    payment = await world.asked()
    first = await world.payments.start(payment.reference, "vietqr")
    assert first.started.qr_text
    assert await world.payments.start(payment.reference, "vietqr") == first
    world.clock.advance(minutes=14)
    assert (await world.payments.start(payment.reference, "vietqr")).reference != first.reference


async def test_a_provider_that_refuses_leaves_a_failed_payment_that_can_be_tried_again(world: World) -> None:
    payment = await world.payments.ask(DOSSIER, (Line("fee", 500),))  # below what MoMo takes
    with pytest.raises(Exception, match="momo"):
        await world.payments.start(payment.reference, "momo")
    assert await world.status(payment) == "failed"
    await world.payments.start(payment.reference, "vietqr")
    assert await world.status(payment) == "pending"


async def test_a_provider_that_does_not_answer_leaves_an_attempt_that_is_asked_about(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment, momo = await world.asked(), world.provider("momo")
    start = momo.start

    async def silent(order):
        await start(order)
        raise Unavailable("cut off")

    monkeypatch.setattr(momo, "start", silent)
    with pytest.raises(Unavailable):
        await world.payments.start(payment.reference, "momo")
    (attempt,) = await world.payments.attempts(payment.reference)
    world.pay(await world.order_of(attempt))
    world.clock.advance(minutes=2)
    await world.reconciliation.ask_due()
    assert await world.status(payment) == "paid"


async def test_a_notice_stored_and_not_acted_on_is_acted_on_later(world: World) -> None:
    payment, _, order = await world.begun("momo")
    sent = world.pay(order)[1]
    notice = world.verified("momo", sent)
    await world.store.database.write(lambda c: world.payments.notices._store(c, notice, sent.body, "notice"))
    assert await world.payments.notices.act_on_leftovers() == 0  # its process may still be at it
    world.clock.advance(minutes=1)
    assert await world.payments.notices.act_on_leftovers() == 1
    assert await world.status(payment) == "paid"


async def test_unknown_codes_and_strange_references_are_kept_for_a_person(world: World) -> None:
    payment, attempt, order = await world.begun("momo")
    notice = world.verified("momo", world.pay(order)[1])
    strange = [
        replace(notice, verdict=Verdict.unknown, code="7777"),
        replace(notice, amount=None),
        replace(notice, reference="another deployment's"),
    ]
    outcomes = [await world.payments.receive(one, b"{}") for one in strange]
    assert outcomes == [Outcome.unhandled, Outcome.unhandled, Outcome.unknown_reference]
    assert await world.status(payment) == "pending"
    waiting = await world.payments.notices.for_a_person()
    assert len(waiting) == 3 and await world.payments.notices.body(waiting[0].id) == b"{}"
    assert (await world.reconciliation.attention())["unhandled notices"] == 2


async def test_one_transaction_told_with_two_sums_is_for_a_person(world: World) -> None:
    payment, _, order = await world.begun("momo")
    notice = world.verified("momo", world.pay(order)[1])
    assert await world.payments.receive(notice) is Outcome.settled
    assert await world.payments.receive(replace(notice, amount=TOTAL + 1)) is Outcome.unhandled
    assert await count(world, payment_transfers) == 1
    assert await world.is_balanced()


async def test_who_pays_is_sealed_and_forgotten_when_paid(world: World) -> None:
    billing = Billing(payer_name="Nguyễn Văn An", payer_citizen_id="001090000001")
    payment = await world.payments.ask(DOSSIER, LINES, billing=billing)
    assert payment.billing == billing

    async def stored() -> bytes | None:
        found = sa.select(payments.c.billing)
        return await world.store.database.read(lambda connection: connection.execute(found).scalar())

    assert b"001090000001" not in await stored()
    order = await world.order_of(await world.payments.start(payment.reference, "national"))
    await world.hears("national", world.pay(order)[1])
    assert await stored() is None


async def test_the_ledger_cannot_be_changed(world: World) -> None:
    await world.asked()
    for statement in (sa.update(ledger_lines).values(amount=1), sa.delete(ledger_lines)):
        with pytest.raises(sa.exc.DBAPIError, match="only grows"):
            await world.store.database.write(lambda connection, one=statement: connection.execute(one))
    assert await world.is_balanced()


async def test_the_check_of_the_ledger_sees_a_credit_that_was_not_booked(world: World) -> None:
    payment = await world.asked()
    stolen = sa.update(payments).where(payments.c.reference == payment.reference).values(status="paid")
    await world.store.database.write(lambda connection: connection.execute(stolen))
    assert not (await world.payments.ledger.balances()).is_balanced


async def test_the_ledger_goes_to_a_spreadsheet(world: World) -> None:
    _, _, order = await world.begun("vietqr")
    await world.hears("vietqr", world.pay(order)[1])
    begin = world.clock()
    world.clock.advance(seconds=1)
    text = await world.payments.ledger.to_csv(begin, world.clock())
    rows = text.lstrip("\ufeff").splitlines()
    assert len(rows) == 5 and rows[0].startswith("number,entry,day")
    assert any("with:vietqr" in row and str(TOTAL) in row for row in rows)
    assert len((await world.payments.ledger.to_csv(world.clock(), world.clock())).splitlines()) == 1


async def test_what_follows_is_told_once_and_again_when_it_was_not_taken(world: World) -> None:
    payment, _, order = await world.begun("momo")
    await world.hears("momo", world.pay(order)[1])
    events, heard = PaymentEvents(world.store), []

    async def fails(event):
        raise RuntimeError("cut off")

    async def takes(event):
        heard.append((event.payment_reference, event.kind))

    assert await events.tell_due(fails) == 0
    assert await events.tell_due(takes) == 0  # not at once
    world.clock.advance(minutes=5)
    assert await events.tell_due(takes) == 1
    world.clock.advance(days=1)
    assert await events.tell_due(takes) == 0
    assert heard == [(payment.reference, "paid")]
    assert await count(world, payment_events) == 1
