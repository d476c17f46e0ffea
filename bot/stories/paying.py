"""The story of a dossier's money: what it costs, where it is paid, what the citizen is told, and when it travels on."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from bot.channels.reply import Outcome, Reply, Turn
from bot.dialogue.guide import Answered
from bot.payment import pressing, telling
from bot.payment.decisions import Decisions
from bot.payment.events import PaymentEvent
from bot.payment.fees import Fee, Outlook
from bot.payment.payment import DEMAND
from bot.payment.reconciliation import Said
from bot.payment.records import Line, NotPayable, Payment, Status
from bot.payment.troubles import Evidence
from bot.payment.work import PaymentWork
from bot.store import Store
from bot.stories.dossier_costs import DossierCosts
from bot.submission.dossier import Dossier
from bot.submission.dossiers import Dossiers
from bot.submission.one_stop.following import Following
from bot.submission.one_stop.handovers import Handovers, first_time_in, lock_dossier
from bot.submission.one_stop.notices import Notices
from bot.submission.one_stop.protocol import DossierState
from bot.tables import dossiers as dossier_rows
from bot.underway import Heard
from bot.wording import say

log = logging.getLogger(__name__)

KIND = "payment"
TAG_CHARS = 8
AWAITED = ("paid",)  # the citizen has just done it, so it is told at night too
OVER = ("failed", "expired")  # told only while it is still so
TO_ASK_ABOUT = (Status.pending, Status.failed, Status.expired, Status.mismatched)
MOST_TOLD = 5
OnTrouble = Callable[[str, Evidence], Awaitable[None]]


@dataclass(frozen=True)
class Rooms:
    """What the story goes through."""

    store: Store
    dossiers: Dossiers
    handovers: Handovers
    following: Following
    notices: Notices
    costs: DossierCosts
    pays_first: bool  # the agency takes a dossier with a fee once it is paid


class Cashier:
    """`work` is known once the payment room runs; until then, and where no provider is on, nothing is collected."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._work: PaymentWork | None = None
        self._on_trouble: OnTrouble | None = None

    def open(self, work: PaymentWork) -> None:
        self._work = work

    @property
    def decisions(self) -> Decisions:
        """What the desk does about money; once it is open."""
        return self._work.decisions

    @property
    def is_collecting(self) -> bool:
        return self._work is not None and bool(self._work.payments.providers)

    def hand_troubles_to(self, on_trouble: OnTrouble) -> None:
        """From now on a person hears at once of money that went astray: `on_trouble(conversation_id, evidence)`."""
        self._on_trouble = on_trouble

    # ---- what a dossier costs

    def holds(self, dossier: Dossier, day: dt.date) -> bool:
        """Whether the hand-over waits for the money. What cannot be paid online is handed over as it is."""
        if not self.is_collecting or not self._rooms.pays_first:
            return False
        return self._rooms.costs.fee(dossier, day).outlook in (Outlook.due, Outlook.choose)

    # ---- the end of a journey

    async def after_filing(self, dossier: Dossier, day: dt.date) -> tuple[Reply, ...]:
        """What is said of the money once a dossier is handed in; said again, it asks nothing twice."""
        if not self.is_collecting or dossier.reference is None:
            return ()
        try:
            return await self._due_after(dossier, day)
        except Exception:  # the dossier is handed in: that must be told, whatever its fee is
            log.exception("the fee of %s cannot be asked", dossier.reference)
            return (Reply(text=say("paying.not_now"), buttons=(telling.button("ask", dossier.tag),)),)

    async def _due_after(self, dossier: Dossier, day: dt.date) -> tuple[Reply, ...]:
        asked = await self._newest(dossier.reference)
        if asked and asked.status is not Status.expired:
            return (self._owed(asked, dossier),) if asked.is_live else ()
        return tuple(await self._asked(dossier, self._rooms.costs.fee(dossier, day), is_wanted=False))

    async def _asked(self, dossier: Dossier, fee: Fee, is_wanted: bool) -> list[Reply]:
        """Asks what is due, or says why nothing is; `is_wanted`: the citizen asked, so that "nothing" is an answer."""
        what = dossier.procedure.spoken_name
        match fee.outlook:
            case Outlook.due:
                return [self._owed(await self._ask(dossier, fee), dossier)]
            case Outlook.choose:
                return [telling.which_case(what, fee, dossier.tag)]
            case Outlook.exempt:
                await self._call_off(dossier)
                return [telling.exempt(what, fee.case, dossier.tag)]
            case Outlook.unknown:
                await self._call_off(dossier)
                return [telling.unknown(what, self._rooms.costs.desk(dossier))]
        return [telling.free(what)] if is_wanted else []

    async def _ask(self, dossier: Dossier, fee: Fee) -> Payment:
        title = dossier.procedure.spoken_name
        return await self._work.payments.ask(dossier.reference, fee.lines, title, self._rooms.costs.billing(dossier))

    async def _call_off(self, dossier: Dossier) -> None:
        """Nothing is to be paid here: what was asked lapses, and the dossier need not wait."""
        await self._work.payments.call_off(dossier.reference)
        await self._release(dossier.reference)

    def _owed(self, payment: Payment, dossier: Dossier) -> Reply:
        is_held = self._rooms.pays_first and not _is_agencys(payment)
        return telling.owed(payment, self._work.payments.link(payment), dossier.tag, is_held, _has_case(payment))

    # ---- buttons

    async def press(self, heard: Heard) -> Outcome | None:
        """What a button about money does; None when it is none of ours."""
        pressed = pressing.read(heard.payload)
        if pressed is None:
            return None
        dossier = await self._rooms.dossiers.find(heard.conversation_id, pressed.tag)
        if not self.is_collecting or dossier is None or dossier.reference is None:
            return _outcome([Reply(text=say("paying.gone"))])
        return _outcome(await self._pressed(pressed, dossier, heard), dossier)

    async def _pressed(self, pressed: pressing.Press, dossier: Dossier, heard: Heard) -> list[Reply]:
        newest = await self._newest(dossier.reference)
        if newest and newest.status in (Status.paid, Status.refunded, Status.mismatched) and pressed.verb != "sure":
            return [await self._state(newest, dossier, heard.conversation_id)]
        is_live = newest is not None and newest.is_live
        if is_live and _is_agencys(newest) and pressed.verb in ("case", "is"):
            return [self._owed(newest, dossier)]  # the agency has said what it wants
        match pressed.verb:
            case "desk" if is_live:
                await self._release(dossier.reference)
                return [telling.at_desk(newest, self._rooms.costs.desk(dossier))]
            case "ask" if is_live:
                return [self._owed(newest, dossier)]
            case "is":
                return await self._asked(
                    dossier, self._rooms.costs.fee(dossier, heard.today, pressed.more), is_wanted=True
                )
            case "sure":
                return await self._sure(pressed.more, dossier, heard)
        return await self._asked(dossier, self._rooms.costs.fee(dossier, heard.today), is_wanted=True)

    async def _sure(self, reference: str, dossier: Dossier, heard: Heard) -> list[Reply]:
        """The citizen is certain that money went: asked once more, then a person's matter."""
        payment = await self._work.payments.state(reference)
        if payment is None or payment.dossier_reference != dossier.reference:
            return [Reply(text=say("paying.gone"))]
        said = await self._work.reconciliation.check_now(reference)
        payment = await self._work.payments.state(reference)
        if payment.status in (Status.paid, Status.refunded):
            return [await self._state(payment, dossier, heard.conversation_id)]
        await self._open_case(payment, said, heard.conversation_id)
        return [telling.case_opened(payment)]

    # ---- questions

    async def answer(self, heard: Heard, answered: Answered) -> Answered | None:
        """ "Nộp phí", "tôi trả rồi mà chưa thấy": the providers are asked at once. None: the general answer stands."""
        if not self.is_collecting or heard.payload is not None:
            return None
        replies: list[Reply] = []
        for reference in await self._rooms.following.references_of(heard.conversation_id, MOST_TOLD):
            replies += await self._about(reference, heard)
        return (_outcome(replies), answered[1]) if replies else None

    async def _about(self, reference: str, heard: Heard) -> list[Reply]:
        dossier = await self._dossier(reference)
        if dossier is None or await self._rooms.handovers.status_of(reference) is None:
            return []  # filed on the portal, and paid there
        newest = await self._newest(reference)
        if newest is None:
            fee = self._rooms.costs.fee(dossier, heard.today)
            return [] if fee.outlook is Outlook.free else await self._asked(dossier, fee, is_wanted=True)
        return [await self._state(newest, dossier, heard.conversation_id)]

    async def _state(self, payment: Payment, dossier: Dossier, conversation_id: str) -> Reply:
        """What is known after asking; money astray becomes a case without being asked for."""
        said: Sequence[Said] = ()
        if payment.status in TO_ASK_ABOUT:
            said = await self._work.reconciliation.check_now(payment.reference)
            payment = await self._work.payments.state(payment.reference) or payment
        is_unclear = any(one.verdict in telling.UNCLEAR for one in said) and payment.status is not Status.paid
        if is_unclear or payment.status is Status.mismatched:
            await self._open_case(payment, said, conversation_id)
        link = self._work.payments.link(payment)
        has_case = is_unclear or payment.status is Status.mismatched
        return telling.state(payment, said, dossier.tag, link, link, has_case)

    async def _open_case(self, payment: Payment, said: Sequence[Said], conversation_id: str) -> None:
        evidence = await self._work.troubles.open(payment, said)
        if self._on_trouble is not None:
            await self._on_trouble(conversation_id, evidence)

    async def _newest(self, reference: str) -> Payment | None:
        """The one that matters: paid or live before what lapsed."""
        found = await self._work.payments.of_dossier(reference)
        first = [one for one in found if one.is_live] or [one for one in found if one.status is Status.paid]
        return next(iter([*first, *found]), None)

    async def _dossier(self, reference: str) -> Dossier | None:
        named = sa.select(dossier_rows.c.id).where(dossier_rows.c.reference == reference)
        found = await self._rooms.store.database.read(lambda connection: connection.execute(named).scalar())
        return await self._rooms.dossiers.open_by_id(found) if found else None

    # ---- what follows from a payment

    async def on_event(self, event: PaymentEvent) -> None:
        """Told once, with the hand-over set free in the same transaction; raised errors bring the event again."""
        if self._work is None:
            raise RuntimeError("the payment room is not open yet")  # so the event comes again
        payment = await self._work.payments.state(event.payment_reference)
        if payment is None or (event.kind in OVER and not await self._is_still(payment, event.kind)):
            return
        is_free = await self._rooms.store.database.write(lambda connection: self._tell_in(connection, event, payment))
        if is_free:
            self._rooms.handovers.wake()

    async def _is_still(self, payment: Payment, kind: str) -> bool:
        newest = await self._newest(payment.dossier_reference)
        return payment.status == kind and newest is not None and newest.reference == payment.reference

    def _tell_in(self, connection: sa.Connection, event: PaymentEvent, payment: Payment) -> bool:
        row = lock_dossier(connection, event.dossier_reference)
        if row is None or not first_time_in(connection, event.dossier_reference, f"payment:{event.id}"):
            return False  # the citizen had it erased, or it was told
        link = self._work.payments.link(payment)
        reply = telling.news(payment, event.kind, row.id[:TAG_CHARS], link, link)
        is_awaited = event.kind in AWAITED
        self._rooms.notices.add_in(connection, event.dossier_reference, f"payment_{event.kind}", reply, is_awaited)
        return event.kind == "paid" and self._rooms.handovers.release_in(connection, event.dossier_reference)

    async def _release(self, reference: str) -> None:
        release = self._rooms.handovers.release_in
        if await self._rooms.store.database.write(lambda connection: release(connection, reference)):
            self._rooms.handovers.wake()

    # ---- the agency asks

    def collect_in(self, connection: sa.Connection, reference: str, state: DossierState) -> Reply | None:
        """A payment for what the agency asks, in the transaction that notes it; None: its own words stand."""
        if not self.is_collecting or not state.amount_vnd:
            return None
        payments = self._work.payments
        earlier, name = payments.of_dossier_in(connection, reference), state.procedure_name or state.code
        paid = [one for one in earlier if one.status is Status.paid]
        for same in (one for one in earlier if one.amount_vnd == state.amount_vnd):
            if same.status is Status.paid:
                return telling.already_paid(same, payments.link(same))
            if same.is_live:
                return telling.requested(same, name, payments.link(same))
        line = Line(say("paying.requested_line"), state.amount_vnd)
        demand = f"more:{state.amount_vnd}" if paid else DEMAND
        try:
            payment = payments.ask_in(connection, reference, (line,), name, demand)
        except NotPayable:
            return None
        return telling.requested(payment, name, payments.link(payment))


def _is_agencys(payment: Payment) -> bool:
    """Asked by the agency, not by a record: its lines name no law."""
    return not any(line.source for line in payment.lines)


def _has_case(payment: Payment) -> bool:
    return any(line.source and line.name not in ("fee", "charge") for line in payment.lines)


def _outcome(replies: Sequence[Reply], dossier: Dossier | None = None) -> Outcome:
    code = dossier.procedure.code if dossier else None
    return Outcome(replies=tuple(replies), turn=Turn(kind=KIND, procedure_code=code))
