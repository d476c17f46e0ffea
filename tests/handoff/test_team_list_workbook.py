"""A province's list of teams comes in as the workbook it is kept in, with what Excel does to numbers and cells."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from bot.handoff.team_list import BadTeamList, TeamList, read_phone, read_team_list
from knowledge import places
from tests.handoff.world import World

HEAD = ("Tổ", "Xã/phường", "Tỉnh", "Họ tên", "Điện thoại", "Vai trò", "Lĩnh vực", "Giờ trực")
PLACE = ("Phường Tuy Hòa", "Đắk Lắk")
PLACES = places.load()
CUT_SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c>'


def workbook(rows: Sequence[Sequence[Any]], change: Callable[[Worksheet], object] = lambda sheet: None) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    change(book.active)
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(*rows: Sequence[Any], change: Callable[[Worksheet], object] = lambda sheet: None) -> TeamList:
    return read_team_list(workbook((HEAD, *rows), change), PLACES)


def test_numbers_that_lost_their_nought_are_telephone_numbers_again() -> None:
    listed = read(
        ("Tổ 1", *PLACE, "Lan", 912000001),
        ("Tổ 1", *PLACE, "Minh", 9.12000002e08),
        ("Tổ 1", *PLACE, "Thu", "9,12000003E+08"),
        ("Tổ 1", *PLACE, "Bộ", 2633822222),
        ("Tổ 1", *PLACE, "Tư", "9.12E+08"),
    )
    assert [one.phone for one in listed.people] == ["0912000001", "0912000002", "0912000003", "02633822222"]
    assert listed.bad == (
        "row 6: the spreadsheet cut the telephone number short: make it a column of text and type it again",
    )
    assert read_phone("9.01E+08") is None


def test_hours_that_became_a_day_are_told_and_not_guessed() -> None:
    listed = read(
        ("Tổ 1", *PLACE, "Lan", "0912000001", "", "", "T2-T6 18:00-21:00"),
        ("Tổ 1", *PLACE, "Minh", "0912000002", "", "", dt.datetime(2026, 11, 8)),
        ("Tổ 1", *PLACE, "Thu", "0912000003", "", "", dt.time(18, 0)),
        ("Tổ 1", *PLACE, "Tư", "0912000004", "", "", 18.5),
    )
    assert [one.hours for one in listed.people] == ["T2-T6 18:00-21:00"]
    assert [line.split(": ")[0] for line in listed.bad] == ["row 3", "row 4", "row 5"]
    assert all("took the hours" in line for line in listed.bad)


def test_a_merged_team_holds_for_each_of_its_rows_and_empty_rows_are_passed_over() -> None:
    listed = read(
        ("Tổ 1", *PLACE, "Lan", "0912000001"),
        ("", "", "", "Minh", "0912000002"),
        (),
        ("", "", "", "Thu", "0912000003"),
        change=lambda sheet: [sheet.merge_cells(ref) for ref in ("A2:A4", "B2:B5", "C2:C5")],
    )
    assert [(one.name, one.team) for one in listed.people] == [("Lan", "Tổ 1"), ("Minh", "Tổ 1")]
    assert listed.bad == ("row 5: no team",)


def test_the_first_sheet_with_the_heading_is_read_below_its_title() -> None:
    book = Workbook()
    book.active.append(("Ghi chú của tỉnh",))
    people = book.create_sheet("Danh sách")
    for row in (("DANH SÁCH TỔ CÔNG NGHỆ SỐ",), (), HEAD, ("Tổ 1", *PLACE, "Lan", "0912000001")):
        people.append(row)
    people.merge_cells("A1:H1")
    old = book.create_sheet("Cũ")
    old.append(HEAD)
    old.append(("Tổ 9", *PLACE, "Cũ", "0912000009"))
    listed = read_team_list(saved(book), PLACES)
    assert [one.name for one in listed.people] == ["Lan"] and listed.bad == ()


def test_a_formula_that_was_never_worked_out_and_an_error_are_no_name() -> None:
    listed = read(("Tổ 1", *PLACE, "=A1", "0912000001"), ("Tổ 1", *PLACE, "#N/A", "0912000002"))
    assert listed.people == () and listed.bad == ("row 2: no name", "row 3: no name")


def with_part(content: bytes, name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, data)
    return out.getvalue()


def test_what_is_no_list_says_why() -> None:
    good = workbook((HEAD, ("Tổ 1", *PLACE, "Lan", "0912000001")))
    for content, why in (
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old .xls"),
        (good[: len(good) // 2], "no workbook that can be read"),
        (with_part(good, "bomb.xml", bytes(101 * 1024**2)), "unpacks to more than 100 MB"),
        (with_part(good, "xl/workbook.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "entities"),
        (with_part(good, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"), "damaged"),
        (with_part(good, "xl/worksheets/sheet1.xml", CUT_SHEET), "damaged"),
        (with_part(good, "xl/workbook.xml", b"<x/>"), "workbook"),
        (workbook((("Tổ", "Tỉnh"),)), "names the columns team, province, name, phone"),
    ):
        with pytest.raises(BadTeamList, match=why):
            read_team_list(content, PLACES)


def test_text_named_like_a_workbook_is_read_as_what_it_is() -> None:
    assert (
        len(read_team_list("Tổ,Xã,Tỉnh,Tên,SĐT\nA,Phường Tuy Hòa,Đắk Lắk,Lan,0912000001\n".encode(), PLACES).people)
        == 1
    )


def test_a_sheet_that_claims_a_million_rows_ends_at_the_limit() -> None:
    far = workbook((HEAD,), lambda sheet: sheet.cell(1_048_576, 1, "x"))
    with pytest.raises(BadTeamList, match="more than 50000 rows"):
        read_team_list(far, PLACES)


async def test_a_province_of_490_teams_comes_in_from_a_workbook_and_again_without_a_change(world: World) -> None:
    wards = [ward for ward in PLACES._by_key.values() if ward.province == "Tỉnh Đắk Lắk"]
    wards = [ward for ward in wards if ward.name != "Phường Phú Yên"]  # beside a province, read as the old province
    people = [number for number in range(490) for _ in range(6 + (number < 93))]
    rows = [
        (f"Tổ {number}", (ward := wards[number % len(wards)]).name, ward.province, f"Người {at}", 900_000_000 + at)
        for at, number in enumerate(people)
    ]
    listed = read(*rows)
    assert (len(listed.people), listed.bad) == (3_033, ())
    report = await world.directory.replace(listed)
    assert (report.teams, report.new, report.gone) == (490, 3_033, 5)
    again = await world.directory.replace(read(*rows))
    assert (again.new, again.changed, again.unchanged, again.gone) == (0, 0, 3_033, 0)
