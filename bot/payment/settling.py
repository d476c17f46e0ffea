"""What a verified notice does to a payment, under the lock of its dossier: settled once, or held apart."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.payment.ledger import About, Kind, book
from bot.payment.providers.protocol import CURRENCY, Notice, Outcome, Verdict
from bot.payment.records import Status
from bot.payment.tables import (
    LIVE,
    payment_attempts,
    payment_events,
    payment_transfers,
    payments,
    refund_cases,
)

# Built once, for notices come in crowds.
_OF_DOSSIER = (
    sa.select(payments)
    .where(payments.c.dossier_reference == sa.bindparam("dossier"))
    .order_by(payments.c.reference)
    .with_for_update()
)
_ATTEMPT = (
    sa.select(payment_attempts.c.payment_reference, payments.c.dossier_reference)
    .join(payments)
    .where(
        payment_attempts.c.provider == sa.bindparam("provider"),
        payment_attempts.c.reference == sa.bindparam("reference"),
    )
)
_ENDING = (
    sa.update(payment_attempts)
    .where(
        payment_attempts.c.provider == sa.bindparam("of"),
        payment_attempts.c.reference == sa.bindparam("named"),
        payment_attempts.c.status.in_(("pending", "given_up")),
    )
    .values(status=sa.bindparam("over"), next_query_at=None, started=None)
)
# The same number; or of the same attempt one without a number, to which any may belong.
_SEEN = sa.select(payment_transfers).where(
    payment_transfers.c.provider == sa.bindparam("of"),
    sa.or_(
        payment_transfers.c.transaction_id == sa.bindparam("transaction"),
        sa.and_(
            payment_transfers.c.attempt_reference == sa.bindparam("attempt"),
            payment_transfers.c.transaction_id.like(sa.bindparam("unnamed")),
        ),
    ),
)
UNNAMED = "~"  # begins the number of a transfer whose provider did not tell one
RULES = "rules"
MOST_KEY_CHARS = 100
Row = Any


def transaction_key(notice: Notice) -> str:
    key = notice.transaction_id or f"{UNNAMED}{notice.reference}"
    return key if len(key) <= MOST_KEY_CHARS else hashlib.sha256(key.encode()).hexdigest()


def meaning(notice: Notice) -> str:
    """A copy has the same; a later word about the same transaction another."""
    parts = (notice.reference, notice.verdict, notice.code, str(notice.amount), notice.currency)
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


def about(payment: Row, amount: int | None = None, currency: str = CURRENCY, **more: str | None) -> About:
    total = payment.amount_vnd if amount is None else amount
    return About(payment.reference, payment.dossier_reference, total, currency, **more)


def lock_dossier(connection: sa.Connection, dossier_reference: str) -> Sequence[Row]:
    """All payments of a dossier, locked in one order: money for one must see what the others are."""
    return connection.execute(_OF_DOSSIER, {"dossier": dossier_reference}).all()


def lock_payment(connection: sa.Connection, reference: str) -> tuple[Row, Sequence[Row]] | None:
    """The payment and the others of the same demand; None when there is none."""
    where = sa.select(payments.c.dossier_reference).where(payments.c.reference == reference)
    dossier = connection.execute(where).scalar()
    return _of_demand(lock_dossier(connection, dossier), reference) if dossier is not None else None


def _of_demand(locked: Sequence[Row], reference: str) -> tuple[Row, Sequence[Row]]:
    ours = next(row for row in locked if row.reference == reference)
    return ours, [row for row in locked if row.demand == ours.demand and row is not ours]


def tell(connection: sa.Connection, payment: Row, kind: str, now: datetime) -> None:
    """What follows is written with what it follows from."""
    row = {
        "payment_reference": payment.reference,
        "dossier_reference": payment.dossier_reference,
        "kind": kind,
        "created_at": now,
        "attempts": 0,
        "next_attempt_at": now,
    }
    connection.execute(sa.insert(payment_events), row)


def lapse(connection: sa.Connection, payment: Row, status: Status, now: datetime) -> None:
    """A live payment is asked no more."""
    change(connection, payment.reference, now, status=status, billing=None)
    book(connection, Kind.lapsed, about(payment), now)


def change(connection: sa.Connection, reference: str, now: datetime, **values: Any) -> None:
    ours = sa.update(payments).where(payments.c.reference == reference)
    connection.execute(ours.values(changed_at=now, **values))


def open_case(
    connection: sa.Connection, payment: Row, transfer: dict[str, Any], reason: str, asked_by: str, now: datetime
) -> str:
    case_id = uuid.uuid4().hex
    row = {
        "id": case_id,
        "provider": transfer["provider"],
        "transaction_id": transfer["transaction_id"],
        "payment_reference": payment.reference,
        "amount": transfer["amount"],
        "currency": transfer["currency"],
        "reason": reason,
        "status": "open",
        "asked_by": asked_by,
        "created_at": now,
        "changed_at": now,
    }
    connection.execute(sa.insert(refund_cases), row)
    return case_id


@dataclass(frozen=True)
class Settling:
    """One notice at work in one transaction."""

    connection: sa.Connection
    notice: Notice
    now: datetime

    def act(self) -> Outcome:
        attempt = self._attempt()
        if attempt is None:
            return Outcome.unknown_reference
        if self.notice.verdict is Verdict.unknown:
            return Outcome.unhandled
        locked = lock_dossier(self.connection, attempt.dossier_reference)
        payment, others = _of_demand(locked, attempt.payment_reference)
        if self.notice.verdict is Verdict.paid:
            return self._money(payment, others)
        if self.notice.verdict is Verdict.failed:
            self._fail(payment)
        return Outcome.noted

    def _attempt(self) -> Row | None:
        named = {"provider": self.notice.provider, "reference": self.notice.reference}
        return self.connection.execute(_ATTEMPT, named).first()

    # ---- no money

    def _fail(self, payment: Row) -> None:
        """Its attempt is over; the payment fails with its last one."""
        if not self._end_attempt("failed") or payment.status != Status.pending:
            return
        fail_without_attempts(self.connection, payment, self.now)

    def _end_attempt(self, status: str) -> bool:
        named = {"of": self.notice.provider, "named": self.notice.reference, "over": status}
        return self.connection.execute(_ENDING, named).rowcount == 1

    # ---- money

    def _money(self, payment: Row, others: Sequence[Row]) -> Outcome:
        if not self.notice.amount or len(self.notice.currency) > 8:
            return Outcome.unhandled
        earlier = self._seen_before()
        if earlier is not None:
            return earlier
        if self.notice.amount != payment.amount_vnd or self.notice.currency != payment.currency:
            is_amount = self.notice.currency == payment.currency
            self._hold(payment, "wrong_amount" if is_amount else "wrong_currency")
            return Outcome.mismatched
        if self._is_paid(payment) or any(self._is_paid(other) for other in others):
            self._hold(payment, "paid_twice")
            return Outcome.already_paid
        if payment.status == Status.refunded:
            self._hold(payment, "after_refund")
            return Outcome.mismatched
        self._credit(payment, others)
        return Outcome.settled

    @staticmethod
    def _is_paid(payment: Row) -> bool:
        return payment.status == Status.paid

    def _seen_before(self) -> Outcome | None:
        """A transfer is booked once; the same number with another sum is for a person."""
        named = {
            "of": self.notice.provider,
            "transaction": transaction_key(self.notice),
            "attempt": self.notice.reference,
            "unnamed": f"{UNNAMED}%" if self.notice.transaction_id else "%",
        }
        found = self.connection.execute(_SEEN, named).all()
        if not found:
            return None
        return Outcome.repeated if any(map(self._is_this, found)) else Outcome.unhandled

    def _is_this(self, transfer: Row) -> bool:
        told = (self.notice.reference, self.notice.amount, self.notice.currency)
        return told == (transfer.attempt_reference, transfer.amount, transfer.currency)

    def _credit(self, payment: Row, others: Sequence[Row]) -> None:
        if payment.status not in LIVE:  # late money is still money: what had lapsed was asked after all
            book(self.connection, Kind.asked, about(payment), self.now)
        for other in others:
            if other.status in LIVE:
                lapse(self.connection, other, Status.expired, self.now)
        paid = {"status": Status.paid, "provider": self.notice.provider, "paid_at": self.now, "billing": None}
        change(self.connection, payment.reference, self.now, **paid)
        self._end_attempt("paid")
        self._keep_transfer(payment, is_credited=True)
        book(self.connection, Kind.received, self._about(payment), self.now)
        tell(self.connection, payment, Status.paid, self.now)

    def _hold(self, payment: Row, reason: str) -> None:
        """The money is kept apart with a case for a person. The attempt is asked about further: more may come."""
        if payment.status in LIVE:
            lapse(self.connection, payment, Status.mismatched, self.now)
        elif payment.status == Status.expired:
            change(self.connection, payment.reference, self.now, status=Status.mismatched)
        transfer = self._keep_transfer(payment, is_credited=False)
        open_case(self.connection, payment, transfer, reason, RULES, self.now)
        book(self.connection, Kind.held, self._about(payment), self.now)
        tell(self.connection, payment, Status.mismatched, self.now)

    def _keep_transfer(self, payment: Row, is_credited: bool) -> dict[str, Any]:
        row = {
            "provider": self.notice.provider,
            "transaction_id": transaction_key(self.notice),
            "attempt_reference": self.notice.reference,
            "payment_reference": payment.reference,
            "amount": self.notice.amount,
            "currency": self.notice.currency,
            "is_credited": is_credited,
            "received_at": self.now,
        }
        self.connection.execute(sa.insert(payment_transfers), row)
        return row

    def _about(self, payment: Row) -> About:
        money = {"provider": self.notice.provider, "transaction_id": transaction_key(self.notice)}
        return about(payment, self.notice.amount, self.notice.currency, **money)


def fail_without_attempts(connection: sa.Connection, payment: Row, now: datetime) -> None:
    """A payment under way with no attempt left under way has failed; the citizen may try again."""
    table = payment_attempts.c
    running = (table.payment_reference == payment.reference, table.status == "pending")
    if connection.execute(sa.select(table.reference).where(*running).limit(1)).first() is None:
        change(connection, payment.reference, now, status=Status.failed)
        tell(connection, payment, Status.failed, now)
