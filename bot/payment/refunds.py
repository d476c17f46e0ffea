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
from bot.payment.settling import UNNAMED, about, change, lock_payment, open_case, tell
from bot.payment.tables import payment_attempts, payment_transfers, refund_cases
from bot.store import Store

log = logging.getLogger(__name__)

PAYER_IP = "127.0.0.1"
MOST_AT_ONCE = 10


class NotAllowed(Exception):
    """The case is not where this step begins, or the same person would do both."""


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
        wanted = statuses or ("open", "approved", "sending", "sent")
        found = sa.select(refund_cases).where(refund_cases.c.status.in_(wanted)).order_by(refund_cases.c.created_at)
        rows = await self._database.read(lambda connection: connection.execute(found.limit(500)).all())
        return [_read(row) for row in rows]

    async def request(self, payment_reference: str, reason: str, by: str) -> str:
        """A case for what was paid; raises NotAllowed when it is not paid, or asked back already."""
        try:
            return await self._database.write(lambda c: self._request(c, payment_reference, reason, by))
        except IntegrityError:
            raise NotAllowed(f"{payment_reference}: asked back already") from None

    def _request(self, connection: sa.Connection, reference: str, reason: str, by: str) -> str:
        now, locked = self._clock(), lock_payment(connection, reference)
        if locked is None or locked[0].status != Status.paid:
            raise NotAllowed(f"{reference} is not paid")
        table = payment_transfers.c
        credited = sa.select(payment_transfers).where(table.payment_reference == reference, table.is_credited)
        transfer = connection.execute(credited).one()._asdict()
        case_id = open_case(connection, locked[0], transfer, reason[:20], by[:80], now)
        money = {"provider": transfer["provider"], "transaction_id": transfer["transaction_id"]}
        book(connection, Kind.taken_back, about(locked[0], transfer["amount"], transfer["currency"], **money), now)
        return case_id

    async def approve(self, case_id: str, by: str) -> None:
        """By somebody else than who asked; raises NotAllowed."""
        await self._step(case_id, ("open",), "approved", by=by, approved_by=by[:80])

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
        provider = self._payments.providers.get(case.provider)
        is_possible = case.currency == CURRENCY and not case.transaction_id.startswith(UNNAMED)
        if not hasattr(provider, "refund") or not is_possible:
            return False
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

    async def _step(
        self, case_id: str, before: Sequence[str], after: str, by: str | None = None, **values: Any
    ) -> None:
        table = refund_cases.c
        where = [table.id == case_id, table.status.in_(before)]
        where += [table.asked_by != by] if by else []
        change_it = sa.update(refund_cases).where(*where)
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
        moved = payment_transfers.c
        ours = (moved.provider == case.provider, moved.transaction_id == case.transaction_id)
        if connection.execute(sa.select(moved.is_credited).where(*ours)).scalar():
            change(connection, locked[0].reference, now, status=Status.refunded)
        tell(connection, locked[0], Status.refunded, now)


def _read(row: Any) -> RefundCase:
    names = RefundCase.__dataclass_fields__
    return RefundCase(**{name: getattr(row, name) for name in names})
