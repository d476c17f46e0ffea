"""The helpers' own accounts: password and second factor, locked after failures, ended everywhere at once."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from bot.handoff import totp
from bot.handoff.directory import Directory
from bot.handoff.identities import let_go
from bot.handoff.passwords import Passwords, is_too_weak, new_password
from bot.handoff.people import Helper, Role
from bot.handoff.places import totp_place
from bot.handoff.tables import desk_accounts, helpers
from bot.handoff.team_list import read_phone
from bot.store import Store

MOST_FAILURES = 5
LOCKED = timedelta(minutes=15)
NEVER = -1
NO_PASSWORD = ""  # no password has this hash
NEEDS_SECOND_FACTOR = (Role.ward_officer, Role.province_admin)


class SignIn(StrEnum):
    done = "done"
    wrong = "wrong"
    locked = "locked"
    needs_code = "needs_code"


@dataclass(frozen=True)
class Account:
    helper: Helper
    generation: int
    must_change: bool
    has_second_factor: bool
    is_strong: bool = False  # this session's second factor was asked by the province's own sign-in

    @property
    def must_enrol(self) -> bool:
        """Those who see a whole ward or province need more than a password."""
        return self.helper.role in NEEDS_SECOND_FACTOR and not (self.has_second_factor or self.is_strong)

    def proved_elsewhere(self, is_strong: bool) -> Account:
        """A given password was not used, so it need not be changed first; it still must be to come in by it."""
        return replace(self, must_change=False, is_strong=is_strong)


@dataclass(frozen=True)
class Tried:
    result: SignIn
    account: Account | None = field(default=None)


class Accounts:
    """Every verb is one transaction; passwords are hashed outside of it."""

    def __init__(self, store: Store, directory: Directory, passwords: Passwords | None = None) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._directory, self._passwords = directory, passwords or Passwords()

    # ---- signing in

    async def sign_in(self, phone: str, password: str, code: str) -> Tried:
        """The account when everything is right; a failure never tells which part was wrong."""
        number = read_phone(phone)
        helper = await self._directory.by_phone(number) if number else None
        row = await self._row(helper.id) if helper else None
        if row is not None and row.locked_until and row.locked_until > self._clock():
            return Tried(SignIn.locked)
        if not await self._passwords.is_right(row.password_hash if row else None, password):
            return Tried(await self._failed(helper.id) if helper and row else SignIn.wrong)
        if row.totp_secret is not None:
            if not code.strip():
                return Tried(SignIn.needs_code)
            if not await self._takes_code(row, code):
                return Tried(await self._failed(helper.id))
        await self._set(helper.id, failures=0, locked_until=None)
        return Tried(SignIn.done, _account(helper, row))

    async def _failed(self, helper_id: str) -> SignIn:
        """Counted in the database, so that two tries at once are two."""
        count = sa.update(desk_accounts).where(desk_accounts.c.helper_id == helper_id)
        count = count.values(failures=desk_accounts.c.failures + 1).returning(desk_accounts.c.failures)
        lock = sa.update(desk_accounts).where(desk_accounts.c.helper_id == helper_id)
        lock = lock.values(failures=0, locked_until=self._clock() + LOCKED)

        def work(connection: sa.Connection) -> SignIn:
            if connection.execute(count).scalar_one() < MOST_FAILURES:
                return SignIn.wrong
            connection.execute(lock)
            return SignIn.locked

        return await self._database.write(work)

    async def _takes_code(self, row: Any, code: str) -> bool:
        secret = self._keys.open(row.totp_secret, totp_place(row.helper_id))
        step = totp.step_of(secret, code, self._clock().timestamp(), row.totp_step)
        if step is None:
            return False
        table = desk_accounts.c
        used = sa.update(desk_accounts).where(table.helper_id == row.helper_id, table.totp_step < step)
        return await self._database.write(lambda c: c.execute(used.values(totp_step=step)).rowcount) == 1

    async def account(self, helper_id: str, generation: int) -> Account | None:
        """Who a session belongs to; None once it was ended, or its helper left the list."""
        row = await self._row(helper_id)
        helper = await self._directory.helper(helper_id) if row and row.generation == generation else None
        return _account(helper, row) if helper else None

    # ---- proved by the province's own sign-in

    async def of(self, helper_id: str) -> Account | None:
        """The account, made without a usable password where there is none; None for who left the list."""
        helper = await self._directory.helper(helper_id)
        row = await self._row(helper_id) if helper else None
        if helper is not None and row is None:
            await self._open_without_password(helper_id)
            row = await self._row(helper_id)
        return _account(helper, row) if helper and row else None

    async def _open_without_password(self, helper_id: str) -> None:
        new = {"helper_id": helper_id, "password_hash": NO_PASSWORD, "must_change": False}
        new |= {"totp_step": NEVER, "generation": 1, "failures": 0}
        with contextlib.suppress(sa.exc.IntegrityError):  # two windows at once: the other one has made it
            await self._database.write(lambda connection: connection.execute(sa.insert(desk_accounts), new))

    async def takes_code(self, account: Account, code: str) -> SignIn:
        """The second factor alone; failures lock it as they lock the password."""
        row = await self._row(account.helper.id)
        if row is None or row.totp_secret is None or row.generation != account.generation:
            return SignIn.wrong
        if row.locked_until and row.locked_until > self._clock():
            return SignIn.locked
        if not await self._takes_code(row, code):
            return await self._failed(account.helper.id)
        await self._set(account.helper.id, failures=0, locked_until=None)
        return SignIn.done

    # ---- one's own account

    async def change_password(self, account: Account, old: str, new: str) -> str | None:
        """Why it was not changed, as the key of a desk sentence; None when it was. Ends every other session."""
        row = await self._row(account.helper.id)
        if is_too_weak(new, account.helper.phone) or new == old:
            return "weak"
        if row is None or not await self._passwords.is_right(row.password_hash, old):
            return "wrong_old"
        hashed = await self._passwords.hash(new)
        await self._set(account.helper.id, password_hash=hashed, must_change=False, generation=row.generation + 1)
        return None

    async def enrol(self, account: Account, secret: bytes, code: str) -> bool:
        """From now on a code is asked, if this first one is right."""
        step = totp.step_of(secret, code, self._clock().timestamp(), NEVER)
        if step is None:
            return False
        sealed = self._keys.seal(secret, totp_place(account.helper.id))
        await self._set(account.helper.id, totp_secret=sealed, totp_step=step)
        return True

    # ---- the operator's

    async def give_password(self, helper: Helper, password: str | None = None, must_change: bool = True) -> str:
        """A new password, told once; sessions end, a lock is lifted, the province's sign-in must be bound anew."""
        given = password or new_password()
        hashed = await self._passwords.hash(given)
        values = {"password_hash": hashed, "must_change": must_change, "failures": 0, "locked_until": None}

        def work(connection: sa.Connection) -> None:
            let_go(connection, helper.id)
            ours = sa.update(desk_accounts).where(desk_accounts.c.helper_id == helper.id)
            if not connection.execute(ours.values(**values, generation=desk_accounts.c.generation + 1)).rowcount:
                new = {"helper_id": helper.id, "totp_step": NEVER, "generation": 1, **values}
                connection.execute(sa.insert(desk_accounts), new)

        await self._database.write(work)
        return given

    async def forget_second_factor(self, helper: Helper) -> None:
        """For a lost telephone."""
        await self._set(helper.id, totp_secret=None, totp_step=NEVER)

    async def end_sessions(self, helper_id: str) -> None:
        await self._set(helper_id, generation=desk_accounts.c.generation + 1)

    async def _row(self, helper_id: str) -> Any:
        joined = sa.select(desk_accounts).join(helpers, helpers.c.id == desk_accounts.c.helper_id)
        found = joined.where(desk_accounts.c.helper_id == helper_id, helpers.c.is_active)
        return await self._database.read(lambda connection: connection.execute(found).first())

    async def _set(self, helper_id: str, **values: Any) -> None:
        change = sa.update(desk_accounts).where(desk_accounts.c.helper_id == helper_id).values(values)
        await self._database.write(lambda connection: connection.execute(change))


def _account(helper: Helper, row: Any) -> Account:
    return Account(helper, row.generation, row.must_change, row.totp_secret is not None)
