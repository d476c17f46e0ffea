"""Notices of payment: stored once, then acted on; what was cut off in between is acted on later."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

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
    """`receive` is two transactions: what is stored is acted on, whatever happens in between."""

    def __init__(self, store: Store) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock

    async def receive(self, notice: Notice, body: bytes, origin: str) -> Outcome:
        notice_id, earlier = await self._database.write(
            lambda connection: self._store(connection, notice, body, origin)
        )
        if earlier is not None:
            return _second(earlier)
        return await self._database.write(lambda connection: self._act(connection, notice_id))

    def _store(self, connection: sa.Connection, notice: Notice, body: bytes, origin: str) -> tuple[int, Outcome | None]:
        key, said = transaction_key(notice), meaning(notice)
        insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
        row = {
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
        new = insert(payment_notices).values(row).on_conflict_do_nothing().returning(payment_notices.c.id)
        notice_id = connection.execute(new).scalar()
        if notice_id is not None:
            return notice_id, None
        table = payment_notices.c
        same = (table.provider == notice.provider, table.transaction_key == key, table.meaning == said)
        found = connection.execute(sa.select(table.id, table.outcome).where(*same)).one()
        return found.id, Outcome(found.outcome) if found.outcome else None

    def _act(self, connection: sa.Connection, notice_id: int) -> Outcome:
        """Under the lock of the notice, so that two copies at once act once."""
        row = connection.execute(_BY_ID.where(payment_notices.c.id == notice_id).with_for_update()).one()
        if row.outcome:
            return _second(Outcome(row.outcome))
        outcome = Settling(connection, _notice(row), self._clock()).act()
        handled = sa.update(payment_notices).where(payment_notices.c.id == notice_id)
        connection.execute(handled.values(outcome=outcome, handled_at=self._clock()))
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
        found = sa.select(*shown, *more).where(table.outcome.in_(FOR_A_PERSON)).order_by(table.id).limit(500)
        return await self._database.read(lambda connection: connection.execute(found).all())

    async def resolve(self, notice_id: int) -> bool:
        """A person has seen to it; False when it was not waiting for one."""
        waiting = (payment_notices.c.id == notice_id, payment_notices.c.outcome.in_(FOR_A_PERSON))
        done = sa.update(payment_notices).where(*waiting)
        done = done.values(outcome=Outcome.resolved, handled_at=self._clock())
        return await self._database.write(lambda connection: connection.execute(done).rowcount == 1)

    async def body(self, notice_id: int) -> bytes | None:
        """A notice as it came, for whoever has to judge it."""
        row = await self._database.read(
            lambda connection: connection.execute(_BY_ID.where(payment_notices.c.id == notice_id)).first()
        )
        if row is None or row.body is None:
            return None
        return self._keys.open(row.body, notice_place(row.provider, row.transaction_key, row.meaning))


_BY_ID = sa.select(payment_notices)


def _notice(row: sa.Row) -> Notice:
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
