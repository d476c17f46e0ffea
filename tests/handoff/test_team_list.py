"""A province's list of teams comes in as it was saved; what is wrong in it is told by row and nobody is guessed."""

from __future__ import annotations

import pytest

from bot.handoff.people import Role
from bot.handoff.team_list import BadTeamList, TeamList, phone_in, read_phone, read_team_list
from knowledge import places
from tests.handoff.world import World

HEAD = "Tổ;Xã/phường;Tỉnh;Họ tên;Điện thoại;Vai trò;Lĩnh vực;Giờ trực"
PLACES = places.load()


def read(*rows: str, head: str = HEAD) -> TeamList:
    return read_team_list("\n".join((head, *rows)).encode("utf-8-sig"), PLACES)


def test_a_spreadsheet_with_a_mark_and_semicolons_is_read() -> None:
    listed = read("Tổ 1;phường Tuy Hòa;Đắk Lắk;Nguyễn Thị Lan;912000001;Tổ trưởng;Hộ tịch, Cư trú;T2-T6 18:00-21:00")
    (lan,) = listed.people
    assert (lan.phone, lan.role, lan.ward) == ("0912000001", Role.team_lead, "Phường Tuy Hòa")
    assert (lan.skills, lan.hours, lan.tier) == ("Hộ tịch;Cư trú", "T2-T6 18:00-21:00", "village")
    assert listed.bad == ()


def test_every_bad_row_is_told_and_the_good_ones_come_in() -> None:
    listed = read(
        "Tổ 1;phường Tuy Hòa;Đắk Lắk;Lan;0912000001;;;",
        "Tổ 1;phường Tuy Hòa;Đắk Lắk;Hòa;+84 912 000 001;;;",
        "Tổ 1;phường Không Có;Đắk Lắk;Minh;0912000003;;;",
        "Tổ 1;phường Tuy Hòa;Đắk Lắk;Thu;12345;;;",
        "Tổ 1;phường Tuy Hòa;Đắk Lắk;;0912000005;;;",
        "Tổ 1;phường Tuy Hòa;Đắk Lắk;Ba;0912000006;giám đốc;;",
        "Tổ 1;phường Tuy Hòa;Đắk Lắk;Tư;0912000007;;;25:00",
    )
    assert [person.name for person in listed.people] == ["Lan"]
    assert [line.split(":")[0] for line in listed.bad] == [f"row {number}" for number in range(3, 9)]
    assert listed.bad[0] == "row 3: the telephone of row 2 again"
    assert not any("0912" in line or "Thu" in line for line in listed.bad)  # nobody's number or name is repeated


def test_a_list_that_cannot_be_read_at_all_says_why() -> None:
    for content, why in (
        ("Tổ,Tỉnh\n".encode(), "name, phone"),
        ("Tổ,Tỉnh,Họ tên,Điện thoại\n".encode("utf-16"), "UTF-8"),
        (b"PK\x03\x04", "workbook"),
    ):
        with pytest.raises(BadTeamList, match=why):
            read_team_list(content, PLACES)


def test_officers_and_the_provinces_own_people_stand_in_teams_of_their_tier() -> None:
    officer, admin = read(
        "Một cửa;phường Tuy Hòa;Đắk Lắk;Thu;0912000001;Cán bộ một cửa;;",
        "Tổng đài;;tỉnh Đắk Lắk;Ba;0912000002;Quản trị tỉnh;;",
    ).people
    assert (officer.tier, admin.tier, admin.ward) == ("ward", "province", "")


def test_numbers_are_read_as_people_write_them() -> None:
    assert read_phone("+84 (912) 345-678") == "0912345678"
    assert read_phone("0263 382 2222") == "02633822222"
    assert read_phone("123") is None
    assert phone_in("gọi em số 0912.345.678 sau 5 giờ chiều") == "0912345678"
    assert phone_in("sau 17 giờ ngày 12/12/2026") is None


async def test_a_province_of_490_teams_comes_in_at_once_and_again_without_a_change(world: World) -> None:
    wards = [ward for ward in PLACES._by_key.values() if ward.province == "Tỉnh Đắk Lắk"]
    wards = [ward for ward in wards if ward.name != "Phường Phú Yên"]  # beside a province, read as the old province
    rows, phone = [], 0
    for number in range(490):
        ward = wards[number % len(wards)]
        for member in range(6 + (number < 93)):
            phone += 1
            rows.append(f"Tổ {number};{ward.name};{ward.province};Người {member};09{phone:08d};;;")
    listed = read(*rows)
    assert (len(listed.people), listed.bad) == (3_033, ())
    report = await world.directory.replace(listed)
    assert (report.teams, report.new, report.gone) == (490, 3_033, 5)
    again = await world.directory.replace(listed)
    assert (again.new, again.changed, again.unchanged, again.gone) == (0, 0, 3_033, 0)


async def test_whoever_left_the_list_can_do_nothing_more(world: World) -> None:
    lan = await world.helper("0912000001")
    await world.directory.replace(read("Tổ 2;phường Tuy Hòa;Đắk Lắk;Lê Minh;0912000003;;;"))
    assert await world.directory.helper(lan.id) is None
    crews = await world.directory.crews("Tỉnh Đắk Lắk", "Phường Tuy Hòa")
    assert [(crew.team.name, crew.members) for crew in crews] == [("Tổ 2", 1)]
