"""Reads the sheets of an Excel workbook (.xlsx) that somebody sent, as texts and within limits."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries

MARK = b"PK\x03\x04"
OLD_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls; also what Excel puts around a workbook with a password
MOST_PARTS = 1_000
MOST_UNPACKED_BYTES = 100 * 1024 * 1024
MOST_SHEETS = 30
MOST_COLUMNS = 60
MOST_MERGED = 20_000
UNREADABLE = "this is no workbook that can be read, or it is damaged: save it anew as .xlsx"
Rows = Iterator[tuple[int, list[str]]]
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_DECLARES = tuple("<!DOCTYPE".encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be"))
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, KeyError, TypeError, AttributeError)
_BROKEN += (
    IndexError,
    SyntaxError,
    NotImplementedError,
    RuntimeError,
    ArithmeticError,
)  # a parse error of XML is a SyntaxError


class BadWorkbook(ValueError):
    """Not a workbook that is read; says why and what to do."""


def is_workbook(content: bytes) -> bool:
    """Whatever its name ends with."""
    return content[:2] == MARK[:2] or content.startswith(OLD_MARK)


def sheets(content: bytes, most_rows: int, fills_merged: bool = True) -> Iterator[Rows]:
    """The rows of each visible sheet with their numbers; formulas as Excel last worked them out. Raises BadWorkbook."""
    if content.startswith(OLD_MARK):
        raise BadWorkbook("this is an old .xls, or a workbook with a password: save it as .xlsx without a password")
    try:
        _weigh(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        found = [sheet for sheet in book.worksheets[:MOST_SHEETS] if sheet.sheet_state == "visible"]
    except BadWorkbook:
        raise
    except _BROKEN as error:
        raise BadWorkbook(UNREADABLE) from error
    yield from (_rows(content, sheet, most_rows, fills_merged) for sheet in found)


def _weigh(content: bytes) -> None:
    """Before anything is unpacked; a part never unpacks to more than it declares."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        listed = parts.infolist()
        if len(listed) > MOST_PARTS or sum(part.file_size for part in listed) > MOST_UNPACKED_BYTES:
            raise BadWorkbook(f"the workbook unpacks to more than {MOST_UNPACKED_BYTES // 1024**2} MB")
        for part in listed:
            if part.filename.endswith((".xml", ".rels")) and _declares(parts, part):
                raise BadWorkbook("the workbook declares entities of its own, which Excel never does")


def _declares(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with parts.open(part) as opened:
        start = opened.read(64 * 1024)
    return any(mark in start for mark in _DECLARES)


def _rows(content: bytes, sheet: Any, most_rows: int, fills_merged: bool) -> Rows:
    """One more than `most_rows` at most, so that the reader can tell that there are more."""
    try:
        sheet.reset_dimensions()  # a file may claim any size
        merged = _merged(content, sheet) if fills_merged else {}
        below: dict[int, tuple[int, str]] = {}
        reach = {"max_row": most_rows + 1, "max_col": MOST_COLUMNS}
        for number, row in enumerate(sheet.iter_rows(**reach), 1):
            yield number, _filled(number, [_text(cell) for cell in row], merged, below)
    except _BROKEN as error:
        raise BadWorkbook(UNREADABLE) from error


def _merged(content: bytes, sheet: Any) -> dict[tuple[int, int], int]:
    """Cells that stand for those below them too, by row and column, and the last row they stand for."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        # Reading row by row, openpyxl leaves merged cells out; the path of a sheet is known only here.
        refs = _MERGED.findall(parts.read(sheet._worksheet_path.lstrip("/")))[:MOST_MERGED]
    bounds = [range_boundaries(ref.decode()) for ref in refs]
    return {(top, left): bottom for left, top, _, bottom in bounds if bottom > top}


def _filled(
    number: int, texts: list[str], merged: dict[tuple[int, int], int], below: dict[int, tuple[int, str]]
) -> list[str]:
    """What a merged cell says holds for each of its rows; a row that is empty beside it stays empty."""
    for column, text in enumerate(texts, 1):
        if last := merged.get((number, column)):
            below[column] = (last, text)
    if not any(texts):
        return texts
    texts = texts + [""] * (max(below, default=0) - len(texts))
    for column, (last, text) in below.items():
        if number <= last and not texts[column - 1]:
            texts[column - 1] = text
    return texts


def _text(cell: Any) -> str:
    """As a person reads it in the cell; nothing for an error, a yes or a no."""
    value = cell.value
    if value is None or isinstance(value, bool) or cell.data_type == "e":
        return ""
    if isinstance(value, int | float):
        # Excel keeps fifteen digits of a number; of a longer one the last are not true any more.
        if abs(value) >= 1e15:
            return repr(float(value))
        # Four places, so that 58.125 can never be read as fifty-eight thousand.
        return str(int(value)) if value == int(value) else f"{value:.4f}"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "minutes")
    return str(value)
