"""A payment as it is read, and how its rows are sealed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.payment.providers.protocol import Billing, Charge, Started
from bot.payment.tables import LIVE
from bot.privacy import KeyRing
from knowledge.costs import CostLine

MOST_VND = 10**12
MOST_LINES = 50


class NotPayable(Exception):
    """No sum that could be asked: a figure is not known, nothing is to be paid, or the lines contradict each other."""


class Status(StrEnum):
    open = "open"
    pending = "pending"
    paid = "paid"
    failed = "failed"
    expired = "expired"
    mismatched = "mismatched"
    refunded = "refunded"


@dataclass(frozen=True)
class Line:
    """One thing paid; `kind` fee (lệ phí) or charge (phí); a reduction is below zero."""

    name: str
    amount_vnd: int
    kind: str = "fee"
    source: str | None = None
    valid_to: dt.date | None = None
    checked_on: dt.date | None = None


@dataclass(frozen=True)
class Payment:
    """One reading of a row."""

    reference: str
    dossier_reference: str
    demand: str
    amount_vnd: int
    currency: str
    status: Status
    provider: str | None
    title: str
    lines: tuple[Line, ...]
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    billing: Billing | None = field(repr=False)

    @property
    def is_live(self) -> bool:
        return self.status in LIVE


@dataclass(frozen=True)
class Attempt:
    """One try with one provider; `started` None: the provider has not answered, or its answer is out of date."""

    provider: str
    reference: str
    payment_reference: str
    status: str
    started_at: datetime
    expires_at: datetime
    queries: int
    amount_vnd: int
    started: Started | None = field(repr=False)


def lines_of(costs: Sequence[CostLine], kinds: Sequence[str] = ()) -> tuple[Line, ...]:
    """What can be asked of these costs, lines of nothing left out; raises NotPayable when a figure is not certain."""
    if any(cost.amount_vnd is None or not cost.is_certain for cost in costs):
        raise NotPayable("a figure is not known")
    kinds = tuple(kinds) or ("fee",) * len(costs)
    both = zip(costs, kinds, strict=True)
    lines = (
        Line(cost.name, cost.amount_vnd or 0, kind, cost.source, cost.valid_to, cost.checked_on) for cost, kind in both
    )
    return tuple(line for line in lines if line.amount_vnd)


def total_vnd(lines: Sequence[Line]) -> int:
    """Raises NotPayable."""
    total = sum(line.amount_vnd for line in lines)
    if not 0 < total <= MOST_VND or len(lines) > MOST_LINES:
        raise NotPayable(f"{len(lines)} lines of {total} đồng")
    return total


def charges_of(payment: Payment) -> tuple[Charge, ...]:
    return tuple(Charge(line.name, line.amount_vnd, line.kind == "fee") for line in payment.lines)


# ---- rows


def to_body(title: str, lines: Sequence[Line]) -> bytes:
    body = {"title": title, "lines": [asdict(line) for line in lines]}
    return json.dumps(body, ensure_ascii=False, default=dt.date.isoformat).encode()


def read_payment(row: Any, keys: KeyRing) -> Payment:
    body = json.loads(row.lines)
    return Payment(
        reference=row.reference,
        dossier_reference=row.dossier_reference,
        demand=row.demand,
        amount_vnd=row.amount_vnd,
        currency=row.currency,
        status=Status(row.status),
        provider=row.provider,
        title=body["title"],
        lines=tuple(_line(**line) for line in body["lines"]),
        created_at=row.created_at,
        expires_at=row.expires_at,
        paid_at=row.paid_at,
        billing=open_billing(keys, row.reference, row.billing),
    )


def _line(valid_to: str | None, checked_on: str | None = None, **rest: Any) -> Line:
    return Line(valid_to=_day(valid_to), checked_on=_day(checked_on), **rest)


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def billing_place(reference: str) -> str:
    return f"payments/{reference}/billing"


def started_place(provider: str, reference: str) -> str:
    return f"payment_attempts/{provider}/{reference}/started"


def notice_place(provider: str, transaction_key: str, meaning: str) -> str:
    return f"payment_notices/{provider}/{transaction_key}/{meaning}/body"


def seal_billing(keys: KeyRing, reference: str, billing: Billing | None) -> bytes | None:
    return keys.seal(_json(asdict(billing)), billing_place(reference)) if billing else None


def open_billing(keys: KeyRing, reference: str, sealed: bytes | None) -> Billing | None:
    return Billing(**json.loads(keys.open(sealed, billing_place(reference)))) if sealed else None


def seal_started(keys: KeyRing, provider: str, reference: str, started: Started) -> bytes:
    return keys.seal(_json(asdict(started)), started_place(provider, reference))


def read_attempt(row: Any, amount_vnd: int, keys: KeyRing) -> Attempt:
    plain = keys.open(row.started, started_place(row.provider, row.reference)) if row.started else None
    return Attempt(
        provider=row.provider,
        reference=row.reference,
        payment_reference=row.payment_reference,
        status=row.status,
        started_at=row.started_at,
        expires_at=row.expires_at,
        queries=row.queries,
        amount_vnd=amount_vnd,
        started=Started(**json.loads(plain)) if plain else None,
    )


def _json(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()
