"""Accounts of the desk: right words open, wrong ones lock, a code opens once, a new password ends every session."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from bot.desk import sessions
from bot.handoff import totp
from bot.handoff.accounts import LOCKED, MOST_FAILURES, Accounts, SignIn
from bot.handoff.passwords import Passwords, is_too_weak, new_password
from tests.handoff.world import LAN, THU, World

RFC_SECRET = b"12345678901234567890"
GOOD = "mot-mat-khau-dai"


@pytest.fixture
def accounts(world: World) -> Accounts:
    return Accounts(world.store, world.directory, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))


@pytest.mark.parametrize(("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")])
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, seconds // 30) == code


def test_a_code_is_taken_a_step_early_or_late_and_never_twice() -> None:
    code = totp.code_at(RFC_SECRET, 100)
    assert totp.step_of(RFC_SECRET, code, 100 * 30 + 45, after=-1) == 100
    assert totp.step_of(RFC_SECRET, code, 100 * 30, after=100) is None
    assert totp.step_of(RFC_SECRET, code, 103 * 30, after=-1) is None
    assert totp.step_of(RFC_SECRET, "", 100 * 30, after=-1) is None


async def test_the_right_password_opens_whichever_way_the_number_is_written(world: World, accounts: Accounts) -> None:
    given = await accounts.give_password(await world.helper(LAN))
    tried = await accounts.sign_in("+84 912 000 001", given, "")
    assert (tried.result, tried.account.must_change, tried.account.must_enrol) == (SignIn.done, True, False)
    assert (await accounts.sign_in(LAN, "sai", "")).result is SignIn.wrong
    assert (await accounts.sign_in("0999999999", given, "")).result is SignIn.wrong
    assert (await accounts.sign_in(THU, given, "")).result is SignIn.wrong  # listed, but without an account


async def test_failures_in_a_row_lock_for_a_while_even_against_the_right_password(
    world: World, accounts: Accounts
) -> None:
    await accounts.give_password(await world.helper(LAN), GOOD)
    results = [(await accounts.sign_in(LAN, "sai", "")).result for _ in range(MOST_FAILURES)]
    assert results == [SignIn.wrong] * (MOST_FAILURES - 1) + [SignIn.locked]
    assert (await accounts.sign_in(LAN, GOOD, "")).result is SignIn.locked
    world.clock.now += LOCKED
    assert (await accounts.sign_in(LAN, GOOD, "")).result is SignIn.done


async def test_an_officer_sets_up_a_second_factor_and_needs_it_from_then_on(world: World, accounts: Accounts) -> None:
    await accounts.give_password(await world.helper(THU), GOOD, must_change=False)
    account = (await accounts.sign_in(THU, GOOD, "")).account
    assert account.must_enrol
    step = int(world.clock.now.timestamp()) // 30
    assert not await accounts.enrol(account, RFC_SECRET, "000000")
    assert await accounts.enrol(account, RFC_SECRET, totp.code_at(RFC_SECRET, step))
    assert (await accounts.sign_in(THU, GOOD, "")).result is SignIn.needs_code
    assert (await accounts.sign_in(THU, GOOD, totp.code_at(RFC_SECRET, step))).result is SignIn.wrong  # used
    assert (await accounts.sign_in(THU, GOOD, totp.code_at(RFC_SECRET, step + 1))).result is SignIn.done
    await accounts.forget_second_factor(account.helper)
    assert (await accounts.sign_in(THU, GOOD, "")).account.must_enrol


async def test_a_new_password_ends_the_other_sessions(world: World, accounts: Accounts) -> None:
    await accounts.give_password(await world.helper(LAN), GOOD, must_change=False)
    account = (await accounts.sign_in(LAN, GOOD, "")).account
    assert await accounts.change_password(account, GOOD, "ngan") == "weak"
    assert await accounts.change_password(account, "sai", "mot-cau-khac-dai") == "wrong_old"
    assert await accounts.change_password(account, GOOD, "mot-cau-khac-dai") is None
    assert await accounts.account(account.helper.id, account.generation) is None
    assert (await accounts.sign_in(LAN, "mot-cau-khac-dai", "")).result is SignIn.done


def test_given_passwords_are_strong_and_weak_ones_are_told() -> None:
    assert not is_too_weak(new_password(), LAN)
    assert is_too_weak(f"a{LAN}xyz", LAN) and is_too_weak("aaaaaaaaaaaa", LAN) and is_too_weak("x" * 500, LAN)


async def test_a_session_is_ours_and_ends(world: World) -> None:
    keys, now = world.store.keys, world.clock.now
    token = sessions.make(keys, "a" * 32, 3, now)
    read = sessions.read(keys, token, now)
    assert (read.helper_id, read.generation) == ("a" * 32, 3)
    assert sessions.is_form_of(read, read.form_token) and not sessions.is_form_of(read, "")
    for forged in (token[:-1], token.replace(".3.", ".4."), "b" + token[1:], "", "x" * 1_000):
        assert sessions.read(keys, forged, now) is None
    assert sessions.read(keys, token, now + sessions.LIFE) is None
    sealed = sessions.seal_secret(keys, "a" * 32, b"geheim")
    assert sessions.open_secret(keys, "a" * 32, sealed) == b"geheim"
    assert sessions.open_secret(keys, "b" * 32, sealed) is None
