"""A storm over payments: copies, delays, losses, wrong sums, forgeries, killed workers; and the count after it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from bot.evaluation.payment_world import ALL, TOTAL, World
from bot.payment.providers.protocol import Forged, Notice
from bot.payment.references import LETTERS
from bot.payment.statements import read_statement
from bot.payment.tables import payment_transfers, payments, refund_cases
from bot.sandbox import payment_notices as sandbox_notices
from bot.sandbox.payment_notices import Sent
from bot.sandbox.payment_records import Order

AT_ONCE = 16
CUT_SECONDS = 0.4
SENT_AGAIN = 20
KILLED_EARLY, KILLED_LATE = 0.1, 0.3  # between storing and acting; within acting, before it is written


class Killed(Exception):
    """A worker's end, at the worst moment."""


Letter = tuple[str, Sent]


def dossier(number: int) -> str:
    code = "".join(LETTERS[number // len(LETTERS) ** place % len(LETTERS)] for place in range(6))
    return f"MC-261124-{code}"


class Storm:
    """`wrongs` stays empty if every đồng is accounted for."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.letters: list[Letter] = []
        self.forgeries = self.refused = self.killed = self.cut = 0
        self.wrongs: list[str] = []  # what must not be

    async def begin(self, number: int) -> None:
        """Some give up, some pay wrongly, some pay twice, some pay with two providers."""
        payment = await self.world.asked(dossier(number))
        for provider in self.chance.sample(ALL, 2 if self.chance.random() < 0.1 else 1):
            attempt = await self.world.payments.start(payment.reference, provider)
            self._live(provider, await self.world.order_of(attempt))

    def _live(self, provider: str, order: Order) -> None:
        fate = self.chance.random()
        if fate < 0.08:
            return  # the browser is closed before paying
        if fate < 0.16:
            self.world.platform.cancel(order)
            self._write(provider, sandbox_notices.of(order, None))
            return
        self._pay(provider, order, "wrong_amount" if fate < 0.26 else "")
        # Only a bank account takes a second transfer for one order; the others use a reference once.
        if provider == "vietqr" and fate > 0.9:
            self._pay(provider, order, "")

    def _pay(self, provider: str, order: Order, fault: str) -> None:
        _, sent = self.world.pay(order, fault)
        if self.chance.random() < 0.25:
            return  # its notice is lost
        for _ in range(self.chance.choice((1, 1, 2, 5))):
            self._write(provider, sent)

    def _write(self, provider: str, sent: Sent | None) -> None:
        if sent is None:
            return
        self.letters.append((provider, sent))
        if self.chance.random() < 0.1:
            self.letters.append((provider, sandbox_notices.forged(sent)))
            self.forgeries += 1

    async def deliver(self) -> None:
        """In any order, many at once; some workers are killed between storing and acting."""
        self.chance.shuffle(self.letters)
        cutting = asyncio.create_task(self._cut_lines())
        await in_parallel([self._deliver(letter) for letter in self.letters])
        cutting.cancel()

    async def _cut_lines(self) -> None:
        """On PostgreSQL every connection is ended again and again, as when the machines behind them die."""
        while True:
            await asyncio.sleep(CUT_SECONDS)
            try:
                self.cut += await self.world.store.database.write(_end_connections)
            except sa.exc.DBAPIError:
                continue

    async def _deliver(self, letter: Letter) -> None:
        """A notice that was not answered well is sent again."""
        for _ in range(SENT_AGAIN):
            try:
                await self._arrive(letter)
                return
            except sa.exc.DBAPIError:
                continue
        self.wrongs.append("a notice could not be stored however often it was sent")

    async def _arrive(self, letter: Letter) -> None:
        provider, sent = letter
        try:
            fate = self.chance.random()
            if fate < KILLED_LATE:
                await self._cut_off(self.world.verified(provider, sent), sent.body, is_acting=fate > KILLED_EARLY)
            else:
                await self.world.hears(provider, sent)
        except Forged:
            self.refused += 1

    async def _cut_off(self, notice: Notice, body: bytes, is_acting: bool) -> None:
        """Stored, and then the worker dies; what it was writing is rolled back."""
        kept, write = self.world.payments.notices, self.world.store.database.write
        notice_id, earlier = await write(lambda connection: kept._store(connection, notice, body, "notice"))
        if not is_acting or earlier is not None:
            return
        self.killed += 1

        def dies(connection: sa.Connection) -> None:
            kept._act(connection, notice_id)
            raise Killed

        try:
            await write(dies)
        except Killed:
            return

    async def reconcile(self) -> None:
        """Until nothing is left to ask, as the job would over the days."""
        for _ in range(14):
            self.world.clock.advance(hours=13)
            while await self.world.reconciliation.run_once():
                pass
        # A bank account takes a second transfer for a payment whose first was told: only its statement shows that.
        entries = read_statement(self._statement().encode())
        since = self.world.clock() - timedelta(days=30)
        report = await self.world.statements.reconcile("vietqr", entries, since, self.world.clock())
        if report.unmatched or report.missing or report.repaired:
            self.wrongs.append(f"the statement found {report.unmatched} {report.missing} {report.repaired}")

    def _statement(self) -> str:
        orders = [order for order in self.world.platform.orders.values() if order.provider == "vietqr"]
        rows = [f"FT{one.number},CT DEN {order.words},{one.amount}" for order in orders for one in order.transfers]
        return "\n".join(["transaction_id,reference,amount", *rows])


def _end_connections(connection: sa.Connection) -> int:
    if connection.dialect.name != "postgresql":
        return 0
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return len(connection.execute(sa.text(f"SELECT pg_terminate_backend(pid) {others}")).all())


async def in_parallel(work: list[Awaitable[None]], at_once: int = AT_ONCE) -> None:
    gate = asyncio.Semaphore(at_once)

    async def one(job: Awaitable[None]) -> None:
        async with gate:
            await job

    await asyncio.gather(*map(one, work))


@dataclass
class Counted:
    """After the storm; `wrongs` is empty if every đồng is accounted for."""

    payments: int
    paid: int
    transfers: int
    held: int
    forgeries: int
    killed: int
    cut: int  # connections to the database, in the middle of whatever they did
    wrongs: list[str] = field(default_factory=list)


async def storm(world: World, count: int, seed: int = 20261124) -> Counted:
    """The whole of it: begun, half delivered, run out, the other half delivered, reconciled, counted."""
    weather = Storm(world, seed)
    await in_parallel([weather.begin(number) for number in range(count)])
    half = len(weather.letters) // 2
    late, weather.letters = weather.letters[half:], weather.letters[:half]
    await weather.deliver()
    world.clock.advance(days=4)  # payments run out while half the notices are still on their way
    while await world.payments.expire_due():
        pass
    weather.letters = late
    await weather.deliver()
    await weather.reconcile()
    return await _count(weather, count)


async def _count(weather: Storm, count: int) -> Counted:
    world, rows = weather.world, await _everything(weather.world)
    credited = [row for row in rows["transfers"] if row.is_credited]
    paid = {row.reference: row for row in rows["payments"] if row.status == "paid"}
    held = sum(row.amount for row in rows["transfers"] if not row.is_credited)
    orders = world.platform.orders.values()
    theirs = sorted((order.reference, one.amount) for order in orders for one in order.transfers)
    ours = sorted((row.attempt_reference, row.amount) for row in rows["transfers"])
    balances = await world.payments.ledger.balances()
    accounts = balances.accounts.get("VND", {})
    came = sum(amount for name, amount in accounts.items() if name.startswith("with:"))
    right = {row.payment_reference for row in rows["transfers"] if row.amount == TOTAL}
    attention = await world.reconciliation.attention()
    claims = {
        "every forged notice is refused": weather.refused == weather.forgeries,
        "what the platforms took is what we know of, each once": ours == theirs,
        "only what was asked is credited": all(row.amount == TOTAL for row in credited),
        "what is credited is paid": sorted(row.payment_reference for row in credited) == sorted(paid),
        "no dossier is credited twice": len({row.dossier_reference for row in paid.values()}) == len(paid),
        "whoever paid what was asked is recorded as paid": right == set(paid),
        "what is held has a case": held == sum(row.amount for row in rows["cases"]),
        "the ledger balances": await world.is_balanced(),
        "the ledger has what the platforms took": came == sum(amount for _, amount in theirs),
        "the agency is due what was credited": accounts.get("agency_is_due", 0) == -TOTAL * len(paid),
        "what is held is held": accounts.get("held_for_refund", 0) == -held,
        "every payment is there": len(rows["payments"]) == count,
        "nothing waits to be acted on": not attention["notices not acted on"] and not attention["unknown references"],
    }
    wrongs = [*weather.wrongs, *(claim for claim, holds in claims.items() if not holds)]
    return Counted(count, len(paid), len(ours), held, weather.forgeries, weather.killed, weather.cut, wrongs)


async def _everything(world: World) -> dict[str, list[sa.Row]]:
    tables = {"transfers": payment_transfers, "payments": payments, "cases": refund_cases}

    def read(connection: sa.Connection) -> dict[str, list[sa.Row]]:
        return {name: list(connection.execute(sa.select(table)).all()) for name, table in tables.items()}

    return await world.store.database.read(read)
