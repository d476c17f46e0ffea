"""The ledger: double entry, only ever appended to, written in the transaction of what it tells about."""

from __future__ import annotations

import csv
import io
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from bot.database import Database
from bot.payment.tables import LIVE, ledger_lines, payment_transfers, payments, refund_cases
from knowledge.working_days import VIETNAM

OWED = "citizens_owe"  # asked and not received
DUE = "agency_is_due"  # for the collecting body: owed to it by us or, through us, by citizens
HELD = "held_for_refund"
PAGE = 1000
COLUMNS = (
    "number", "entry", "day", "time", "kind", "account", "debit", "credit", "currency", "payment", "dossier",
    "provider", "transaction",
)  # fmt: skip


class Kind(StrEnum):
    asked = "asked"
    lapsed = "lapsed"  # no longer asked
    received = "received"
    held = "held"
    passed_on = "passed_on"
    taken_back = "taken_back"  # credited money that shall be given back
    kept = "kept"  # it shall not be given back after all
    refunded = "refunded"


@dataclass(frozen=True)
class About:
    """What an entry is about."""

    payment_reference: str
    dossier_reference: str
    amount: int
    currency: str
    provider: str | None = None
    transaction_id: str | None = None


def with_provider(name: str | None) -> str:
    """Money that lies with a provider, or went through it."""
    return f"with:{name}"


def accounts_of(kind: Kind, about: About) -> tuple[str, str]:
    """Where it is added, and where it is taken away. Liabilities are below zero."""
    money = with_provider(about.provider)
    return {
        Kind.asked: (OWED, DUE),
        Kind.lapsed: (DUE, OWED),
        Kind.received: (money, OWED),
        Kind.held: (money, HELD),
        Kind.passed_on: (DUE, money),
        Kind.taken_back: (DUE, HELD),
        Kind.kept: (HELD, DUE),
        Kind.refunded: (HELD, money),
    }[kind]


def book(connection: sa.Connection, kind: Kind, about: About, now: datetime) -> None:
    """One entry of two lines, within the caller's transaction. Nothing may be booked for less than nothing."""
    if about.amount <= 0:
        raise ValueError(f"an entry of {about.amount}")
    debit, credit = accounts_of(kind, about)
    shared = {"entry": uuid.uuid4().hex, "kind": kind, "booked_at": now, **_columns(about)}
    lines = [
        shared | {"account": debit, "amount": about.amount},
        shared | {"account": credit, "amount": -about.amount},
    ]
    connection.execute(sa.insert(ledger_lines), lines)


def _columns(about: About) -> dict[str, Any]:
    return {
        "currency": about.currency,
        "payment_reference": about.payment_reference,
        "dossier_reference": about.dossier_reference,
        "provider": about.provider,
        "transaction_id": about.transaction_id,
    }


@dataclass(frozen=True)
class Balances:
    """`accounts[currency][account]`, and what does not add up (nothing, if all is well)."""

    accounts: Mapping[str, Mapping[str, int]]
    troubles: tuple[str, ...]

    @property
    def is_balanced(self) -> bool:
        return not self.troubles


class Ledger:
    """Reads and checks; writing is `book`, beside what it tells about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def balances(self) -> Balances:
        """Every entry adds up to nothing, and the ledger says the same as the payments, transfers and cases."""
        return await self._database.read(_balances)

    async def to_csv(self, since: datetime, until: datetime) -> str:
        """For the accountant's spreadsheet: every line booked from `since` until before `until`."""
        within = (ledger_lines.c.booked_at >= since, ledger_lines.c.booked_at < until)
        lines = sa.select(ledger_lines).where(*within).order_by(ledger_lines.c.id)
        rows = await self._database.read(lambda connection: connection.execute(lines).all())
        # The mark at the beginning tells Excel that it is UTF-8; the rows end as RFC 4180 wants.
        out = io.StringIO(newline="")
        out.write("\ufeff")
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows(_csv_row(row) for row in rows)
        return out.getvalue()


def _csv_row(row: Any) -> tuple[object, ...]:
    at = row.booked_at.astimezone(VIETNAM)
    debit, credit = (row.amount, "") if row.amount > 0 else ("", -row.amount)
    named = (row.payment_reference, row.dossier_reference, row.provider or "", _as_text(row.transaction_id or ""))
    return (
        row.id,
        row.entry,
        f"{at:%Y-%m-%d}",
        f"{at:%H:%M:%S}",
        row.kind,
        row.account,
        debit,
        credit,
        row.currency,
        *named,
    )


def _as_text(value: str) -> str:
    """A provider's words must not become a formula in a spreadsheet."""
    return f"'{value}" if value[:1] in "=+-@\t\r" and value else value


# ---- the check


def _balances(connection: sa.Connection) -> Balances:
    return Balances(_accounts(connection), tuple(_troubles(connection)))


def _accounts(connection: sa.Connection) -> dict[str, dict[str, int]]:
    of = (ledger_lines.c.currency, ledger_lines.c.account)
    summed = sa.select(*of, sa.func.sum(ledger_lines.c.amount).label("total")).group_by(*of)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(summed):
        found[row.currency][row.account] = int(row.total)
    return found


def _troubles(connection: sa.Connection) -> Iterator[str]:
    uneven = sa.select(ledger_lines.c.entry).group_by(ledger_lines.c.entry)
    uneven = uneven.having(sa.or_(sa.func.sum(ledger_lines.c.amount) != 0, sa.func.count() != 2))
    for entry in connection.execute(uneven).scalars():
        yield f"entry {entry} does not add up"
    for name, expected, booked in _comparisons():
        yield from _differences(name, _sums(connection, expected), _sums(connection, booked))


def _sums(connection: sa.Connection, select: sa.Select) -> dict[tuple[str, str], int]:
    return {(row.reference, row.currency): int(row.total) for row in connection.execute(select) if row.total}


def _differences(name: str, expected: Mapping, booked: Mapping) -> Iterator[str]:
    for key in sorted(expected.keys() | booked.keys()):
        if expected.get(key, 0) != booked.get(key, 0):
            yield f"{name} of {key[0]}: {expected.get(key, 0)} {key[1]}, in the ledger {booked.get(key, 0)}"


def _comparisons() -> Iterator[tuple[str, sa.Select, sa.Select]]:
    """What the other tables say, and what the ledger says, by payment and currency."""
    live = _of(payments.c.reference, payments.c.amount_vnd, payments).where(payments.c.status.in_(LIVE))
    yield "owed", live, _booked(OWED)
    credited, held = payment_transfers.c.is_credited, sa.not_(payment_transfers.c.is_credited)
    paid = _of(payments.c.reference, payments.c.amount_vnd, payments).where(payments.c.status.in_(("paid", "refunded")))
    moved = payment_transfers.c
    yield "paid", paid, _of(moved.payment_reference, moved.amount, payment_transfers).where(credited)
    came = _of(moved.payment_reference, moved.amount, payment_transfers)
    yield "received", came.where(credited), _booked_as(Kind.received)
    yield "held", came.where(held), _booked_as(Kind.held)
    waiting = _of(refund_cases.c.payment_reference, refund_cases.c.amount, refund_cases)
    yield "to be given back", waiting.where(refund_cases.c.status.not_in(("done", "refused"))), _booked(HELD, -1)


def _of(reference: sa.Column, amount: sa.Column, table: sa.Table) -> sa.Select:
    total = sa.func.sum(amount).label("total")
    return sa.select(reference.label("reference"), table.c.currency, total).group_by(reference, table.c.currency)


def _booked(account: str, sign: int = 1) -> sa.Select:
    line = ledger_lines.c
    return _of(line.payment_reference, line.amount * sign, ledger_lines).where(line.account == account)


def _booked_as(kind: Kind) -> sa.Select:
    line = ledger_lines.c
    return _of(line.payment_reference, line.amount, ledger_lines).where(line.kind == kind, line.amount > 0)
