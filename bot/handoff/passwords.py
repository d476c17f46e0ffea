"""Passwords of the desk: argon2id, a few at a time so that signing in cannot starve the conversations."""

from __future__ import annotations

import asyncio
import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

FEWEST_CHARS = 10
MOST_CHARS = 200
AT_ONCE = 1  # each takes a core for some tens of milliseconds
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Passwords:
    """Hashing in a thread; the same work is done for somebody who does not exist."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher, self._gate = hasher or PasswordHasher(), asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._gate:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def is_right(self, stored: str | None, password: str) -> bool:
        async with self._gate:
            matches = await asyncio.to_thread(self._matches, stored or self._nobody(), password[: MOST_CHARS + 1])
        return matches and stored is not None

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerifyMismatchError, InvalidHashError):
            return False

    @lru_cache(maxsize=1)  # noqa: B019 — one object per server
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe(16))


def new_password() -> str:
    """To be read out or typed: twelve letters in threes, 59 bits."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(12))
    return "-".join(drawn[at : at + 4] for at in range(0, 12, 4))


def is_too_weak(password: str, phone: str) -> bool:
    return not FEWEST_CHARS <= len(password) <= MOST_CHARS or phone in password or len(set(password)) < 5
