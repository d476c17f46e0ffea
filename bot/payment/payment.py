"""Payments: asked once per demand, begun with a provider, told by notices, and never settled by a browser."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.payment import figures
from bot.payment import payment_statements as sql
from bot.payment.ledger import Kind, Ledger, book
from bot.payment.notices import Notices
from bot.payment.payment_statements import MOST_ATTEMPTS, NotLive
from bot.payment.providers.protocol import Billing, Notice, Order, Outcome, Provider, Refused, Started
from bot.payment.records import (
    Attempt,
    Line,
    Payment,
    Status,
    charges_of,
    read_attempt,
    read_payment,
    seal_billing,
    seal_started,
)
from bot.payment.references import check_code, new_reference, token_of
from bot.payment.settling import about, change, fail_without_attempts, lapse, lock_dossier, lock_payment, tell
from bot.payment.tables import LIVE, payment_attempts, payments
from bot.store import Store

log = logging.getLogger(__name__)

DEMAND = "fee"
LIFE = timedelta(days=3)
ATTEMPT_LIFE = timedelta(minutes=15)
STARTING = timedelta(seconds=40)  # longer than a call to a provider may last
REUSABLE = timedelta(minutes=2)  # what an attempt must have left to be shown again
FIRST_QUERY = timedelta(minutes=1)
BATCH = 100


class StillStarting(Exception):
    """The provider is being asked by an earlier press of the same button."""


class Payments:
    """Every verb is one transaction, except `start`, which calls the provider between two."""

    def __init__(self, store: Store, providers: Sequence[Provider], public_base: str) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._base = public_base.rstrip("/")
        self.providers: Mapping[str, Provider] = {one.name: one for one in providers if one.is_on}
        self.notices = Notices(store)
        self.ledger = Ledger(store.database)

    @property
    def is_encrypted(self) -> bool:
        """Whether citizens reach us by https."""
        return self._base.startswith("https://")

    def now(self) -> datetime:
        return self._clock()

    # ---- asking

    async def ask(
        self,
        dossier_reference: str,
        lines: Sequence[Line],
        title: str = "",
        billing: Billing | None = None,
        demand: str = DEMAND,
        life: timedelta = LIFE,
    ) -> Payment:
        """The payment of this demand: the one that is paid or asked already, else a new one. Raises NotPayable.

        Asked with other lines, what was asked before lapses; money that still comes for it counts.
        """
        row = sql.demand(dossier_reference, demand, lines, title)
        for _ in range(3):
            try:
                return await self._database.write(lambda connection: self._ask(connection, row, billing, life))
            except IntegrityError:  # somebody else asked at the same moment, or the reference is taken
                continue
        return await self._database.write(lambda connection: self._ask(connection, row, billing, life))

    def ask_in(
        self, connection: sa.Connection, dossier_reference: str, lines: Sequence[Line], title: str, demand: str = DEMAND
    ) -> Payment:
        """The same within a transaction of the caller's, whose lock on the dossier keeps others from asking."""
        return self._ask(connection, sql.demand(dossier_reference, demand, lines, title), None, LIFE)

    def _ask(self, connection: sa.Connection, row: dict, billing: Billing | None, life: timedelta) -> Payment:
        now = self._clock()
        locked = lock_dossier(connection, row["dossier_reference"])
        same = [one for one in locked if one.demand == row["demand"]]
        for one in sorted(same, key=lambda found: found.status != Status.paid):
            is_asked = one.status in LIVE and one.lines == row["lines"] and one.expires_at > now
            if one.status == Status.paid or is_asked:
                return read_payment(one, self._keys)
        for one in same:
            if one.status in LIVE:
                lapse(connection, one, Status.expired, now)
        return self._insert(connection, row, billing, now, now + life)

    def _insert(
        self, connection: sa.Connection, row: dict, billing: Billing | None, now: datetime, until: datetime
    ) -> Payment:
        reference = new_reference()
        times = {"created_at": now, "changed_at": now, "expires_at": until}
        sealed = seal_billing(self._keys, reference, billing)
        connection.execute(sa.insert(payments), {"reference": reference, "billing": sealed, **row, **times})
        found = sql.row(connection, reference)
        book(connection, Kind.asked, about(found), now)
        return read_payment(found, self._keys)

    # ---- reading

    def of_dossier_in(self, connection: sa.Connection, dossier_reference: str) -> list[Payment]:
        """Within a transaction of the caller's; the newest first."""
        return [read_payment(row, self._keys) for row in connection.execute(sql.newest(dossier_reference)).all()]

    async def state(self, reference: str) -> Payment | None:
        row = await self._database.read(lambda connection: sql.row(connection, reference))
        return read_payment(row, self._keys) if row else None

    async def of_dossier(self, dossier_reference: str) -> list[Payment]:
        """The newest first."""
        return await self._database.read(lambda connection: self.of_dossier_in(connection, dossier_reference))

    async def attempts(self, reference: str) -> list[Attempt]:
        """The newest first."""
        joined = sa.select(payment_attempts, payments.c.amount_vnd).join(payments)
        ours = joined.where(payment_attempts.c.payment_reference == reference)
        ours = ours.order_by(payment_attempts.c.number.desc())
        rows = await self._database.read(lambda connection: connection.execute(ours).all())
        return [read_attempt(row, row.amount_vnd, self._keys) for row in rows]

    def link(self, payment: Payment) -> str:
        """The page of a payment, for the citizen's eyes only."""
        return f"{self._base}/payments/{payment.reference}?t={token_of(self._keys, payment.reference)}"

    def check_link(self, payment: Payment) -> str:
        """Where anybody can see whether a confirmation is true."""
        return f"{self._base}/payments/check/{check_code(self._keys, payment.reference)}"

    # ---- beginning and calling off

    async def call_off(self, dossier_reference: str, demand: str = DEMAND) -> int:
        """Nothing is asked any more; money that still comes counts. How many payments lapsed."""

        def work(connection: sa.Connection) -> int:
            rows = [one for one in lock_dossier(connection, dossier_reference) if one.status in LIVE]
            for row in (ours := [one for one in rows if one.demand == demand]):
                lapse(connection, row, Status.expired, self._clock())
            return len(ours)

        return await self._database.write(work)

    async def start(self, reference: str, provider_name: str, client_ip: str = "127.0.0.1") -> Attempt:
        """Where to pay with this provider; the attempt is stored before the provider hears of it.

        Raises KeyError for a provider that is not on, NotLive, StillStarting, and Refused or Unavailable of the
        provider: after Unavailable the attempt stays under way, for nobody knows what happened over there.
        """
        provider = self.providers[provider_name]
        attempt, payment, is_new = await self._database.write(lambda c: self._begin(c, reference, provider))
        if not is_new:
            return attempt
        try:
            started = await provider.start(self._order(payment, attempt, client_ip))
        except Refused:
            await self._database.write(lambda connection: self._refused(connection, attempt))
            raise
        await self._database.write(lambda connection: self._started(connection, attempt, started))
        return next(one for one in await self.attempts(reference) if one.reference == attempt.reference)

    def _begin(self, connection: sa.Connection, reference: str, provider: Provider) -> tuple[Attempt, Payment, bool]:
        now, locked = self._clock(), lock_payment(connection, reference)
        if locked is None or locked[0].status not in LIVE or locked[0].expires_at <= now:
            raise NotLive(reference)
        payment, others = locked
        if any(other.status == Status.paid for other in others):
            raise NotLive(f"{reference}: its demand is paid")
        earlier = connection.execute(sql.attempts_of(reference)).all()
        reusable = next((row for row in earlier if row.provider == provider.name and row.status == "pending"), None)
        if reusable is not None and reusable.started and reusable.expires_at - now >= REUSABLE:
            return read_attempt(reusable, payment.amount_vnd, self._keys), read_payment(payment, self._keys), False
        if reusable is not None and not reusable.started and now - reusable.started_at < STARTING:
            raise StillStarting(reference)
        if len(earlier) >= MOST_ATTEMPTS:
            raise NotLive(f"{reference}: {len(earlier)} attempts")
        row = self._new_attempt(connection, payment, provider, len(earlier) + 1, now)
        change(connection, reference, now, status=Status.pending, provider=provider.name)
        return read_attempt(row, payment.amount_vnd, self._keys), read_payment(payment, self._keys), True

    def _new_attempt(
        self, connection: sa.Connection, payment: sa.Row, provider: Provider, number: int, now: datetime
    ) -> sa.Row:
        given = sql.unused(connection, provider, payment, number, now)
        row = {
            "provider": provider.name,
            "reference": given,
            "payment_reference": payment.reference,
            "number": number,
            "status": "pending",
            "started_at": now,
            "expires_at": min(now + ATTEMPT_LIFE, max(payment.expires_at, now + timedelta(minutes=5))),
            "queries": 0,
            "next_query_at": now + FIRST_QUERY,
        }
        connection.execute(sa.insert(payment_attempts), row)
        return connection.execute(sql.this_attempt(provider.name, given)).one()

    def _order(self, payment: Payment, attempt: Attempt, client_ip: str) -> Order:
        page = f"{self._base}/payments/{payment.reference}"
        return Order(
            reference=attempt.reference,
            payment_reference=payment.reference,
            dossier_reference=payment.dossier_reference,
            amount_vnd=payment.amount_vnd,
            description=f"Nop phi {payment.reference}",
            charges=charges_of(payment),
            started_at=attempt.started_at,
            expires_at=attempt.expires_at,
            client_ip=client_ip,
            return_url=f"{page}/return",
            notice_url=f"{self._base}/payments/{attempt.provider}/notice",
            billing=payment.billing or Billing(),
        )

    def _started(self, connection: sa.Connection, attempt: Attempt, started: Started) -> None:
        sealed = seal_started(self._keys, attempt.provider, attempt.reference, started)
        ours = (
            payment_attempts.c.provider == attempt.provider,
            payment_attempts.c.reference == attempt.reference,
            payment_attempts.c.status == "pending",  # a quick notice may have ended it meanwhile
        )
        connection.execute(sa.update(payment_attempts).where(*ours).values(started=sealed))

    def _refused(self, connection: sa.Connection, attempt: Attempt) -> None:
        """The provider took nothing over."""
        locked = lock_payment(connection, attempt.payment_reference)
        table = payment_attempts.c
        ours = (table.provider == attempt.provider, table.reference == attempt.reference, table.status == "pending")
        over = sa.update(payment_attempts).where(*ours).values(status="failed", next_query_at=None)
        if connection.execute(over).rowcount and locked and locked[0].status == Status.pending:
            fail_without_attempts(connection, locked[0], self._clock())

    # ---- hearing

    async def receive(self, notice: Notice, body: bytes = b"", origin: str = "notice") -> Outcome:
        """Stores a verified notice, then acts on it; a second copy changes nothing."""
        outcome = await self.notices.receive(notice, body, origin)
        figures.notice(notice.provider, outcome)
        if outcome in (Outcome.unhandled, Outcome.unknown_reference):
            log.error("a payment notice of %s needs a person: %s, code %s", notice.provider, outcome, notice.code)
        return outcome

    # ---- running out

    async def expire_due(self) -> int:
        """What was not paid in time is asked no more; how many payments that were."""
        now = self._clock()
        due = sa.select(payments).where(payments.c.status.in_(LIVE), payments.c.expires_at <= now)
        due = due.order_by(payments.c.reference).limit(BATCH).with_for_update(skip_locked=True)

        def work(connection: sa.Connection) -> int:
            rows = connection.execute(due).all()
            for row in rows:
                lapse(connection, row, Status.expired, now)
                tell(connection, row, Status.expired, now)
            return len(rows)

        return await self._database.write(work)
