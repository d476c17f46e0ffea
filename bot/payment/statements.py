"""A provider's statement, CSV or XLSX of what it received for us, held against what we know: repaired or listed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from bot.payment.payment import Payments
from bot.payment.providers.protocol import CURRENCY, Notice, Outcome, Verdict
from bot.payment.providers.signing import whole
from bot.payment.references import reference_in
from bot.payment.settling import UNNAMED, transaction_key
from bot.payment.tables import payment_attempts, payment_notices, payment_transfers
from bot.store import Store
from bot.workbook import BadWorkbook, Rows, is_workbook, sheets

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 200_000
MOST_WORDS = 1_000  # of one row, that are kept
ORIGIN, UNMATCHED = "statement", "unmatched"
HEADING_WITHIN_ROWS = 20  # of a sheet, below the bank's own lines
_CUT = re.compile(r"-?\d(?:\.\d+)?e\+\d+|-?\d{16,}\.0", re.IGNORECASE)


class BadStatement(ValueError):
    """Not a statement that can be read; says which row or column."""


@dataclass(frozen=True)
class Columns:
    """Which column says what; banks name them as they like."""

    transaction_id: str = "transaction_id"
    reference: str = "reference"  # ours, or words of a transfer in which it stands
    amount: str = "amount"
    currency: str = "currency"  # may be missing: đồng

    @property
    def needed(self) -> tuple[str, str, str]:
        return self.transaction_id, self.reference, self.amount


@dataclass(frozen=True)
class Entry:
    """One row of money received."""

    row: int
    transaction_id: str
    reference: str
    amount: int
    currency: str


@dataclass
class Report:
    """`repaired` was paid and unrecorded; `unmatched` and `missing` are for a person."""

    matched: int = 0
    repaired: list[Entry] = field(default_factory=list)
    held: list[Entry] = field(default_factory=list)  # wrong amount, or paid twice: a refund case is open
    unmatched: list[Entry] = field(default_factory=list)  # theirs: no attempt of ours
    missing: list[str] = field(default_factory=list)  # ours: transfers of those days that the statement does not know


def read_statement(content: bytes, columns: Columns = Columns()) -> list[Entry]:
    """Raises BadStatement; one bad row refuses the file, for half a statement looks like missing money."""
    if len(content) > MOST_BYTES:
        raise BadStatement(f"more than {MOST_BYTES} bytes")
    return _of_workbook(content, columns) if is_workbook(content) else _of_text(content, columns)


def _of_text(content: bytes, columns: Columns) -> list[Entry]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadStatement("not UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    missing = [name for name in columns.needed if name not in (reader.fieldnames or ())]
    if missing:
        raise BadStatement(f"no column {', '.join(missing)}")
    try:
        return list(_entries(enumerate(reader, 2), columns))
    except csv.Error as error:
        raise BadStatement(f"row {reader.line_num}: {error}") from None


def _of_workbook(content: bytes, columns: Columns) -> list[Entry]:
    """From the first sheet with the heading; a merged cell counts for one row only, for money must not double."""
    try:
        for rows in sheets(content, MOST_ROWS, fills_merged=False):
            names = _heading(rows, columns)
            if names:
                return list(_entries(_named(rows, names, columns), columns))
    except BadWorkbook as error:
        raise BadStatement(str(error)) from error
    raise BadStatement(f"no sheet has the columns {', '.join(columns.needed)}")


def _heading(rows: Rows, columns: Columns) -> list[str]:
    for number, cells in rows:
        names = [cell.strip() for cell in cells]
        if all(name in names for name in columns.needed):
            return names
        if number >= HEADING_WITHIN_ROWS:
            break
    return []


def _named(rows: Rows, names: list[str], columns: Columns) -> Iterator[tuple[int, dict[str, str]]]:
    for number, cells in rows:
        row = dict.fromkeys(names, "") | dict(zip(names, cells, strict=False))
        if any(_CUT.fullmatch(row[name]) for name in columns.needed):
            raise BadStatement(f"row {number}: the spreadsheet cut a long number short; ask for the statement as CSV")
        if any(cells):
            yield number, row


def _entries(rows: Iterable[tuple[int, Mapping[str, str | None]]], columns: Columns) -> Iterator[Entry]:
    seen: set[str] = set()
    for number, row in rows:
        if number > MOST_ROWS:
            raise BadStatement(f"more than {MOST_ROWS} rows")
        entry = _entry(number, row, columns)
        if entry.transaction_id in seen:
            raise BadStatement(f"row {number}: transaction {entry.transaction_id} a second time")
        seen.add(entry.transaction_id)
        yield entry


def _entry(number: int, row: Mapping[str, str | None], columns: Columns) -> Entry:
    if None in row or None in row.values():
        raise BadStatement(f"row {number}: has not as many columns as the first")
    amount = whole(_without_thousands(row[columns.amount].strip()))
    transaction = row[columns.transaction_id].strip()
    if not amount or not transaction or len(transaction) > 90:
        raise BadStatement(f"row {number}: no amount or no transaction")
    currency = (row.get(columns.currency) or CURRENCY).strip().upper()
    return Entry(number, transaction, row[columns.reference].strip(), amount, currency)


def _without_thousands(text: str) -> str:
    """50.000 and 50,000 are fifty thousand; 50.00 stays what it is, and is refused."""
    for mark in ",.":
        first, *groups = text.split(mark)
        if groups and 1 <= len(first) <= 3 and all(len(group) == 3 for group in groups):
            return first + "".join(groups)
    return text


class Statements:
    """Goes by the same road as notices, so that a statement read twice changes nothing."""

    def __init__(self, store: Store, payments: Payments) -> None:
        self._database, self._payments = store.database, payments

    async def reconcile(self, provider: str, entries: list[Entry], since: datetime, until: datetime) -> Report:
        """Every row of a statement over [since, until) is matched, repaired, held or listed."""
        report = Report()
        for entry in entries:
            await self._match(provider, entry, report)
        report.missing = await self._missing(provider, {entry.transaction_id for entry in entries}, since, until)
        return report

    async def _match(self, provider: str, entry: Entry, report: Report) -> None:
        attempt = await self._database.read(lambda connection: _attempt_of(connection, provider, entry))
        if attempt is None:
            report.unmatched.append(entry)
            await self._list(provider, entry)
            return
        told = Notice(provider, attempt, entry.transaction_id, Verdict.paid, "statement", entry.amount, entry.currency)
        outcome = await self._payments.receive(told, origin=ORIGIN)
        if outcome is Outcome.repeated:
            report.matched += 1
        elif outcome is Outcome.settled:
            report.repaired.append(entry)
        elif outcome in (Outcome.mismatched, Outcome.already_paid):
            report.held.append(entry)
        else:
            report.unmatched.append(entry)

    async def _list(self, provider: str, entry: Entry) -> None:
        """A row that is nobody's waits for a person, once; the bank's words may name people, and are sealed."""
        table = payment_notices.c
        told = Notice(provider, "", entry.transaction_id, Verdict.paid, UNMATCHED, entry.amount, entry.currency[:8])
        known = sa.select(table.id).where(table.provider == provider, table.transaction_key == transaction_key(told))
        if await self._database.read(lambda connection: connection.execute(known.limit(1)).first()) is None:
            body = json.dumps({"words": entry.reference[:MOST_WORDS]}, ensure_ascii=False).encode()
            await self._payments.receive(told, body, ORIGIN)

    async def _missing(self, provider: str, theirs: set[str], since: datetime, until: datetime) -> list[str]:
        table = payment_transfers.c
        within = (table.provider == provider, table.received_at >= since, table.received_at < until)
        ours = sa.select(table.transaction_id).where(*within).order_by(table.transaction_id)
        ids = await self._database.read(lambda connection: connection.execute(ours).scalars().all())
        return [one for one in ids if one not in theirs and not one.startswith(UNNAMED)]


def _attempt_of(connection: sa.Connection, provider: str, entry: Entry) -> str | None:
    """That of a transfer we know; else by its own reference; else by the payment's in the words of the transfer."""
    known, table = payment_transfers.c, payment_attempts.c
    by_transfer = sa.select(known.attempt_reference)
    by_transfer = by_transfer.where(known.provider == provider, known.transaction_id == entry.transaction_id)
    by_attempt = sa.select(table.reference).where(table.provider == provider, table.reference == entry.reference[:80])
    found = connection.execute(by_transfer).scalar() or connection.execute(by_attempt).scalar()
    reference = reference_in(entry.reference) if found is None else None
    if reference is None:
        return found
    by_payment = sa.select(table.reference).where(table.provider == provider, table.payment_reference == reference)
    return connection.execute(by_payment.order_by(table.number.desc()).limit(1)).scalar()
