"""Money that goes back: asked for by one person or by rule, approved by another, sent and followed to its end."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.payment.ledger import Kind, book
from bot.payment.payment import Payments
from bot.payment.providers.protocol import CURRENCY, Refund, Refused, Unavailable
from bot.payment.records import Status
from bot.payment.settling import RULES, UNNAMED, about, change, lock_payment, open_case, tell
from bot.payment.tables import payment_attempts, payment_transfers, refund_cases
from bot.store import Store

log = logging.getLogger(__name__)

PAYER_IP = "127.0.0.1"
MOST_AT_ONCE = 10


class NotAllowed(Exception):
    """The case is not where this step begins, or the same person would do both."""


class OwnCase(NotAllowed):
    """Who asked would decide, too."""


class NotAskedFor(NotAllowed):
    """A rule holds it: a first person has to ask for it before a second one can decide."""


@dataclass(frozen=True)
class RefundCase:
    """One sum that is to go back by the way it came."""

    id: str
    provider: str
    transaction_id: str
    payment_reference: str
    amount: int
    currency: str
    reason: str
    status: str
    asked_by: str
    approved_by: str | None
    provider_number: str | None
    last_error: str | None
    created_at: datetime


class Refunds:
    """Every verb is one transaction, except `send_due`, which calls the provider between two."""

    def __init__(self, store: Store, payments: Payments) -> None:
        self._database, self._clock, self._payments = store.database, store.clock, payments

    async def cases(self, *statuses: str) -> list[RefundCase]:
        """The oldest first; without statuses those that are not over."""
        return await self._database.read(lambda connection: cases_in(connection, *statuses))

    async def request(self, payment_reference: str, reason: str, by: str) -> str:
        """A case for what was paid; raises NotAllowed when it is not paid, or asked back already."""
        try:
            return await self._database.write(lambda c: self.request_in(c, payment_reference, reason, by))
        except IntegrityError:
            raise NotAllowed(f"{payment_reference}: asked back already") from None

    def request_in(self, connection: sa.Connection, reference: str, reason: str, by: str) -> str:
        now, locked = self._clock(), lock_payment(connection, reference)
        if locked is None or locked[0].status != Status.paid:
            raise NotAllowed(f"{reference} is not paid")
        table = payment_transfers.c
        credited = sa.select(payment_transfers).where(table.payment_reference == reference, table.is_credited)
        transfer = connection.execute(credited).one()._asdict()
        case_id = self._open_again(connection, transfer, reason[:20], by[:80])
        case_id = case_id or open_case(connection, locked[0], transfer, reason[:20], by[:80], now)
        money = {"provider": transfer["provider"], "transaction_id": transfer["transaction_id"]}
        book(connection, Kind.taken_back, about(locked[0], transfer["amount"], transfer["currency"], **money), now)
        return case_id

    def _open_again(self, connection: sa.Connection, transfer: dict[str, Any], reason: str, by: str) -> str | None:
        """A case that was refused may be asked for once more; a transfer has one case."""
        table = refund_cases.c
        same = (table.provider == transfer["provider"], table.transaction_id == transfer["transaction_id"])
        again = sa.update(refund_cases).where(*same, table.status == "refused").returning(table.id)
        again = again.values(status="open", reason=reason, asked_by=by, approved_by=None, changed_at=self._clock())
        return connection.execute(again).scalar()

    def ask_back_in(self, connection: sa.Connection, case_id: str, by: str) -> None:
        """A first person asks for what a rule held apart; raises NotAllowed."""
        held = sa.update(refund_cases).where(refund_cases.c.id == case_id, refund_cases.c.status == "open")
        held = held.where(refund_cases.c.asked_by == RULES).values(asked_by=by[:80], changed_at=self._clock())
        if connection.execute(held).rowcount != 1:
            raise NotAllowed(f"{case_id} was asked for")

    def approve_in(self, connection: sa.Connection, case_id: str, by: str) -> None:
        """As `approve`, of what a person asked for; raises NotAllowed, of it OwnCase."""
        self._second(connection, case_id, by, status="approved", approved_by=by[:80], last_error=None)

    def refuse_in(self, connection: sa.Connection, case_id: str, by: str) -> None:
        """Credited money stays where it is; what was held apart is held further, for somebody else to decide."""
        case = connection.execute(sa.select(refund_cases).where(refund_cases.c.id == case_id)).first()
        locked = lock_payment(connection, case.payment_reference) if case else None
        if locked is None:
            raise NotAllowed(f"no case {case_id}")
        is_credited = _is_credited(connection, case)
        self._second(connection, case_id, by, **({"status": "refused"} if is_credited else {"asked_by": RULES}))
        if not is_credited:
            return
        money = {"provider": case.provider, "transaction_id": case.transaction_id}
        book(connection, Kind.kept, about(locked[0], case.amount, case.currency, **money), self._clock())

    def _second(self, connection: sa.Connection, case_id: str, by: str, **values: Any) -> None:
        """One press of many that come at once finds it open."""
        table = refund_cases.c
        asked_by = connection.execute(sa.select(table.asked_by).where(table.id == case_id)).scalar()
        if asked_by == by[:80]:
            raise OwnCase(f"{by} asked for {case_id}")
        if asked_by == RULES:
            raise NotAskedFor(f"{case_id} is held by a rule, nobody has asked for it to go back")
        where = (table.id == case_id, table.status == "open", table.asked_by.not_in((RULES, by[:80])))
        done = sa.update(refund_cases).where(*where).values(changed_at=self._clock(), **values)
        if connection.execute(done).rowcount != 1:
            raise NotAllowed(f"{case_id} does not wait for a second person")

    async def approve(self, case_id: str, by: str) -> None:
        """By a second person: never who asked, and what a rule holds has to be asked for first. Raises NotAllowed."""
        await self._database.write(lambda connection: self.approve_in(connection, case_id, by))

    async def confirm(self, case_id: str, by: str, number: str) -> None:
        """The money has gone back, by the provider's or the bank's own number; raises NotAllowed."""
        await self._database.write(lambda connection: self._confirm(connection, case_id, number))
        log.info("refund case %s confirmed by %s", case_id, by)

    async def send_due(self) -> int:
        """Sends what is approved and can be sent; the rest waits for a person. How many were sent."""
        sent = 0
        for case in (await self.cases("approved", "sending"))[:MOST_AT_ONCE]:
            sent += await self._send(case)
        return sent

    async def _send(self, case: RefundCase) -> bool:
        if not self.is_sent_by_us(case):
            return False
        provider = self._payments.providers[case.provider]
        # Sent again under the same number it is refunded once, so a case that was cut off is simply sent again.
        await self._step(case.id, ("approved", "sending"), "sending")
        try:
            number = await provider.refund(await self._refund(case), self._clock())
        except Unavailable as silent:
            await self._step(case.id, ("sending",), "sending", last_error=str(silent)[:300])
            return False
        except Refused as refused:
            await self._step(case.id, ("sending",), "open", last_error=str(refused)[:300], approved_by=None)
            return False
        await self._step(case.id, ("sending",), "sent", provider_number=number[:100], last_error=None)
        return True

    def is_sent_by_us(self, case: RefundCase) -> bool:
        """Its provider takes refunds from us; everything else is done by hand."""
        is_possible = case.currency == CURRENCY and not case.transaction_id.startswith(UNNAMED)
        return is_possible and hasattr(self._payments.providers.get(case.provider), "refund")

    async def _refund(self, case: RefundCase) -> Refund:
        table, moved = payment_attempts.c, payment_transfers.c
        joined = sa.select(table.reference, table.started_at).where(
            table.provider == case.provider,
            table.reference == moved.attempt_reference,
            moved.provider == case.provider,
            moved.transaction_id == case.transaction_id,
        )
        attempt = await self._database.read(lambda connection: connection.execute(joined).one())
        return Refund(
            case_id=case.id,
            reference=attempt.reference,
            transaction_id=case.transaction_id,
            amount_vnd=case.amount,
            is_whole=True,
            started_at=attempt.started_at,
            approved_by="".join(char for char in case.approved_by or "" if char.isascii() and char.isalnum())[:50],
            client_ip=PAYER_IP,
        )

    async def _step(self, case_id: str, before: Sequence[str], after: str, **values: Any) -> None:
        change_it = sa.update(refund_cases).where(refund_cases.c.id == case_id, refund_cases.c.status.in_(before))
        change_it = change_it.values(status=after, changed_at=self._clock(), **values)
        if not await self._database.write(lambda connection: connection.execute(change_it).rowcount):
            raise NotAllowed(f"{case_id} cannot become {after}")

    def _confirm(self, connection: sa.Connection, case_id: str, number: str) -> None:
        now = self._clock()
        case = connection.execute(sa.select(refund_cases).where(refund_cases.c.id == case_id)).first()
        locked = lock_payment(connection, case.payment_reference) if case else None
        done = sa.update(refund_cases).where(
            refund_cases.c.id == case_id, refund_cases.c.status.in_(("approved", "sending", "sent"))
        )
        done = done.values(status="done", changed_at=now, provider_number=number[:100])
        if locked is None or connection.execute(done).rowcount != 1:
            raise NotAllowed(f"{case_id} cannot be done")
        money = {"provider": case.provider, "transaction_id": case.transaction_id}
        book(connection, Kind.refunded, about(locked[0], case.amount, case.currency, **money), now)
        if _is_credited(connection, case):
            change(connection, locked[0].reference, now, status=Status.refunded)
        tell(connection, locked[0], Status.refunded, now)


def cases_in(connection: sa.Connection, *statuses: str, most: int = 500) -> list[RefundCase]:
    """The oldest first; without statuses those that are not over."""
    wanted = statuses or ("open", "approved", "sending", "sent")
    found = sa.select(refund_cases).where(refund_cases.c.status.in_(wanted)).order_by(refund_cases.c.created_at)
    return [_read(row) for row in connection.execute(found.limit(most)).all()]


def _is_credited(connection: sa.Connection, case: Any) -> bool:
    """It paid something here; else it is held apart."""
    moved = payment_transfers.c
    ours = (moved.provider == case.provider, moved.transaction_id == case.transaction_id)
    return bool(connection.execute(sa.select(moved.is_credited).where(*ours)).scalar())


def _read(row: Any) -> RefundCase:
    names = RefundCase.__dataclass_fields__
    return RefundCase(**{name: getattr(row, name) for name in names})
