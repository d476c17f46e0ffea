"""Two thousand payments in a storm: copies, reorderings, delays, losses, wrong sums, forgeries, killed workers."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.payment.providers.protocol import Forged
from bot.payment.references import LETTERS
from bot.payment.statements import read_statement
from bot.payment.tables import ledger_lines, payment_transfers, payments, refund_cases
from bot.sandbox import payment_notices as sandbox_notices
from bot.sandbox.payment_notices import Sent
from bot.sandbox.payment_records import Order
from tests.payment.world import ALL, TOTAL, World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]

PAYMENTS = 2_000
AT_ONCE = 16
Letter = tuple[str, Sent]


def dossier(number: int) -> str:
    code = "".join(LETTERS[number // len(LETTERS) ** place % len(LETTERS)] for place in range(6))
    return f"MC-261124-{code}"


class Storm:
    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.letters: list[Letter] = []
        self.forgeries = self.refused = 0

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
        await in_parallel([self._deliver(letter) for letter in self.letters])

    async def _deliver(self, letter: Letter) -> None:
        provider, sent = letter
        try:
            if self.chance.random() < 0.05:
                notice, kept = self.world.verified(provider, sent), self.world.payments.notices
                await self.world.store.database.write(lambda c: kept._store(c, notice, sent.body, "notice"))
            else:
                await self.world.hears(provider, sent)
        except Forged:
            self.refused += 1

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
        assert report.held and not report.unmatched and not report.missing and not report.repaired

    def _statement(self) -> str:
        orders = [order for order in self.world.platform.orders.values() if order.provider == "vietqr"]
        rows = [f"FT{one.number},CT DEN {order.words},{one.amount}" for order in orders for one in order.transfers]
        return "\n".join(["transaction_id,reference,amount", *rows])


async def in_parallel(work: list) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(job) -> None:
        async with gate:
            await job

    await asyncio.gather(*map(one, work))


async def test_every_dong_of_a_storm_is_accounted_for(world: World) -> None:
    storm = Storm(world, seed=20261124)
    await in_parallel([storm.begin(number) for number in range(PAYMENTS)])
    half = len(storm.letters) // 2
    late, storm.letters = storm.letters[half:], storm.letters[:half]
    await storm.deliver()
    world.clock.advance(days=4)  # payments run out while half the notices are still on their way
    await world.payments.expire_due()
    storm.letters = late
    await storm.deliver()
    await storm.reconcile()

    assert storm.refused == storm.forgeries > 100
    rows = await everything(world)
    orders = world.platform.orders.values()
    theirs = sorted((order.reference, one.amount) for order in orders for one in order.transfers)
    ours = sorted((row.attempt_reference, row.amount) for row in rows["transfers"])
    assert ours == theirs, "what the platforms took is what we know of, each once"
    credited = [row for row in rows["transfers"] if row.is_credited]
    assert all(row.amount == TOTAL for row in credited)
    paid = {row.reference: row for row in rows["payments"] if row.status == "paid"}
    assert sorted(row.payment_reference for row in credited) == sorted(paid)
    assert len({row.dossier_reference for row in paid.values()}) == len(paid), "no dossier is credited twice"
    right = {row.payment_reference for row in rows["transfers"] if row.amount == TOTAL}
    assert right == set(paid), "whoever paid what was asked is recorded as paid"
    held = sum(row.amount for row in rows["transfers"] if not row.is_credited)
    assert held == sum(row.amount for row in rows["cases"]) > 0
    assert await world.is_balanced()
    accounts = (await world.payments.ledger.balances()).accounts["VND"]
    came = sum(amount for name, amount in accounts.items() if name.startswith("with:"))
    assert came == sum(amount for _, amount in theirs)
    assert (accounts["agency_is_due"], accounts["held_for_refund"]) == (-TOTAL * len(paid), -held)
    assert len(paid) > PAYMENTS * 0.6 and len(rows["payments"]) == PAYMENTS
    attention = await world.reconciliation.attention()
    assert attention["notices not acted on"] == attention["unknown references"] == 0


async def everything(world: World) -> dict[str, list]:
    tables = {"transfers": payment_transfers, "payments": payments, "cases": refund_cases, "ledger": ledger_lines}

    def read(connection: sa.Connection) -> dict[str, list]:
        return {name: list(connection.execute(sa.select(table)).all()) for name, table in tables.items()}

    return await world.store.database.read(read)
