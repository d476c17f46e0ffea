"""A citizen with a dossier that costs something: journey, the agency's queue and payment platforms, no network."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.channels.reply import Outcome, Reply, Turn
from bot.dialogue.context import Context
from bot.payment.decisions import Decisions
from bot.payment.events import PaymentEvents
from bot.payment.payment import Payments
from bot.payment.records import Payment
from bot.payment.refunds import Refunds
from bot.payment.troubles import Troubles
from bot.payment.work import PaymentWork
from bot.quiet_hours import QuietHours
from bot.settings import Settings
from bot.store import Store
from bot.stories.dossier_costs import DossierCosts
from bot.stories.paying import Cashier, Rooms
from bot.submission.attachments import Attachments
from bot.submission.dossiers import Dossiers
from bot.submission.handing_in import HandingIn
from bot.submission.one_stop.following import Following
from bot.submission.one_stop.handovers import Handovers
from bot.submission.one_stop.notices import Notices
from bot.submission.one_stop.sentences import Teller
from knowledge.schema import Cost, Procedure
from tests.clock import Clock
from tests.payment.world import World, opened
from tests.submission.filer import DAYS, Filer, filing_on
from tests.submission.journeys import TODAY, all_places, procedure, question

HOTLINE = "1800 1096"


def a_record(*costs: Cost, **more: Any) -> Procedure:
    changes = {"code": "1.000001", "online_level": "full", "checked_on": TODAY, "costs": costs}
    return procedure(question("name")).model_copy(update=changes | {"receiving_agency": "UBND xã"} | more)


def a_cost(amount: int | None = 50_000, **more: Any) -> Cost:
    return Cost(amount_vnd=amount, **({"source": "Thông tư 1/2026/TT-BTC"} | more))


@dataclass
class Office:
    """Everything the story of paying goes through, and one citizen."""

    world: World
    cashier: Cashier
    filer: Filer
    handovers: Handovers
    following: Following
    notices: Notices
    work: PaymentWork
    events: PaymentEvents
    record: Procedure
    handed_on: list[dict] = field(default_factory=list)

    async def files(self) -> str:
        """The journey to its end; what is said then."""
        await self.filer.starts(self.record)
        await self.filer.answers("Nguyễn Văn An", "đồng ý")
        return self.filer.text

    async def presses(self, title: str) -> str:
        payload = next(one.payload for one in self.filer.buttons if one.title == title)
        return self._said(await self.cashier.press(self.filer.heard(payload=payload)))

    async def asks(self, text: str = "tôi trả tiền rồi mà chưa thấy") -> str | None:
        general = (Outcome(replies=(Reply(text="chung"),), turn=Turn(kind="payment")), Context())
        answered = await self.cashier.answer(self.filer.heard(text=text), general)
        return self._said(answered[0]) if answered else None

    def _said(self, outcome: Outcome) -> str:
        assert outcome.turn.kind == "payment"
        self.filer.replies = outcome.replies
        return self.filer.text

    @property
    def titles(self) -> list[str]:
        return [one.title for one in self.filer.buttons]

    async def payment(self) -> Payment:
        """The one that matters now."""
        return await self.cashier._newest(await self.dossier_reference())

    async def dossier_reference(self) -> str:
        return (await self.following.references_of(self.filer.conversation_id))[0]

    async def pays(self, provider: str = "momo", *faults: str, is_told: bool = True) -> None:
        attempt = await self.work.payments.start((await self.payment()).reference, provider)
        _, sent = self.world.pay(await self.world.order_of(attempt), *faults)
        if is_told:
            await self.world.hears(provider, sent)

    async def told(self) -> list[str]:
        """What the citizen was told without asking, by now."""
        await self.events.tell_due(self.cashier.on_event)
        await self.notices.tell_due()
        lines = await self.world.store.history(self.filer.conversation_id)
        return [reply["text"] for line in lines if line["direction"] == "out" for reply in line["replies"]]


@contextlib.asynccontextmanager
async def an_office(
    store: Store, settings: Settings, clock: Clock, record: Procedure, pays_first: bool = False
) -> AsyncIterator[Office]:
    async with opened(store, clock) as world:
        yield await _put_together(world, store, settings, record, pays_first)


async def _put_together(world: World, store: Store, settings: Settings, record: Procedure, pays_first: bool) -> Office:
    async def announce(_: str) -> None:
        """Nobody watches."""

    payments: Payments = world.payments
    refunds = Refunds(store, payments)
    work = PaymentWork(
        payments=payments,
        reconciliation=world.reconciliation,
        statements=world.statements,
        refunds=refunds,
        troubles=Troubles(payments),
        decisions=Decisions(store, payments, world.reconciliation, refunds),
        router=None,
    )
    records, dossiers, handovers = {record.code: record}, Dossiers(store, DAYS), Handovers(store)
    notices = Notices(store, QuietHours.parse("00:00-00:00"), announce, lambda channel: None)
    following = Following(store, notices, Teller(HOTLINE), timedelta(minutes=15))
    costs = DossierCosts(lambda: records, all_places(), lambda ward, province: None, "H15")
    cashier = Cashier(Rooms(store, dossiers, handovers, following, notices, costs, pays_first))
    cashier.open(work)
    filing = filing_on(store, records=records)
    filing.hand_over_through(HandingIn(dossiers, handovers, Attachments(store, settings)))
    filing.hold_while(cashier.holds)
    filing.collect_through(cashier.after_filing)
    following.collect_through(cashier.collect_in)
    filer = Filer(filing, (await store.start_conversation("web"))[0].id)
    return Office(world, cashier, filer, handovers, following, notices, work, PaymentEvents(store), record)
