"""What about money waits for a person, each with what to do next, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.payment.page import clock_time, money
from bot.payment.payment import Payments
from bot.payment.providers.protocol import CURRENCY, Outcome
from bot.payment.refunds import RefundCase, Refunds
from bot.payment.settling import RULES
from bot.payment.tables import payment_attempts, payments
from bot.payment.troubles import ORIGIN
from bot.store import Store
from bot.wording import say

MOST = 500
AUTOMATIC = ("vnpay",)  # whose refunds we send ourselves


@dataclass(frozen=True)
class Waiting:
    """`key` is what commands and the desk name it by; `says` tells it in Vietnamese, `todo` what to do."""

    key: str
    kind: str
    since: datetime
    says: str
    todo: str


class Attention:
    """For the desk and for `motcua ledger`; nothing personal is in it."""

    def __init__(self, store: Store, work_payments: Payments, refunds: Refunds) -> None:
        self._database, self._payments, self._refunds = store.database, work_payments, refunds

    async def waiting(self) -> list[Waiting]:
        notices = [_notice(row) for row in await self._payments.notices.for_a_person()]
        cases = [_case(case) for case in await self._refunds.cases()]
        given_up = [_given_up(row) for row in await self._database.read(_attempts)]
        return sorted((*notices, *cases, *given_up), key=lambda one: one.since)


def _attempts(connection: sa.Connection) -> Sequence[Any]:
    joined = sa.select(payment_attempts, payments.c.amount_vnd, payments.c.dossier_reference).join(payments)
    return connection.execute(joined.where(payment_attempts.c.status == "given_up").limit(MOST)).all()


def _notice(row: Any) -> Waiting:
    is_told = row.origin == ORIGIN
    kind = "says_paid" if is_told else "unknown_code" if row.outcome == Outcome.unhandled else "unknown_reference"
    told = {"provider": _provider(row.provider), "reference": row.reference, "code": row.code, "id": row.id}
    told |= {"amount": _amount(row.amount, row.currency), "at": clock_time(row.received_at)}
    return Waiting(f"notice:{row.id}", kind, row.received_at, _says(kind, told), _todo(kind, told))


def _case(case: RefundCase) -> Waiting:
    is_sent_by_hand = case.status == "approved" and case.provider not in AUTOMATIC
    is_held = case.status == "open" and case.asked_by == RULES
    kind = "refund_by_hand" if is_sent_by_hand else "refund_held" if is_held else f"refund_{case.status}"
    told = {"amount": _amount(case.amount, case.currency), "reason": say(f"paying.office.reason.{case.reason}")}
    told |= {"provider": _provider(case.provider), "reference": case.payment_reference, "id": case.id}
    told |= {"transaction": case.transaction_id, "at": clock_time(case.created_at)}
    return Waiting(f"refund:{case.id}", kind, case.created_at, _says("refund", told), _todo(kind, told))


def _given_up(row: Any) -> Waiting:
    told = {"provider": _provider(row.provider), "reference": row.payment_reference, "amount": money(row.amount_vnd)}
    told |= {"at": clock_time(row.started_at), "attempt": row.reference}
    says, todo = _says("given_up", told), _todo("given_up", told)
    return Waiting(f"attempt:{row.reference}", "given_up", row.started_at, says, todo)


def _says(kind: str, told: dict[str, object]) -> str:
    return say(f"paying.office.{kind}", **told)


def _todo(kind: str, told: dict[str, object]) -> str:
    return say(f"paying.office.todo.{kind}", **told)


def _provider(name: str) -> str:
    return say("paying.office.nowhere") if name == "none" else say(f"payment.provider.{name}")


def _amount(amount: int | None, currency: str) -> str:
    if amount is None:
        return say("paying.office.no_amount")
    return money(amount) if currency == CURRENCY else f"{money(amount)} {currency}"
