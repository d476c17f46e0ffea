"""What follows from a change of a payment (confirm, hand over, tell the citizen): told at least once, in order."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.payment.tables import payment_events
from bot.store import Store

log = logging.getLogger(__name__)

BATCH = 50
LEASE = timedelta(minutes=2)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True)
class PaymentEvent:
    """`kind`: paid, failed, mismatched or refunded. `id` is the same each time it is told."""

    id: int
    payment_reference: str
    dossier_reference: str
    kind: str
    created_at: datetime


Handler = Callable[[PaymentEvent], Awaitable[None]]


class PaymentEvents:
    """A handler that raises hears the event again, later and later; one killed in the middle too."""

    def __init__(self, store: Store) -> None:
        self._database, self._clock = store.database, store.clock

    async def tell_due(self, handler: Handler) -> int:
        """Tells what is due; how many events were told."""
        taken = await self._database.write(self._take)
        told = 0
        for event in taken:
            try:
                await handler(event)
            except Exception:
                log.exception("event %d of a payment was not taken; told again", event.id)
                continue
            await self._database.write(lambda connection, one=event: self._told(connection, one))
            told += 1
        return told

    def _take(self, connection: sa.Connection) -> list[PaymentEvent]:
        now, table = self._clock(), payment_events.c
        due = sa.select(payment_events).where(table.next_attempt_at <= now).order_by(table.id).limit(BATCH)
        rows = connection.execute(due.with_for_update(skip_locked=True)).all()
        for row in rows:
            wait = min(LEASE * 2 ** min(row.attempts, 10), LONGEST_WAIT)
            again = sa.update(payment_events).where(table.id == row.id)
            connection.execute(again.values(attempts=row.attempts + 1, next_attempt_at=now + wait))
        return [
            PaymentEvent(row.id, row.payment_reference, row.dossier_reference, row.kind, row.created_at) for row in rows
        ]

    def _told(self, connection: sa.Connection, event: PaymentEvent) -> None:
        done = sa.update(payment_events).where(payment_events.c.id == event.id)
        connection.execute(done.values(next_attempt_at=None))
