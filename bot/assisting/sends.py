"""Codes and links to a citizen's telephone: the limits on sending them, and what became of each."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from bot.assisting import codes
from bot.assisting.forgetting import phone_place
from bot.assisting.limits import Limits, limits
from bot.assisting.session import Channel, Session, Status
from bot.assisting.tables import assist_sends, assist_sessions
from bot.privacy import mask
from bot.store import Store

DAY = timedelta(days=1)
PHONE = "assist-phone"  # begins the keyed hash of a number
SENDING, ARRIVED = "sending", "arrived"
UNDER_WAY = (SENDING, "sent", "unknown")
# What became of a message, in the channel's words: the number receives none; nothing was sent and nobody is to blame.
UNREACHABLE = ("bad_number", "no_zalo", "unwilling")
NOT_SENT = ("quota", "template", "account", "token", "night", "busy")

_rows, _sends = assist_sessions, assist_sends
_IS_COUNTED = _sends.c.became.not_in(NOT_SENT)


class Kind(StrEnum):
    code = "code"
    page = "page"


class Limit(StrEnum):
    """Why nothing is sent now."""

    over = "over"  # this consent no longer waits for it
    soon = "soon"
    consent = "consent"
    number = "number"
    helper = "helper"
    unreachable = "unreachable"
    all = "all"


@dataclass(frozen=True)
class Begun:
    """To be sent now; written down before it is."""

    send_id: str
    phone: str = field(repr=False)
    code: str = field(default="", repr=False)


class Sends:
    """Every verb is one transaction."""

    def __init__(self, store: Store, figures: Limits | None = None) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self.limits = figures or limits()

    async def begin_code(self, session: Session, phone: str | None) -> Begun | Limit:
        """A new code for this number (None: the one before), which takes the place of every other of this consent."""
        return await self._database.write(lambda connection: self._begin_code(connection, session, phone))

    async def begin_page(self, session: Session) -> Begun | Limit:
        """The number that agreed is to get its link."""
        return await self._database.write(lambda connection: self._begin_page(connection, session))

    async def became(self, begun: Begun, what: str) -> None:
        # The telephone may have been quicker than the answer.
        ours = (_sends.c.id == begun.send_id, _sends.c.became != ARRIVED)
        noted = sa.update(_sends).where(*ours).values(became=what)
        await self._database.write(lambda connection: connection.execute(noted))

    async def arrived(self, send_id: str) -> None:
        """The telephone has it: the channel says so later, and again as often as it likes."""
        ours = (_sends.c.id == send_id[:32], _sends.c.became.in_(UNDER_WAY))
        noted = sa.update(_sends).where(*ours).values(became=ARRIVED)
        await self._database.write(lambda connection: connection.execute(noted))

    async def how_far(self, session_id: str, kind: Kind) -> str:
        """Of the newest message of this kind: not_sent, sent (or nobody knows), arrived."""
        newest = sa.select(_sends.c.became).where(_sends.c.session_id == session_id, _sends.c.kind == kind)
        newest = newest.order_by(_sends.c.at.desc(), _sends.c.id).limit(1)
        became = await self._database.read(lambda connection: connection.execute(newest).scalar())
        if became is None or became in (*UNREACHABLE, *NOT_SENT):
            return "not_sent"
        return ARRIVED if became == ARRIVED else "sent"

    # ---- inside

    def _begin_code(self, connection: sa.Connection, session: Session, phone: str | None) -> Begun | Limit:
        row, now = self._locked(connection, session.id), self._clock()
        is_told_here = row is not None and row.status == Status.told and row.channel is not None
        if row is None or not (row.status == Status.waiting or is_told_here) or (is_told_here and row.until <= now):
            return Limit.over
        number = phone or self._phone(row)
        if number is None:
            return Limit.over
        if limit := self._limit(connection, row, number, Kind.code, self.limits.phone_codes):
            return limit
        code = codes.new_code()
        values = {"status": Status.told, "conversation_id": None, "code_hash": None, "tries": 0}
        values |= {"number_hash": self._keys.hash(codes.NUMBER, code), "until": now + self.limits.code_life}
        sealed = self._keys.seal(number.encode(), phone_place(row.id))
        values |= {"channel": Channel.zalo_phone, "phone": sealed, "phone_shown": mask(number)}
        connection.execute(sa.update(_rows).where(_rows.c.id == row.id).values(values))
        return Begun(self._note(connection, row, number, Kind.code), number, code)

    def _begin_page(self, connection: sa.Connection, session: Session) -> Begun | Limit:
        row = self._locked(connection, session.id)
        number = self._phone(row) if row is not None else None
        if number is None or row.status != Status.agreed or row.until <= self._clock():
            return Limit.over
        if limit := self._limit(connection, row, number, Kind.page, self.limits.phone_pages):
            return limit
        return Begun(self._note(connection, row, number, Kind.page), number)

    def _locked(self, connection: sa.Connection, session_id: str) -> Any:
        """Two windows of one helper go one after another."""
        return connection.execute(sa.select(_rows).where(_rows.c.id == session_id).with_for_update()).first()

    def _phone(self, row: Any) -> str | None:
        return self._keys.open(row.phone, phone_place(row.id)).decode() if row.phone else None

    def _note(self, connection: sa.Connection, row: Any, number: str, kind: Kind) -> str:
        sent = {"id": uuid.uuid4().hex, "session_id": row.id, "helper_id": row.helper_id, "kind": kind}
        sent |= {"phone_hash": self._keys.hash(PHONE, number), "became": SENDING, "at": self._clock()}
        connection.execute(sa.insert(_sends), sent)
        return sent["id"]

    def _limit(self, connection: sa.Connection, row: Any, number: str, kind: Kind, most: int) -> Limit | None:
        now, of_kind = self._clock(), (_sends.c.session_id == row.id, _sends.c.kind == kind)
        lately, today = _sends.c.at > now - timedelta(seconds=self.limits.phone_wait_seconds), _sends.c.at > now - DAY
        of_number = _sends.c.phone_hash.in_(self._keys.hashes(PHONE, number))
        of_helper, unreached = _sends.c.helper_id == row.helper_id, _sends.c.became.in_(UNREACHABLE)
        bounds = (
            (Limit.soon, 1, (*of_kind, lately, _sends.c.became.not_in(UNREACHABLE))),
            (Limit.consent, most, (*of_kind, _IS_COUNTED)),
            (Limit.number, self.limits.phone_number_per_day, (of_number, today, _IS_COUNTED)),
            (Limit.helper, self.limits.phone_helper_per_day, (of_helper, today, _IS_COUNTED)),
            (Limit.unreachable, self.limits.phone_unreachable_per_day, (of_helper, today, unreached)),
            (Limit.all, self.limits.phone_all_per_day, (today, _IS_COUNTED)),
        )
        for limit, bound, where in bounds:
            count = sa.select(sa.func.count()).select_from(_sends).where(*where)
            if connection.execute(count).scalar_one() >= bound:
                return limit
        return None
