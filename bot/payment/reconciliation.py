"""What no notice told: attempts are asked about with longer and longer pauses until the provider's word is final."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.payment import figures
from bot.payment.payment import Payments
from bot.payment.providers.protocol import Asked, Notice, Outcome, Unavailable, Verdict
from bot.payment.records import Attempt, Status, read_attempt
from bot.payment.settling import fail_without_attempts, lock_payment
from bot.payment.tables import payment_attempts, payment_notices, payments, refund_cases
from bot.store import Store

log = logging.getLogger(__name__)

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 40, 60, 120, 240, 360))
GIVE_UP_AFTER = timedelta(days=7)  # statements are there for what comes later
NEVER_REACHED_AFTER = timedelta(hours=1)  # past its end, an attempt the provider does not know was never begun
AGAIN_AFTER = timedelta(seconds=10)  # how soon a citizen may ask again
PATIENCE_SECONDS = 8.0  # a citizen waits for the answer
MOST_AT_ONCE = 8
PAYER_IP = "127.0.0.1"  # VNPAY wants one; the citizen's is not kept


@dataclass(frozen=True)
class Said:
    """What a provider said of one attempt: its verdict, or `nothing` (it knows none), or `silent` (no answer)."""

    provider: str
    attempt_reference: str
    verdict: str


NOTHING, SILENT = "nothing", "silent"


class Reconciliation:
    """Many may run at once: an attempt is taken by one of them, and again if that one is killed."""

    def __init__(self, store: Store, payments: Payments) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._payments = payments
        self._late: set[asyncio.Task[Said]] = set()

    async def run_once(self) -> int:
        """One look: leftovers acted on, due attempts asked about, payments run out. How much there was to do."""
        leftovers = await self._payments.notices.act_on_leftovers()
        asked = await self.ask_due()
        expired = await self._payments.expire_due()
        return leftovers + asked + expired

    async def ask_due(self) -> int:
        """Asks about up to MOST_AT_ONCE attempts that are due; how many those were."""
        due = await self._database.write(self._take_due)
        await asyncio.gather(*map(self._ask, due))
        return len(due)

    async def check_now(self, reference: str, patience_seconds: float = PATIENCE_SECONDS) -> tuple[Said, ...]:
        """A citizen waits: the attempts of one payment are asked about at once, unless they just were.

        A provider that is slower is called silent; its answer is taken in when it comes.
        """
        due = await self._database.write(lambda connection: self._take_of(connection, reference))
        asking = {asyncio.create_task(self._ask(attempt)): attempt for attempt in due}
        if not asking:
            return ()
        answered, late = await asyncio.wait(asking, timeout=patience_seconds)
        self._late |= late
        for task in late:
            task.add_done_callback(self._late.discard)
        return tuple(
            task.result() if task in answered else Said(attempt.provider, attempt.reference, SILENT)
            for task, attempt in asking.items()
        )

    async def attention(self) -> dict[str, int]:
        """What waits for a person, for the operator's figures."""
        counts = await self._database.read(_attention)
        for what, count in counts.items():
            figures.attention(what, count)
        return counts

    # ---- taking

    def _take_due(self, connection: sa.Connection) -> list[Attempt]:
        return self._take(connection, _JOINED.where(payment_attempts.c.next_query_at <= self._clock()))

    def _take_of(self, connection: sa.Connection, reference: str) -> list[Attempt]:
        table = payment_attempts.c
        rested = sa.or_(table.queried_at.is_(None), table.queried_at <= self._clock() - AGAIN_AFTER)
        ours = (table.payment_reference == reference, table.status.in_(("pending", "given_up")), rested)
        return self._take(connection, _JOINED.where(*ours))

    def _take(self, connection: sa.Connection, due: sa.Select) -> list[Attempt]:
        """The next question is fixed before this one is asked: a killed worker delays it, no more."""
        now = self._clock()
        due = due.order_by(payment_attempts.c.next_query_at).limit(MOST_AT_ONCE)
        rows = connection.execute(due.with_for_update(of=payment_attempts, skip_locked=True)).all()
        for row in rows:
            later = now + WAITS[min(row.queries, len(WAITS) - 1)]
            taken = _this(row.provider, row.reference)
            connection.execute(taken.values(queries=row.queries + 1, queried_at=now, next_query_at=later))
        return [read_attempt(row, row.amount_vnd, self._keys) for row in rows]

    # ---- asking

    async def _ask(self, attempt: Attempt) -> Said:
        provider, now = self._payments.providers.get(attempt.provider), self._clock()
        try:
            if provider is None:  # switched off meanwhile
                raise Unavailable(f"{attempt.provider} is off")
            asked = Asked(attempt.reference, attempt.started_at, attempt.amount_vnd, PAYER_IP)
            told = await provider.query(asked, now)
        except Unavailable as silent:
            figures.queried(attempt.provider, "silent")
            log.warning("attempt %s cannot be asked about: %s", attempt.reference, silent)
            told = None
        except Exception:
            figures.queried(attempt.provider, "error")
            log.exception("asking about attempt %s failed unexpectedly", attempt.reference)
            told = None
        await self._take_in(attempt, told, now)
        verdicts = [notice.verdict for notice in told or ()]
        verdict = SILENT if told is None else verdicts[0] if verdicts else NOTHING
        return Said(attempt.provider, attempt.reference, Verdict.paid if Verdict.paid in verdicts else verdict)

    async def _take_in(self, attempt: Attempt, told: tuple[Notice, ...] | None, now: datetime) -> None:
        outcomes = []
        for notice in told or ():
            figures.queried(attempt.provider, notice.verdict)
            if notice.verdict in (Verdict.paid, Verdict.failed, Verdict.unknown):
                outcomes.append(await self._payments.receive(notice, origin="query"))
        if Outcome.settled in outcomes:
            log.warning("attempt %s was paid and no notice told us; repaired", attempt.reference)
        if told == () and now >= attempt.expires_at + NEVER_REACHED_AFTER:
            await self._end(attempt, "failed")
        elif now >= attempt.started_at + GIVE_UP_AFTER:
            await self._end(attempt, "given_up")

    async def _end(self, attempt: Attempt, status: str) -> None:
        def work(connection: sa.Connection) -> None:
            locked = lock_payment(connection, attempt.payment_reference)
            over = _this(attempt.provider, attempt.reference).where(payment_attempts.c.status == "pending")
            over = over.values(status=status, next_query_at=None, started=None)
            if connection.execute(over).rowcount and locked and locked[0].status == Status.pending:
                fail_without_attempts(connection, locked[0], self._clock())

        await self._database.write(work)


_JOINED = sa.select(payment_attempts, payments.c.amount_vnd).join(payments)


def _this(provider: str, reference: str) -> sa.Update:
    ours = (payment_attempts.c.provider == provider, payment_attempts.c.reference == reference)
    return sa.update(payment_attempts).where(*ours)


def _attention(connection: sa.Connection) -> dict[str, int]:
    def count(table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
        return connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()

    notices = payment_notices.c.outcome
    return {
        "unhandled notices": count(payment_notices, notices == Outcome.unhandled),
        "unknown references": count(payment_notices, notices == Outcome.unknown_reference),
        "notices not acted on": count(payment_notices, notices.is_(None)),
        "attempts given up": count(payment_attempts, payment_attempts.c.status == "given_up"),
        "open refund cases": count(refund_cases, refund_cases.c.status.not_in(("done", "refused"))),
    }
