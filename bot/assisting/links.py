"""Links by which a citizen who agreed by a code opens their dossier's page: each once, on the telephone it went to."""

from __future__ import annotations

import secrets
from enum import StrEnum

import sqlalchemy as sa

from bot.assisting.limits import Limits, limits
from bot.assisting.session import Session
from bot.assisting.tables import assist_links, assist_sessions
from bot.conversation import token_hash
from bot.store import Store
from bot.tables import conversations

PATH = "/helped/sheets"  # the masks of our logs cover what follows /sheets/
TOKEN_BYTES = 32
LINK = "assist-link"  # begins its keyed hash

_links, _rows = assist_links, assist_sessions


class Seen(StrEnum):
    fresh = "fresh"  # opens the page, once
    used = "used"  # has opened it on some telephone, which may be this one
    gone = "gone"  # forged, too old, or erased


class Links:
    """Every verb is one transaction."""

    def __init__(self, store: Store, figures: Limits | None = None) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._limits = figures or limits()

    async def make(self, session: Session) -> str:
        """The token of a new link; those before it stay good, for nobody knows which of them has arrived."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        row = {"token_hash": self._keys.hash(LINK, token), "session_id": session.id}
        row |= {"until": self._clock() + self._limits.consent_life, "used_at": None}
        await self._database.write(lambda connection: connection.execute(sa.insert(_links), row))
        return token

    async def look(self, token: str) -> Seen:
        """What it is, without opening it."""
        return await self._database.read(lambda connection: self._look(connection, token))

    def _look(self, connection: sa.Connection, token: str) -> Seen:
        if connection.execute(sa.select(_links.c.session_id).where(*self._opens(token))).first():
            return Seen.fresh
        used = sa.select(_links.c.used_at).where(_links.c.token_hash.in_(self._keys.hashes(LINK, token)))
        return Seen.used if connection.execute(used).scalar() else Seen.gone

    async def is_opened(self, session_id: str) -> bool:
        """Whether the citizen has opened one of them."""
        used = sa.select(_links.c.session_id).where(_links.c.session_id == session_id, _links.c.used_at.is_not(None))
        return await self._database.read(lambda connection: connection.execute(used.limit(1)).first()) is not None

    async def open(self, token: str, bearer: str) -> str | None:
        """The conversation, which from now on is whoever's has `bearer`, drawn on their own telephone.

        Once: again only for the same telephone, whose first answer may have been lost on the way.
        """
        return await self._database.write(lambda connection: self._open(connection, token, bearer))

    def _open(self, connection: sa.Connection, token: str, bearer: str) -> str | None:
        now = self._clock()
        hashed = token_hash(bearer)
        used = sa.update(_links).where(*self._opens(token)).values(used_at=now)
        is_first = connection.execute(used).rowcount == 1
        held = connection.execute(self._held_by(token)).first()
        if held is None or not (is_first or held.token_hash == hashed):
            return None
        values = {"token_hash": hashed, "last_active_at": now}
        connection.execute(sa.update(conversations).where(conversations.c.id == held.id).values(values))
        return held.id

    def _held_by(self, token: str) -> sa.Select:
        joined = _links.join(_rows, _rows.c.id == _links.c.session_id)
        joined = joined.join(conversations, conversations.c.id == _rows.c.conversation_id)
        is_known = _links.c.token_hash.in_(self._keys.hashes(LINK, token))
        return sa.select(conversations.c.id, conversations.c.token_hash).select_from(joined).where(is_known)

    def _opens(self, token: str) -> tuple[sa.ColumnElement[bool], ...]:
        """Not used, in time, and its conversation is there: an erasure takes the consent along, and so the link."""
        has_place = sa.select(_rows.c.id).where(_rows.c.id == _links.c.session_id, _rows.c.conversation_id.is_not(None))
        is_known = _links.c.token_hash.in_(self._keys.hashes(LINK, token))
        return (is_known, _links.c.used_at.is_(None), _links.c.until > self._clock(), has_place.exists())
