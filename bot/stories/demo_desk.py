"""A demonstration's teams and accounts, so that the desk can be tried at once; never in production."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from bot.handoff.accounts import Accounts
from bot.handoff.directory import Directory
from bot.handoff.passwords import new_password
from bot.handoff.team_list import read_team_list
from bot.settings import Settings
from bot.wording import say
from knowledge.places import Places

PASSWORD_FILE = "demo-desk-password"
WITH_ACCOUNT = 2  # the first of the list; an officer would need a second factor


async def make_demo_team(settings: Settings, directory: Directory, accounts: Accounts, places: Places) -> None:
    """Once, where no list was imported; the password is told at every start."""
    listed = read_team_list(resources.files("bot.handoff").joinpath("demo_teams.csv").read_bytes(), places)
    if await directory.is_empty():
        await directory.replace(listed)
    found = [await directory.by_phone(person.phone) for person in listed.people[:WITH_ACCOUNT]]
    helpers = [helper for helper in found if helper]
    if not helpers or helpers[0].team.name != listed.people[0].team:
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
