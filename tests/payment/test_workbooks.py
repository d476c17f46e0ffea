"""The accountant's workbook says what the CSV says, and a statement in a workbook is read like one in CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import Workbook, load_workbook

from bot.payment.ledger_workbook import write_workbook
from bot.payment.statements import BadStatement, Columns, read_statement
from bot.payment.tables import ledger_lines
from tests.payment.world import World

COLUMNS = Columns("so", "noi dung", "tien")


async def money_moved(world: World) -> None:
    _, _, order = await world.begun("vietqr")
    await world.hears("vietqr", world.pay(order)[1])
    _, _, other = await world.begun("momo", "MC-261124-XYZ567")
    await world.hears("momo", world.pay(other, "wrong_amount")[1])


async def test_the_workbook_has_the_same_figures_as_the_csv(world: World, tmp_path: Path) -> None:
    begin = world.clock()
    await money_moved(world)
    world.clock.advance(seconds=1)
    text = await world.payments.ledger.to_csv(begin, world.clock())
    first, *written = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    count = await write_workbook(world.store.database, tmp_path / "so.xlsx", begin, world.clock())
    book = load_workbook(tmp_path / "so.xlsx")
    heading, *rows = book["Bút toán"].iter_rows(values_only=True)
    assert (len(heading), heading[6:8], count) == (len(first), ("Nợ", "Có"), len(written))
    assert [_as_csv(row) for row in rows] == written
    assert isinstance(rows[0][2], dt.datetime) and isinstance(rows[0][3], dt.time)
    assert all(type(value) in (int, type(None)) for row in rows for value in row[6:8])
    assert [path.name for path in tmp_path.glob("so*")] == ["so.xlsx"]


def _as_csv(row: Sequence[Any]) -> list[str]:
    number, entry, day, time, *others = row
    return [str(number), entry, f"{day:%Y-%m-%d}", f"{time:%H:%M:%S}"] + [
        "" if one is None else str(one) for one in others
    ]


async def test_the_balances_are_what_the_ledger_says_and_go_on_from_before(world: World, tmp_path: Path) -> None:
    await money_moved(world)
    world.clock.advance(days=1)
    later = world.clock()
    _, _, order = await world.begun("vietqr", "MC-261124-ABC123")
    await world.hears("vietqr", world.pay(order)[1])
    world.clock.advance(seconds=1)
    await write_workbook(world.store.database, tmp_path / "so.xlsx", later, world.clock())
    _, *rows = load_workbook(tmp_path / "so.xlsx")["Số dư"].iter_rows(values_only=True)
    balances = (await world.payments.ledger.balances()).accounts["VND"]
    assert {row[0]: row[6] for row in rows} == balances
    assert sum(row[6] for row in rows) == 0 and any(row[3] for row in rows)
    assert {row[0]: row[1] for row in rows}["with:vietqr"] == "Tiền ở vietqr"


async def test_a_providers_words_never_become_a_formula(world: World, tmp_path: Path) -> None:
    line = {"entry": "e", "kind": "received", "currency": "VND", "booked_at": world.clock(), "provider": "momo"}
    named = {"payment_reference": "P", "dossier_reference": "MC-1", "transaction_id": '=cmd|"/c calc"!A1\x01'}
    rows = [
        line | named | {"account": "with:momo", "amount": 5},
        line | named | {"account": "held_for_refund", "amount": -5},
    ]
    await world.store.database.write(lambda connection: connection.execute(sa.insert(ledger_lines), rows))
    later = world.clock() + dt.timedelta(seconds=1)
    await write_workbook(world.store.database, tmp_path / "so.xlsx", world.clock(), later)
    cells = [row[12] for row in load_workbook(tmp_path / "so.xlsx")["Bút toán"].iter_rows(min_row=2)]
    assert Counter((cell.value, cell.data_type, cell.quotePrefix) for cell in cells) == {
        ('=cmd|"/c calc"!A1', "s", True): 2
    }


def statement(*rows: Sequence[Any], merge: str = "") -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in (("SAO KÊ",), (), ("so", "noi dung", "tien"), *rows):
        book.active.append(row)
    if merge:
        book.active.merge_cells(merge)
    book.save(out)
    return out.getvalue()


def test_a_statement_in_a_workbook_is_read_below_its_title() -> None:
    content = statement(("FT1", "CT DEN MC", 58000), (), ("FT2", "khac", "20.000"), (12345, "khac", 7000.0))
    found = [(one.row, one.transaction_id, one.amount) for one in read_statement(content, COLUMNS)]
    assert found == [(4, "FT1", 58000), (6, "FT2", 20000), (7, "12345", 7000)]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (statement((1234567890123456789, "x", 5)), "row 4: the spreadsheet cut"),
        (statement(("FT1", "x", 58.125)), "row 4: no amount"),
        (statement(("FT1", "x", 5), ("FT2", "x", None), merge="C4:C5"), "row 5: no amount"),
        (statement(("FT1", "x", 5), ("FT1", "x", 5)), "a second time"),
        (statement()[:900], "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls"),
    ],
)
def test_a_workbook_that_may_tell_wrong_sums_is_refused_whole(content: bytes, why: str) -> None:
    with pytest.raises(BadStatement, match=why):
        read_statement(content, COLUMNS)


def test_a_workbook_without_the_columns_says_which() -> None:
    with pytest.raises(BadStatement, match="transaction_id, reference, amount"):
        read_statement(statement(("FT1", "x", 5)))
