"""A demonstration has a team whose members can sign in at once; a list of somebody's own is left alone."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from bot.handoff.accounts import Accounts, SignIn
from bot.handoff.clocks import load_clocks
from bot.handoff.directory import Directory
from bot.handoff.passwords import Passwords
from bot.settings import Settings
from bot.store import Store
from bot.stories.demo_desk import PASSWORD_FILE, make_demo_team
from knowledge import places
from tests.handoff.world import World


def accounts_over(store: Store, directory: Directory) -> Accounts:
    return Accounts(store, directory, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))


async def test_the_printed_password_opens_the_desk_at_every_start(
    store: Store, store_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = Directory(store, load_clocks())
    accounts, known = accounts_over(store, directory), places.load()
    for _ in range(2):
        await make_demo_team(store_settings, directory, accounts, known)
        password = (store_settings.data_dir / PASSWORD_FILE).read_text()
        assert password in capsys.readouterr().out
        assert (await accounts.sign_in("0900000001", password, "")).result is SignIn.done


async def test_a_list_of_somebodys_own_gets_no_demonstration_people(world: World, store_settings: Settings) -> None:
    await make_demo_team(store_settings, world.directory, accounts_over(world.store, world.directory), places.load())
    assert await world.directory.by_phone("0900000001") is None
