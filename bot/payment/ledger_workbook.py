"""The ledger as a workbook for the accountant: every line, and what each account held before, moved and holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from bot.database import Database
from bot.payment.ledger import COLUMNS
from bot.payment.tables import ledger_lines
from bot.wording import say
from knowledge.working_days import VIETNAM

PAGE = 1_000
MOST_ROWS = 1_000_000  # of one sheet; Excel ends a little above
BALANCE_COLUMNS = ("account", "meaning", "currency", "before", "debit", "credit", "after")
WIDTHS = {"entry": 36, "account": 22, "meaning": 40, "payment": 16, "dossier": 26, "transaction": 28}
DAY, TIME, WHOLE = "dd/mm/yyyy", "hh:mm:ss", "#,##0"
NOT_PLAIN = "=+-@\t\r"


async def write_workbook(database: Database, file: Path, since: datetime, until: datetime) -> int:
    """Every line booked from `since` until before `until`; how many. The file is there whole or not at all."""
    return await database.read(lambda connection: _write(connection, file, since, until))


def _write(connection: sa.Connection, file: Path, since: datetime, until: datetime) -> int:
    book = Workbook(write_only=True)  # rows go to the disk as they come: a year of them does not fit into memory
    count = _write_lines(book, _lines(connection, since, until))
    sheet = _sheet(book, say("paying.book.balances"), BALANCE_COLUMNS)
    for row in _balances(connection, since, until):
        sheet.append(_balance_cells(sheet, row))
    draft = file.with_name(f"{file.name}.part")
    try:
        book.save(draft)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _lines(connection: sa.Connection, since: datetime, until: datetime) -> Iterable[sa.Row]:
    line = ledger_lines.c
    within = sa.select(ledger_lines).where(line.booked_at >= since, line.booked_at < until).order_by(line.id)
    return connection.execution_options(yield_per=PAGE).execute(within)


def _write_lines(book: Workbook, lines: Iterable[sa.Row]) -> int:
    count, sheet = 0, _sheet(book, say("paying.book.lines"), COLUMNS)
    for count, line in enumerate(lines, 1):
        if count > 1 and count % MOST_ROWS == 1:
            sheet = _sheet(book, f"{say('paying.book.lines')} {count // MOST_ROWS + 1}", COLUMNS)
        sheet.append(_line_cells(sheet, line))
    return count


def _balances(connection: sa.Connection, since: datetime, until: datetime) -> Iterator[sa.Row]:
    line = ledger_lines.c
    is_within, zero = line.booked_at >= since, sa.literal(0)
    sums = {
        "before": sa.case((sa.not_(is_within), line.amount), else_=zero),
        "debit": sa.case((sa.and_(is_within, line.amount > 0), line.amount), else_=zero),
        "credit": sa.case((sa.and_(is_within, line.amount < 0), -line.amount), else_=zero),
    }
    summed = sa.select(line.account, line.currency, *(sa.func.sum(sums[name]).label(name) for name in sums))
    summed = summed.where(line.booked_at < until).group_by(line.currency, line.account)
    yield from connection.execute(summed.order_by(line.currency, line.account))


def _sheet(book: Workbook, title: str, columns: tuple[str, ...]) -> Any:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, name in enumerate(columns):
        sheet.column_dimensions[chr(ord("A") + number)].width = WIDTHS.get(name, 14)
    headings = [_cell(sheet, say(f"paying.book.column.{name}")) for name in columns]
    for heading in headings:
        heading.font = Font(bold=True)
    sheet.append(headings)
    return sheet


def _line_cells(sheet: Any, line: sa.Row) -> list[Any]:
    at = line.booked_at.astimezone(VIETNAM)
    debit, credit = (line.amount, None) if line.amount > 0 else (None, -line.amount)
    return [
        line.id,
        line.entry,
        _cell(sheet, at.date(), DAY),
        _cell(sheet, at.time().replace(microsecond=0), TIME),
        line.kind,
        _text(sheet, line.account),
        _cell(sheet, debit, WHOLE),
        _cell(sheet, credit, WHOLE),
        *(_text(sheet, one) for one in (line.currency, line.payment_reference, line.dossier_reference)),
        *(_text(sheet, one or "") for one in (line.provider, line.transaction_id)),
    ]


def _balance_cells(sheet: Any, row: sa.Row) -> list[Any]:
    before, debit, credit = int(row.before), int(row.debit), int(row.credit)
    kind, _, provider = row.account.partition(":")
    meaning = say(f"paying.book.account.{kind}", provider=provider)
    figures = (before, debit, credit, before + debit - credit)
    texts = (row.account, meaning, row.currency)
    return [*(_text(sheet, one) for one in texts), *(_cell(sheet, one, WHOLE) for one in figures)]


def _cell(sheet: Any, value: object, number_format: str = "General") -> Any:
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = number_format
    return cell


def _text(sheet: Any, value: str) -> Any:
    """A provider's words stay words: neither a formula now nor one when somebody types into the cell."""
    value = ILLEGAL_CHARACTERS_RE.sub("", value)
    if value[:1] not in NOT_PLAIN or not value:
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type, cell.quotePrefix = "s", True
    return cell
