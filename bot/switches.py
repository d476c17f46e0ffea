"""Off switches an operator can throw while serving: a channel or a procedure, each with its reason."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.settings import Settings
from bot.store import Store, open_store
from bot.tables import switches

CACHE_SECONDS = 2.0  # how long a server may not know of a switch thrown in another process
MOST_REASON_CHARS = 500
NAME = re.compile(r"(channel:[a-z_]{1,32}|procedure:[0-9A-Za-z.]{1,40})")
PROCEDURE = "procedure:"


class BadSwitch(ValueError):
    """Not a thing that can be switched off."""


@dataclass(frozen=True)
class Switch:
    name: str
    reason: str
    set_at: datetime


class Switches:
    """Reads are answered from a short memory, so that every turn may ask."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._known: dict[str, str] = {}
        self._read_at: float | None = None

    async def is_off(self, name: str) -> bool:
        return await self.reason_off(name) is not None

    async def reason_off(self, name: str) -> str | None:
        """Why it is off, in the operator's words; None while it is on."""
        return (await self._current()).get(name)

    async def procedures_off(self) -> dict[str, str]:
        """Reasons by procedure code."""
        known = await self._current()
        return {name.removeprefix(PROCEDURE): reason for name, reason in known.items() if name.startswith(PROCEDURE)}

    async def set(self, name: str, reason: str) -> None:
        """Switches off; a second time replaces the reason."""
        if not NAME.fullmatch(name):
            raise BadSwitch(f"{name!r}: a switch is channel:<name> or procedure:<code>")
        if not reason.strip():
            raise BadSwitch(f"{name}: a reason is needed, it is shown to citizens")
        row = {"name": name, "reason": reason.strip()[:MOST_REASON_CHARS], "set_at": self._store.clock()}
        await self._store.database.write(lambda connection: _replace(connection, row))
        self._read_at = None

    async def clear(self, name: str) -> bool:
        """Switches on again; whether it was off."""
        gone = sa.delete(switches).where(switches.c.name == name)
        count = await self._store.database.write(lambda connection: connection.execute(gone).rowcount)
        self._read_at = None
        return count > 0

    async def list(self) -> list[Switch]:
        rows = await self._store.database.read(lambda c: c.execute(sa.select(switches).order_by(switches.c.name)).all())
        return [Switch(row.name, row.reason, row.set_at) for row in rows]

    async def _current(self) -> dict[str, str]:
        now = self._clock()
        if self._read_at is None or now - self._read_at >= CACHE_SECONDS:
            self._known = {switch.name: switch.reason for switch in await self.list()}
            self._read_at = now
        return self._known


def _replace(connection: sa.Connection, row: dict) -> None:
    connection.execute(sa.delete(switches).where(switches.c.name == row["name"]))
    connection.execute(sa.insert(switches), row)


async def set_switch(settings: Settings, name: str, reason: str | None) -> None:
    """For the command line: off with a reason, on again with None; running servers follow within seconds."""
    store = await open_store(settings)
    try:
        switches = Switches(store)
        await (switches.clear(name) if reason is None else switches.set(name, reason))
    finally:
        await store.close()
