"""A demonstration's teams and accounts, so that the desk can be tried at once; never in production."""

from __future__ import annotations

import os
from pathlib import Path

from bot.handoff.accounts import Accounts
from bot.handoff.clocks import Tier
from bot.handoff.directory import Directory
from bot.handoff.passwords import new_password
from bot.handoff.people import Role
from bot.handoff.team_list import Listed, TeamList
from bot.settings import Settings
from bot.wording import say

PROVINCE, WARD = "Tỉnh Đắk Lắk", "Phường Tuy Hòa"
ALWAYS = "T2-CN 00:00-23:59"
PASSWORD_FILE = "demo-desk-password"
TEAM, OFFICE, CENTRE = "Tổ công nghệ số khu phố Mẫu", "Bộ phận một cửa Phường Tuy Hòa", "Tổng đài tỉnh (mẫu)"


def _one(phone: str, name: str, team: str, tier: Tier, role: Role, ward: str = WARD) -> Listed:
    return Listed(tier, team, PROVINCE, ward, "", ALWAYS, role, name, phone)


PEOPLE = (
    _one("0900000001", "Lan (mẫu)", TEAM, Tier.village, Role.helper),
    _one("0900000002", "Hòa (mẫu)", TEAM, Tier.village, Role.team_lead),
    _one("0900000003", "Thu (mẫu)", OFFICE, Tier.ward, Role.ward_officer),
)
WITH_ACCOUNT = ("0900000001", "0900000002")


async def make_demo_team(settings: Settings, directory: Directory, accounts: Accounts) -> None:
    """Once, where no list was imported; the password is told at every start."""
    if await directory.is_empty():
        await directory.replace(TeamList(PEOPLE, ()))
    helpers = [helper for phone in WITH_ACCOUNT if (helper := await directory.by_phone(phone))]
    if not helpers or {helper.team.name for helper in helpers} != {TEAM}:
        return  # a list of somebody's own
    path = settings.data_dir / PASSWORD_FILE
    is_new = not path.exists()
    password = _kept(path)
    if is_new:
        for helper in helpers:
            await accounts.give_password(helper, password, must_change=False)
    url = settings.public_url or f"http://localhost:{settings.port}"
    print(say("desk.demo", url=f"{url}/desk", password=password), flush=True)
    for helper in helpers:
        role = say(f"desk.role.{helper.role}")
        print(say("desk.demo_account", phone=helper.phone, name=helper.name, role=role), flush=True)


def _kept(path: Path) -> str:
    """The same at every start, readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(new_password())
    return path.read_text("utf-8").strip()
