"""How long a notice is kept as it came: the ledger stays for the accountant, the provider's own words do not."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.payment.notices import FOR_A_PERSON
from bot.payment.tables import payment_notices, refund_cases
from bot.store import Store

BATCH = 1_000


async def forget_bodies(store: Store, kept_days: int) -> int:
    """Bodies of notices that were acted on and are older; how many. What still waits for a person keeps its own.

    The row stays without it: provider, number, sum and what came of it still tell a late copy from a new notice.
    """
    before, count = store.clock() - timedelta(days=kept_days), 0
    while True:
        gone = await store.database.write(lambda connection: _forget(connection, before))
        count += gone
        if gone < BATCH:
            return count


def _forget(connection: sa.Connection, before: datetime) -> int:
    table = payment_notices.c
    is_over = (table.body.is_not(None), table.received_at < before)
    is_done = (table.outcome.is_not(None), table.outcome.not_in(FOR_A_PERSON))
    old = sa.select(table.id).where(*is_over, *is_done, ~_is_disputed()).limit(BATCH)
    return connection.execute(sa.update(payment_notices).where(table.id.in_(old)).values(body=None)).rowcount


def _is_disputed() -> sa.Exists:
    """Money of it is still to be given back."""
    case, told = refund_cases.c, payment_notices.c
    same = (case.provider == told.provider, case.transaction_id == told.transaction_key)
    return sa.exists().where(*same, case.status.not_in(("done", "refused")))
