"""One-stop desks as an operator lists them: name, street address, telephone and hours by ward of today.

Without a list a desk is named after its ward, as Decree 118/2025/NĐ-CP has it; nothing is made up.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from knowledge.places import Places
from knowledge.text import fold

FILE_NAME = "desks.json"
LARGEST_FILE_BYTES = 5_000_000
# What the columns may be called, folded; the first two are needed.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "ward": ("xa phuong", "xa/phuong", "xa, phuong", "xa", "phuong", "ward"),
    "province": ("tinh", "tinh thanh", "tinh/thanh pho", "tinh, thanh pho", "province"),
    "name": ("ten", "ten trung tam", "ten quay", "name"),
    "address": ("dia chi", "address"),
    "phone": ("dien thoai", "so dien thoai", "sdt", "phone"),
    "hours": ("gio lam viec", "gio", "hours"),
}


class BadDesks(ValueError):
    """The whole list cannot be read; says why."""


@dataclass(frozen=True)
class Desk:
    """The one-stop desk of one ward; a missing part is not known."""

    ward: str
    province: str
    name: str | None = None
    address: str | None = None
    phone: str | None = None
    hours: str | None = None


@dataclass(frozen=True)
class DeskImport:
    """`bad`: rows left out, as 'row 7: …'."""

    desks: tuple[Desk, ...]
    bad: tuple[str, ...]


def read_list(content: bytes, places: Places) -> DeskImport:
    """A list in CSV: comma, semicolon or tab, with or without a byte order mark. Raises BadDesks."""
    rows = _rows(content)
    desks: dict[tuple[str, str], Desk] = {}
    bad = []
    for number, row in enumerate(rows, 2):
        desk = _desk(row, places)
        if isinstance(desk, str):
            bad.append(f"row {number}: {desk}")
        elif (desk.ward, desk.province) in desks:
            bad.append(f"row {number}: {desk.ward}, {desk.province} is listed twice")
        else:
            desks[desk.ward, desk.province] = desk
    return DeskImport(tuple(desks.values()), tuple(bad))


def _rows(content: bytes) -> Iterator[dict[str, str]]:
    if len(content) > LARGEST_FILE_BYTES:
        raise BadDesks(f"the list is larger than {LARGEST_FILE_BYTES // 1_000_000} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadDesks("the list is not UTF-8: save it as 'CSV UTF-8'") from error
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    names = [_column(title) for title in next(reader, [])]
    if "ward" not in names or "province" not in names:
        raise BadDesks("the first line must name the columns 'xã/phường' and 'tỉnh'")
    return (
        {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
        for cells in reader
        if any(cell.strip() for cell in cells)
    )


def _column(title: str) -> str | None:
    key = fold(title).strip()
    return next((name for name, titles in COLUMNS.items() if key in titles), None)


def _desk(row: Mapping[str, str], places: Places) -> Desk | str:
    told = f"{row.get('ward', '')}, {row.get('province', '')}"
    wards = places.read(told).wards
    if len(wards) != 1:
        return f"'{told}' is no ward of today" if not wards else f"'{told}' may be {len(wards)} wards of today"
    rest = {name: row.get(name) or None for name in ("name", "address", "phone", "hours")}
    return Desk(wards[0].name, wards[0].province, **rest)


def save(desks: tuple[Desk, ...], data_dir: Path) -> None:
    """Takes the place of the earlier list, whole or not at all."""
    data_dir.mkdir(parents=True, exist_ok=True)
    scratch = data_dir / f".{FILE_NAME}.{os.getpid()}"
    scratch.write_text(json.dumps([asdict(desk) for desk in desks], ensure_ascii=False), "utf-8")
    os.replace(scratch, data_dir / FILE_NAME)


class Desks:
    """The imported list, read again when the file changes; none yet is an empty list."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / FILE_NAME
        self._stamp: int | None = None
        self._desks: dict[tuple[str, str], Desk] = {}

    def of(self, ward: str | None, province: str | None) -> Desk | None:
        if ward is None or province is None:
            return None
        self._refresh()
        return self._desks.get((ward, province))

    def serves(self, ward: str, province: str) -> bool:
        """Whether this ward is in the list; without a list every ward may be."""
        self._refresh()
        return not self._desks or (ward, province) in self._desks

    def _refresh(self) -> None:
        try:
            stamp = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            self._stamp, self._desks = None, {}
            return
        if stamp != self._stamp:
            listed = [Desk(**one) for one in json.loads(self._file.read_text("utf-8"))]
            self._desks = {(desk.ward, desk.province): desk for desk in listed}
            self._stamp = stamp
