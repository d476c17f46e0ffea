"""The list of teams and members as a province keeps it, CSV or XLSX, a person a row; bad rows are told, not guessed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.handoff.clocks import BadHours, Tier, read_hours
from bot.handoff.people import Role
from bot.workbook import BadWorkbook, Rows, is_workbook, sheets
from knowledge.places import Places
from knowledge.text import clean, fold

LARGEST_FILE_BYTES = 5_000_000
MOST_NAME_CHARS = 100
MOST_ROWS = 50_000
HEADING_WITHIN_ROWS = 20  # of a sheet, below its title
# What the columns may be called, folded.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "team": ("to", "ten to", "to cong nghe so cong dong", "don vi", "team"),
    "ward": ("xa phuong", "xa/phuong", "xa, phuong", "phuong/xa", "xa", "phuong", "ward"),
    "province": ("tinh", "tinh thanh", "tinh/thanh pho", "tinh, thanh pho", "province"),
    "name": ("ho ten", "ho va ten", "ten", "name"),
    "phone": ("dien thoai", "so dien thoai", "sdt", "phone"),
    "role": ("vai tro", "chuc vu", "role"),
    "skills": ("linh vuc", "ky nang", "chuyen mon", "skills"),
    "hours": ("gio truc", "gio lam viec", "gio", "hours"),
}
NEEDED = ("team", "province", "name", "phone")
ROLES: Mapping[str, Role] = {
    "": Role.helper,
    "thanh vien": Role.helper,
    "to vien": Role.helper,
    "helper": Role.helper,
    "to truong": Role.team_lead,
    "to pho": Role.team_lead,
    "team_lead": Role.team_lead,
    "can bo xa": Role.ward_officer,
    "can bo phuong": Role.ward_officer,
    "can bo mot cua": Role.ward_officer,
    "ward_officer": Role.ward_officer,
    "quan tri tinh": Role.province_admin,
    "can bo tinh": Role.province_admin,
    "province_admin": Role.province_admin,
}
# Length and first digit of a number that a spreadsheet took for a sum: mobile ones, and those of a fixed line.
_NOUGHT_DROPPED = {(9, digit) for digit in "35789"} | {(10, "2")}
TIER_OF_ROLE = {Role.ward_officer: Tier.ward, Role.province_admin: Tier.province}
CUT_PHONE = "the spreadsheet cut the telephone number short: make it a column of text and type it again"
_EXPONENT = re.compile(r"(\d)(?:[.,](\d+))?[eE]\+?(\d+)")
_DAY_OR_TIME = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?|\d\d:\d\d:\d\d|\d+(?:\.\d+)?")
_PHONE = re.compile(r"0[2-9]\d{8,9}")
_DIGITS = re.compile(r"\+?\d(?:[ .\-]?\d){8,12}")


class BadTeamList(ValueError):
    """The whole list cannot be read; says why."""


@dataclass(frozen=True)
class Listed:
    """One person of the list, as it will be stored."""

    tier: Tier
    team: str
    province: str
    ward: str
    skills: str
    hours: str
    role: Role
    name: str
    phone: str

    @property
    def team_key(self) -> tuple[str, str, str, str]:
        return self.province, self.ward, self.tier, self.team


@dataclass(frozen=True)
class TeamList:
    """`bad`: rows left out, as 'row 7: …'."""

    people: tuple[Listed, ...]
    bad: tuple[str, ...]

    @property
    def provinces(self) -> frozenset[str]:
        return frozenset(one.province for one in self.people)


def read_team_list(content: bytes, places: Places) -> TeamList:
    """A workbook, or text with comma, semicolon or tab and with or without a byte order mark. Raises BadTeamList."""
    people: dict[str, tuple[int, Listed]] = {}
    bad: list[str] = []
    for number, row in _rows(content):
        listed = _listed(row, places)
        if isinstance(listed, str):
            bad.append(f"row {number}: {listed}")
        elif listed.phone in people:
            bad.append(f"row {number}: the telephone of row {people[listed.phone][0]} again")
        else:
            people[listed.phone] = (number, listed)
    return TeamList(tuple(listed for _, listed in people.values()), tuple(bad))


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    if len(content) > LARGEST_FILE_BYTES:
        raise BadTeamList(f"the list is larger than {LARGEST_FILE_BYTES // 1_000_000} MB")
    yield from _of_workbook(content) if is_workbook(content) else _of_text(content)


def _of_workbook(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """From the first sheet that has the heading, wherever in its first rows that stands."""
    try:
        for rows in sheets(content, MOST_ROWS):
            names = _heading(rows)
            if names:
                yield from _people(rows, names)
                return
    except BadWorkbook as error:
        raise BadTeamList(str(error)) from error
    raise BadTeamList(f"no sheet of the workbook begins with a row that names the columns {', '.join(NEEDED)}")


def _heading(rows: Rows) -> list[str | None]:
    for number, cells in rows:
        names = [_column(title) for title in cells]
        if all(name in names for name in NEEDED):
            return names
        if number >= HEADING_WITHIN_ROWS:
            break
    return []


def _people(rows: Rows, names: list[str | None]) -> Iterator[tuple[int, dict[str, str]]]:
    for number, cells in rows:
        if number > MOST_ROWS:
            raise BadTeamList(f"the list has more than {MOST_ROWS} rows")
        if any(cell.strip() for cell in cells):
            yield number, _row(names, cells)


def _of_text(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTeamList("the list is not UTF-8: save it as 'CSV UTF-8'") from error
    separator = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    names = [_column(title) for title in next(reader, [])]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise BadTeamList(f"the first line names no column for: {', '.join(missing)}")
    return _cells(reader, names)


def _cells(reader: Iterator[list[str]], names: list[str | None]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        for number, cells in enumerate(reader, 2):
            if any(cell.strip() for cell in cells):
                yield number, _row(names, cells)
    except csv.Error as error:
        raise BadTeamList(f"the list breaks off: {error}") from error


def _row(names: list[str | None], cells: list[str]) -> dict[str, str]:
    return {name: clean(cell, 300) for name, cell in zip(names, cells, strict=False) if name}


def _column(title: str) -> str | None:
    key = " ".join(fold(title).split())
    return next((name for name, titles in COLUMNS.items() if key in titles), None)


def _listed(row: Mapping[str, str], places: Places) -> Listed | str:
    """The person of one row, or what is wrong with it; nobody's name or number is repeated."""
    role = ROLES.get(fold(row.get("role", "")))
    phone = read_phone(row.get("phone", ""))
    name, team = row.get("name", "")[:MOST_NAME_CHARS], row.get("team", "")
    if role is None:
        return f"'{row['role'][:40]}' is no role"
    if phone is None:
        return CUT_PHONE if _EXPONENT.fullmatch(row.get("phone", "")) else "no telephone number that can be rung"
    if not name or not team:
        return "no name" if not name else "no team"
    place = _place(row, role, places)
    if isinstance(place, str):
        return place
    try:
        hours = row.get("hours", "")[:200]
        if _DAY_OR_TIME.fullmatch(hours):
            return "the spreadsheet took the hours for a day or a time: make it a column of text and type them again"
        if hours:
            read_hours(hours)
    except BadHours as error:
        return str(error)
    province, ward = place
    skills = ";".join(filter(None, (part.strip() for part in re.split(r"[;,|]", row.get("skills", "")))))
    tier = TIER_OF_ROLE.get(role, Tier.village)
    return Listed(tier, team[:200], province, ward, skills[:300], hours, role, name, phone)


def _place(row: Mapping[str, str], role: Role, places: Places) -> tuple[str, str] | str:
    """Province and ward; a province's own people have no ward."""
    if role is Role.province_admin:
        reading = places.read(row.get("province", ""))
        return (reading.province, "") if reading.province else f"'{row.get('province', '')[:60]}' is no province"
    told = f"{row.get('ward', '')}, {row.get('province', '')}"
    wards = places.read(told).wards
    # Lists are written with the names of today; the same name may have been another ward's before.
    wards = tuple(ward for ward in wards if fold(ward.name) == fold(row.get("ward", ""))) or wards
    if len(wards) != 1:
        why = "is no ward of today" if not wards else f"may be {len(wards)} wards of today"
        return f"'{told[:80]}' {why}"
    return wards[0].province, wards[0].name


def read_phone(text: str) -> str | None:
    """'+84 912 345 678' → '0912345678'; None when it cannot be rung."""
    digits = re.sub(r"\D", "", _written_out(text))
    if digits.startswith("84") and len(digits) in (11, 12):
        digits = f"0{digits[2:]}"
    elif (len(digits), digits[:1]) in _NOUGHT_DROPPED:
        digits = f"0{digits}"
    return digits if _PHONE.fullmatch(digits) else None


def _written_out(text: str) -> str:
    """'9,12345678E+08' → '912345678', where no digit was lost; '9.12E+08' tells too few, and becomes nothing."""
    found = _EXPONENT.fullmatch(text.strip())
    if found is None:
        return text
    digits = found[1] + (found[2] or "")
    return digits if len(digits) == int(found[3]) + 1 else ""


def phone_in(text: str) -> str | None:
    """The first telephone number in what somebody wrote."""
    return next((phone for found in _DIGITS.finditer(text) if (phone := read_phone(found.group()))), None)
