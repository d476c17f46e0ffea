"""Notices of payment: stored once and acted on; what could not be acted on is kept and acted on later."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bot.payment.providers.protocol import Notice, Outcome, Verdict
from bot.payment.records import notice_place
from bot.payment.settling import Settling, meaning, transaction_key
from bot.payment.tables import payment_notices
from bot.store import Store

log = logging.getLogger(__name__)

BATCH = 100
UNDER_WAY = timedelta(seconds=30)  # a younger one is being acted on by whoever stored it
FOR_A_PERSON = (Outcome.unhandled, Outcome.unknown_reference)


class Notices:
    """`receive` is one transaction, and the provider is answered after it: stored and acted on, or sent again.

    What can be stored but not acted on is stored alone, as evidence and for `act_on_leftovers`.
    """

    def __init__(self, store: Store) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock

    async def receive(self, notice: Notice, body: bytes, origin: str) -> Outcome:
        try:
            return await self._database.write(lambda connection: self._take(connection, notice, body, origin))
        except Exception:
            await self._database.write(lambda connection: self._store(connection, notice, body, origin))
            raise

    def _take(self, connection: sa.Connection, notice: Notice, body: bytes, origin: str) -> Outcome:
        """A copy that comes at the same moment waits in `_insert` until the first one is written, and finds it done."""
        row = self._row(notice, body, origin)
        notice_id = _insert(connection, row)
        if notice_id is not None:
            return self._settle(connection, notice_id, _notice(SimpleNamespace(**row)))
        notice_id, earlier = _earlier(connection, row)
        return self._act(connection, notice_id) if earlier is None else _second(earlier)

    def _store(self, connection: sa.Connection, notice: Notice, body: bytes, origin: str) -> tuple[int, Outcome | None]:
        """Kept and nothing more: its number, and what a copy of it came to."""
        row = self._row(notice, body, origin)
        notice_id = _insert(connection, row)
        return (notice_id, None) if notice_id is not None else _earlier(connection, row)

    def _row(self, notice: Notice, body: bytes, origin: str) -> dict[str, Any]:
        key, said = transaction_key(notice), meaning(notice)
        return {
            "provider": notice.provider,
            "transaction_key": key,
            "meaning": said,
            "origin": origin,
            "reference": notice.reference[:80],
            "verdict": notice.verdict,
            "code": notice.code[:40],
            "amount": notice.amount,
            "currency": notice.currency[:8],
            "body": self._keys.seal(body, notice_place(notice.provider, key, said)) if body else None,
            "received_at": self._clock(),
        }

    def _act(self, connection: sa.Connection, notice_id: int) -> Outcome:
        """On one that was stored before, under its lock, so that two who find it act once."""
        row = connection.execute(_BY_ID.where(payment_notices.c.id == notice_id).with_for_update()).one()
        return _second(Outcome(row.outcome)) if row.outcome else self._settle(connection, notice_id, _notice(row))

    def _settle(self, connection: sa.Connection, notice_id: int, notice: Notice) -> Outcome:
        now = self._clock()
        outcome = Settling(connection, notice, now).act()
        connection.execute(_HANDLED, {"notice": notice_id, "became": outcome, "at": now})
        return outcome

    async def act_on_leftovers(self) -> int:
        """What was stored and never acted on, because a process was killed or the database was away; how many."""
        old = payment_notices.c.received_at <= self._clock() - UNDER_WAY
        waiting = sa.select(payment_notices.c.id).where(payment_notices.c.outcome.is_(None), old)
        waiting = waiting.order_by(payment_notices.c.id).limit(BATCH)
        ids = await self._database.read(lambda connection: connection.execute(waiting).scalars().all())
        done = 0
        for notice_id in ids:
            try:
                await self._database.write(lambda connection, one=notice_id: self._act(connection, one))
                done += 1
            except Exception:  # of this one: it does not keep the others from being acted on
                log.exception("payment notice %d cannot be acted on; tried again", notice_id)
        return done

    async def for_a_person(self) -> Sequence[sa.Row]:
        """Notices that no rule could act on: who sent what about which reference, without their bodies."""
        table = payment_notices.c
        shown = (
            table.id,
            table.provider,
            table.transaction_key,
            table.reference,
            table.verdict,
            table.code,
            table.origin,
        )
        more = (table.amount, table.currency, table.outcome, table.received_at)
        found = waiting_notices(500).with_only_columns(*shown, *more)
        return await self._database.read(lambda connection: connection.execute(found).all())

    async def resolve(self, notice_id: int) -> bool:
        """A person has seen to it; False when it was not waiting for one."""
        now = self._clock()
        return await self._database.write(lambda connection: resolve_in(connection, notice_id, now) is not None)

    async def body(self, notice_id: int) -> bytes | None:
        """A notice as it came, for whoever has to judge it."""
        row = await self._database.read(
            lambda connection: connection.execute(_BY_ID.where(payment_notices.c.id == notice_id)).first()
        )
        if row is None or row.body is None:
            return None
        return self._keys.open(row.body, notice_place(row.provider, row.transaction_key, row.meaning))


_BY_ID = sa.select(payment_notices)
_HANDLED = (
    sa.update(payment_notices)
    .where(payment_notices.c.id == sa.bindparam("notice"))
    .values(outcome=sa.bindparam("became"), handled_at=sa.bindparam("at"))
)
_NEW = {
    "sqlite": sqlite_insert(payment_notices).on_conflict_do_nothing().returning(payment_notices.c.id),
    "postgresql": postgres_insert(payment_notices).on_conflict_do_nothing().returning(payment_notices.c.id),
}


def waiting_notices(most: int) -> sa.Select:
    """Those that no rule could act on, the oldest first."""
    waiting = sa.select(payment_notices).where(payment_notices.c.outcome.in_(FOR_A_PERSON))
    return waiting.order_by(payment_notices.c.id).limit(most)


def resolve_in(connection: sa.Connection, notice_id: int, now: datetime) -> str | None:
    """A person has seen to it: the provider that sent it; None when it was not waiting for one."""
    waiting = (payment_notices.c.id == notice_id, payment_notices.c.outcome.in_(FOR_A_PERSON))
    done = sa.update(payment_notices).where(*waiting).values(outcome=Outcome.resolved, handled_at=now)
    return connection.execute(done.returning(payment_notices.c.provider)).scalar()


def _insert(connection: sa.Connection, row: dict[str, Any]) -> int | None:
    """Its number; None when it is there already."""
    return connection.execute(_NEW[connection.dialect.name], row).scalar()


def _earlier(connection: sa.Connection, row: dict[str, Any]) -> tuple[int, Outcome | None]:
    table = payment_notices.c
    same = [table[name] == row[name] for name in ("provider", "transaction_key", "meaning")]
    found = connection.execute(sa.select(table.id, table.outcome).where(*same)).one()
    return found.id, Outcome(found.outcome) if found.outcome else None


def _notice(row: Any) -> Notice:
    """As it was stored; a number that the provider did not tell stays untold."""
    told = row.transaction_key
    return Notice(
        provider=row.provider,
        reference=row.reference,
        transaction_id="" if told.startswith("~") else told,
        verdict=Verdict(row.verdict),
        code=row.code,
        amount=row.amount,
        currency=row.currency,
    )


def _second(earlier: Outcome) -> Outcome:
    """What a copy is answered: money that was credited is so already."""
    return Outcome.repeated if earlier in (Outcome.settled, Outcome.resolved) else earlier
