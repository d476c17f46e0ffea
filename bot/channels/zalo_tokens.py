"""The pair of tokens with which we write in the account's name: kept sealed, renewed ahead of time by one process."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam as bind
from sqlalchemy.exc import IntegrityError

from bot.channels import zalo_metrics
from bot.channels.zalo_oauth import ConsentRefused, OAuthUnreachable, Pair, ZaloOAuth
from bot.channels.zalo_places import token_place
from bot.channels.zalo_tables import zalo_tokens as tokens
from bot.store import Store
from bot.tables import Moment

log = logging.getLogger(__name__)

RENEW_AT = 0.8  # of its life: 20 of 25 hours, so that there are five to be repaired in
LEASE = timedelta(seconds=40)  # longer than Zalo's token server may take to answer
LOOK_AGAIN_SECONDS = 0.1
FRESHNESS_SECONDS = 300.0

FIND = sa.select(tokens).where(tokens.c.app_id == bind("app"))
CLAIM = (
    sa.update(tokens)
    .where(tokens.c.app_id == bind("app"), tokens.c.version == bind("seen"), tokens.c.lost_at.is_(None))
    .where(sa.or_(tokens.c.lease_until.is_(None), tokens.c.lease_until < bind("now", type_=Moment)))
    .values(lease_until=bind("lease", type_=Moment))
)
_MINE = sa.update(tokens).where(tokens.c.app_id == bind("app"), tokens.c.version == bind("seen"))
RELEASE = _MINE.values(lease_until=None)
LOSE = _MINE.values(lease_until=None, lost_at=bind("now", type_=Moment), lost_reason=bind("reason"))


class NoConsent(Exception):
    """There is no pair that works: a person has to let us write in the account's name."""


class CannotRenew(Exception):
    """Not now; the pair may still be good."""


@dataclass(frozen=True)
class Held:
    """What is stored."""

    pair: Pair
    version: int
    renew_at: datetime
    expires_at: datetime
    lost_at: datetime | None
    lost_reason: str | None
    seed_hash: bytes | None = field(repr=False)


class ZaloTokens:
    """Hands out the access token; whichever process needs a new one first renews it, the others wait for it."""

    def __init__(self, store: Store, oauth: ZaloOAuth) -> None:
        self._store, self._database, self.oauth = store, store.database, oauth
        self._app = oauth.app.id
        self._known: Held | None = None
        self._renewing: set[asyncio.Task] = set()

    async def access_token(self) -> str:
        """One that is good now, renewed when its time comes. Raises NoConsent, CannotRenew."""
        held = self._known
        if held is None or held.renew_at <= self._store.clock():
            held = await self._current()
            if held.renew_at <= self._store.clock():
                return await self._renew_ahead(held)
        return held.pair.access

    async def _renew_ahead(self, held: Held) -> str:
        """While the old one is still good, trouble with the new one keeps nobody waiting."""
        try:
            return await self.renewed(held.pair.access)
        except (CannotRenew, NoConsent) as trouble:
            if held.expires_at <= self._store.clock():
                raise
            log.warning("Zalo's access token could not be renewed ahead of time: %s", trouble)
            return held.pair.access

    async def renewed(self, stale: str) -> str:
        """Another one than `stale`, which Zalo refused or whose time is over. Raises NoConsent, CannotRenew."""
        patience = LEASE.total_seconds() / LOOK_AGAIN_SECONDS
        for _ in range(int(patience)):
            held = await self._current()
            if held.pair.access != stale:
                return held.pair.access
            if await self._claim(held):
                return (await self._unstoppable(self._renew(held))).pair.access
            await asyncio.sleep(LOOK_AGAIN_SECONDS)  # another process is at it
        raise CannotRenew("another process is renewing it and does not finish")

    async def _unstoppable(self, work: Coroutine[Any, Any, Held]) -> Held:
        """Between Zalo's answer and our commit nothing may stop us: the old refresh token is used up by then."""
        task = asyncio.create_task(work)
        self._renewing.add(task)
        task.add_done_callback(self._renewing.discard)
        return await asyncio.shield(task)

    async def _renew(self, held: Held) -> Held:
        try:
            pair = await self.oauth.renew(held.pair.refresh)
        except OAuthUnreachable as error:
            await self._write(RELEASE, seen=held.version)
            raise CannotRenew(f"Zalo's token server: {error}") from error
        except ConsentRefused as error:
            await self._lose(held, str(error))
            raise NoConsent(str(error)) from error
        return await self._keep(pair, held.version + 1, held.seed_hash)

    async def _lose(self, held: Held, reason: str) -> None:
        log.error("Zalo refuses to renew our consent (%s): nothing is sent until a person gives it anew", reason)
        zalo_metrics.consent_lost(True)
        self._known = None
        await self._write(LOSE, seen=held.version, now=self._store.clock(), reason=reason[:200])

    # ---- the beginning

    async def begin(self, code: str) -> None:
        """Keeps the pair that a person's consent gives. Raises ConsentRefused, OAuthUnreachable."""
        pair = await self.oauth.exchange(code)
        held = await self._load()
        await self._keep(pair, held.version + 1 if held else 1, held.seed_hash if held else None)

    async def seed(self, refresh_token: str) -> bool:
        """Begins with a refresh token of the settings, once: by a restart it has long been used up."""
        seed_hash = self._store.keys.hash("zalo seed", refresh_token)
        held = await self._load()
        if held and held.seed_hash in self._store.keys.hashes("zalo seed", refresh_token):
            return False
        now = self._store.clock()
        await self._save(Pair("", refresh_token), held.version + 1 if held else 1, seed_hash, now, now)
        return True

    async def state(self) -> Held | None:
        """What is stored, for the operator."""
        return await self._load()

    async def keep_fresh(self) -> None:
        """Renews ahead of time, until cancelled, so that no citizen's message has to wait for it."""
        while True:
            try:
                await self.access_token()
            except (NoConsent, CannotRenew) as trouble:
                log.warning("Zalo's access token: %s", trouble)
            except Exception:
                log.exception("Zalo's tokens cannot be read; tried again")
            await asyncio.sleep(FRESHNESS_SECONDS)

    async def close(self) -> None:
        """Waits for a renewal under way: cut off now, it would cost the consent."""
        if self._renewing:
            await asyncio.wait(self._renewing)

    # ---- the row

    async def _current(self) -> Held:
        held = await self._load()
        if held is None or held.lost_at:
            zalo_metrics.consent_lost(True)
            raise NoConsent(held.lost_reason or "lost" if held else "never given")
        self._known = held
        return held

    async def _load(self) -> Held | None:
        row = await self._database.read(lambda connection: connection.execute(FIND, {"app": self._app}).first())
        if row is None:
            return None
        access, refresh = json.loads(self._store.keys.open(row.pair, token_place(self._app)))
        return Held(
            Pair(access, refresh),
            row.version,
            row.renew_at,
            row.expires_at,
            row.lost_at,
            row.lost_reason,
            row.seed_hash,
        )

    async def _claim(self, held: Held) -> bool:
        now = self._store.clock()
        return await self._write(CLAIM, seen=held.version, now=now, lease=now + LEASE) == 1

    async def _write(self, statement: sa.Update, **values: Any) -> int:
        where = {"app": self._app, **values}
        return await self._database.write(lambda connection: connection.execute(statement, where).rowcount)

    async def _keep(self, pair: Pair, version: int, seed_hash: bytes | None) -> Held:
        now = self._store.clock()
        life = timedelta(seconds=pair.life_seconds)
        await self._save(pair, version, seed_hash, now + life * RENEW_AT, now + life)
        zalo_metrics.consent_lost(False)
        held = await self._load()
        assert held is not None
        self._known = held
        return held

    async def _save(
        self, pair: Pair, version: int, seed_hash: bytes | None, renew_at: datetime, expires_at: datetime
    ) -> None:
        """Committed before anybody uses it: a pair that only memory knew would be lost with the process."""
        row = {
            "pair": self._store.keys.seal(json.dumps([pair.access, pair.refresh]).encode(), token_place(self._app)),
            "version": version,
            "renew_at": renew_at,
            "expires_at": expires_at,
            "lease_until": None,
            "lost_at": None,
            "lost_reason": None,
            "seed_hash": seed_hash,
            "changed_at": self._store.clock(),
        }
        older = sa.update(tokens).where(tokens.c.app_id == self._app, tokens.c.version < version).values(row)
        if await self._database.write(lambda connection: connection.execute(older).rowcount):
            return
        try:
            new = sa.insert(tokens).values(app_id=self._app, **row)
            await self._database.write(lambda connection: connection.execute(new))
        except IntegrityError:  # another process began at the same moment: its pair stands
            log.info("Zalo's tokens were written by another process meanwhile")
