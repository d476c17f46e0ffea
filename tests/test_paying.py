"""From the end of a journey to the money and back: asked once, told once, handed over when it should be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.payment.ledger import Ledger
from bot.settings import Settings
from bot.store import Store
from bot.submission.dossier import Status
from bot.submission.one_stop.looking_up import LookUp
from bot.submission.one_stop.protocol import Act, Handover
from bot.submission.one_stop.sentences import Teller
from knowledge.schema import Procedure
from tests.clock import Clock
from tests.paying import Office, a_cost, a_record, an_office
from tests.submission.one_stop.world import a_handover

Make = Callable[..., Any]


@pytest.fixture
async def office_of(store: Store, store_settings: Settings, clock: Clock) -> AsyncIterator[Make]:
    async with AsyncExitStack() as stack:

        async def make(record: Procedure | None = None, pays_first: bool = False) -> Office:
            record = record or a_record(a_cost())
            return await stack.enter_async_context(an_office(store, store_settings, clock, record, pays_first))

        yield make


async def follow(office: Office, **state: Any) -> list[str]:
    """The agency took the dossier over, and tells this of it."""
    reference = await office.dossier_reference()
    handover: Handover = a_handover(reference)
    store = office.world.store
    await store.database.write(lambda c: office.following.begin_in(c, handover, "H15-1"))
    known = await office.following.state_of(reference)
    return await office.following.record(reference, replace(known, **state))


async def test_the_fee_is_told_in_lines_with_its_source_and_a_link_once_the_dossier_is_sent(office_of: Make) -> None:
    office = await office_of(a_record(a_cost(), a_cost(8_000, kind="charge")))
    told = await office.files()
    payment = await office.payment()
    assert payment.amount_vnd == 58_000
    for words in (
        "58.000 đồng",
        "50.000 đồng",
        "Thông tư 1/2026",
        office.work.payments.link(payment),
        "nộp tiền trước",
    ):
        assert words in told
    assert await office.handovers.counts() == {"waiting": 1}
    again = await office.cashier.after_filing(
        await office.filer.filing._dossiers.find(office.filer.conversation_id, payment_tag(office)),
        office.filer.heard().today,
    )
    assert again[0].text in told and len(await office.work.payments.of_dossier(payment.dossier_reference)) == 1


def payment_tag(office: Office) -> str:
    return next(one.payload for one in office.filer.buttons if one.payload.startswith("m:")).split(":")[2]


async def test_after_paying_it_is_told_once_with_amount_code_and_link(office_of: Make, clock: Clock) -> None:
    office = await office_of()
    await office.files()
    await office.pays()
    payment = await office.payment()
    (told,) = await office.told()
    assert "50.000 đồng" in told and payment.reference in told and office.work.payments.link(payment) in told
    clock.advance(hours=2)
    assert len(await office.told()) == 1
    assert "đã nhận 50.000 đồng" in await office.asks()


async def test_who_has_everything_erased_is_told_nothing_and_the_ledger_stays(office_of: Make) -> None:
    office = await office_of()
    await office.files()
    await office.pays()
    await office.world.store.erase(office.filer.conversation_id)
    assert await office.told() == []
    assert (await Ledger(office.world.store.database).balances()).is_balanced


async def test_who_pays_is_forgotten_at_once_when_everything_is_erased(office_of: Make) -> None:
    office = await office_of()
    await office.files()
    payment = await office.payment()
    assert payment.billing.procedure_code == "1.000001"
    await office.world.store.erase(office.filer.conversation_id)
    found = await office.work.payments.state(payment.reference)
    assert (found.billing, found.amount_vnd) == (None, 50_000)


async def test_an_agency_that_wants_the_money_first_gets_the_dossier_when_it_is_paid(office_of: Make) -> None:
    office = await office_of(pays_first=True)
    told = await office.files()
    assert "mình giữ hồ sơ lại" in told and "đang gửi tới" not in told
    assert await office.handovers.counts() == {"held": 1}
    look_up = LookUp(office.world.store, None, office.following, office.handovers, Teller("1800"))
    assert "chờ tiền phí" in (await look_up.own(office.filer.conversation_id)).replies[0].text
    assert not await office.handovers.take(1, timedelta(minutes=1))
    await office.pays("vietqr")
    await office.told()
    assert await office.handovers.counts() == {"waiting": 1}


async def test_nothing_overtakes_a_dossier_that_waits_for_its_money(office_of: Make) -> None:
    office = await office_of(pays_first=True)
    await office.files()
    await office.handovers.add(a_handover(await office.dossier_reference(), act=Act.supplement, supplement_id="1"))
    assert await office.handovers.take(2, timedelta(minutes=1)) == []
    await office.presses("Nộp tiền mặt ở quầy")
    (first,) = await office.handovers.take(2, timedelta(minutes=1))
    assert first.number == 0


@pytest.mark.parametrize("costs", [(a_cost(0),), (a_cost(None),), (a_cost(is_doubtful=True),)])
async def test_what_costs_nothing_or_is_not_known_is_never_held_back(office_of: Make, costs: tuple) -> None:
    office = await office_of(a_record(*costs), pays_first=True)
    told = await office.files()
    assert await office.handovers.counts() == {"waiting": 1}
    assert ("chưa có số tiền chắc chắn" in told and "UBND xã" in told) == (costs[0].amount_vnd != 0)


async def test_the_case_is_asked_and_who_is_exempt_pays_nothing(office_of: Make) -> None:
    office = await office_of(a_record(a_cost(case="mức chung"), a_cost(0, case="hộ nghèo")), pays_first=True)
    assert "trường hợp nào" in await office.files()
    assert await office.handovers.counts() == {"held": 1}
    assert "50.000 đồng" in await office.presses("Mức chung")
    await office.presses("Đổi trường hợp")
    assert "không phải nộp tiền" in await office.presses("Hộ nghèo")
    assert (await office.payment()).status == "expired"
    assert await office.handovers.counts() == {"waiting": 1}
    assert await office.told() == []


async def test_paying_at_the_desk_needs_no_account_and_lets_the_dossier_go(office_of: Make) -> None:
    office = await office_of(pays_first=True)
    await office.files()
    told = await office.presses("Nộp tiền mặt ở quầy")
    assert "UBND xã" in told and "50.000 đồng" in told
    assert await office.handovers.counts() == {"waiting": 1}


async def test_money_that_no_notice_told_of_is_found_when_the_citizen_asks(office_of: Make) -> None:
    office = await office_of()
    await office.files()
    await office.pays("national", is_told=False)
    assert "đã nhận 50.000 đồng" in await office.asks()
    assert "Đã nhận 50.000 đồng" in (await office.told())[0]


async def test_what_the_provider_says_is_said_and_a_citizen_who_is_sure_reaches_a_person(
    office_of: Make, clock: Clock
) -> None:
    office = await office_of()

    async def hears(conversation_id: str, evidence: dict) -> None:
        office.handed_on.append(evidence)

    office.cashier.hand_troubles_to(hears)
    await office.files()
    await office.work.payments.start((await office.payment()).reference, "momo")
    clock.advance(seconds=30)
    told = await office.asks()
    assert "MoMo báo: chưa nhận được tiền" in told and "Đừng trả lần nữa" in told
    assert not office.handed_on
    assert "Người phụ trách sẽ xem" in await office.presses("Tôi đã bị trừ tiền")
    (evidence,) = office.handed_on
    assert evidence["amount_vnd"] == 50_000 and evidence["attempts"][0]["provider"] == "momo"
    (waiting,) = await office.work.payments.notices.for_a_person()
    assert waiting.origin == "citizen"
    assert await office.work.payments.notices.resolve(waiting.id)
    assert not await office.work.payments.notices.for_a_person()
    assert not await office.work.payments.notices.resolve(waiting.id)


async def test_money_that_does_not_fit_is_told_and_a_person_hears_of_it(office_of: Make) -> None:
    office = await office_of()
    await office.files()
    await office.pays("momo", "wrong_amount")
    (told,) = await office.told()
    assert "không khớp" in told
    assert "giữ riêng" in await office.asks()
    assert "Gặp người hỗ trợ" in office.titles
    assert len(await office.work.refunds.cases()) == 1
    assert len(await office.work.payments.notices.for_a_person()) == 1


async def test_a_failed_try_and_one_that_ran_out_are_told_with_a_way_on(office_of: Make, clock: Clock) -> None:
    from bot.sandbox import payment_notices

    office = await office_of()
    await office.files()
    attempt = await office.work.payments.start((await office.payment()).reference, "momo")
    order = await office.world.order_of(attempt)
    await office.world.hears("momo", payment_notices.of(order, None))
    assert "không thành" in (await office.told())[-1]
    clock.advance(days=4)
    await office.work.payments.expire_due()
    assert "quá hạn" in (await office.told())[-1]
    assert "quá hạn" in await office.asks()
    first = await office.payment()
    assert "50.000 đồng" in await office.presses("Nộp phí")
    assert (await office.payment()).reference != first.reference


async def test_money_the_agency_asks_for_is_paid_here_and_never_twice(office_of: Make) -> None:
    office = await office_of(a_record(a_cost(None)))
    await office.files()
    asked = {"status": Status.payment_requested, "amount_vnd": 30_000}
    assert await follow(office, **asked) == ["payment_requested"]
    payment = await office.payment()
    (told,) = await office.told()
    assert payment.amount_vnd == 30_000 and office.work.payments.link(payment) in told
    await office.pays()
    assert "Đã nhận 30.000 đồng" in (await office.told())[-1]
    reference = await office.dossier_reference()
    known = await office.following.state_of(reference)
    await office.following.record(reference, replace(known, status=Status.processing))
    await office.following.record(reference, replace(known, **asked))
    assert "bạn đã nộp đúng số này rồi" in (await office.told())[-1]
    await office.following.record(reference, replace(known, **(asked | {"amount_vnd": 70_000})))
    assert (await office.payment()).amount_vnd == 70_000


async def test_the_sum_that_is_asked_already_is_not_asked_again_when_the_agency_wants_it(office_of: Make) -> None:
    office = await office_of()
    await office.files()
    first = await office.payment()
    await follow(office, status=Status.payment_requested, amount_vnd=50_000)
    assert (await office.payment()).reference == first.reference
    assert office.work.payments.link(first) in (await office.told())[-1]


async def test_a_dossier_is_told_to_be_handed_in_even_when_its_fee_cannot_be_asked(
    office_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = await office_of()

    async def away(*_: object) -> None:
        raise OSError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(office.work.payments, "ask", away)
        told = await office.files()
    assert "Mình đã nhận hồ sơ" in told and "sau ít phút" in told
    assert "50.000 đồng" in await office.presses("Nộp phí")


async def test_a_provider_that_is_slow_does_not_keep_the_citizen_waiting(
    office_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    office = await office_of()
    await office.files()
    await office.pays("momo", is_told=False)
    momo, gate = office.world.provider("momo"), asyncio.Event()
    query = momo.query

    async def slow(*asked: object) -> object:
        await gate.wait()
        return await query(*asked)

    monkeypatch.setattr(momo, "query", slow)
    reference = (await office.payment()).reference
    (said,) = await office.work.reconciliation.check_now(reference, patience_seconds=0.01)
    assert said.verdict == "silent"
    gate.set()
    await asyncio.gather(*office.work.reconciliation._late)
    assert (await office.payment()).status == "paid"


async def test_others_cannot_press_a_citizens_button(office_of: Make) -> None:
    office = await office_of()
    await office.files()
    payload = next(one.payload for one in office.filer.buttons if one.title == "Nộp tiền mặt ở quầy")
    stranger = (await office.world.store.start_conversation("web"))[0].id
    heard = replace(office.filer.heard(payload=payload), conversation_id=stranger)
    outcome = await office.cashier.press(heard)
    assert "không thấy hồ sơ" in outcome.replies[0].text
    assert await office.cashier.press(replace(heard, payload="m:is:zz")) is None


async def test_who_owes_nothing_hears_the_general_answer(office_of: Make) -> None:
    office = await office_of(a_record(a_cost(0)))
    assert await office.asks() is None
    await office.files()
    assert await office.asks() is None
