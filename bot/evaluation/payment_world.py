"""Payments over a real store and the sandbox platforms, without a network: for the storm, the bench and the tests."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
from fastapi import FastAPI

from bot.payment.accounts import sandbox_accounts
from bot.payment.payment import Payments
from bot.payment.providers.protocol import Arrival, Notice, Outcome, Provider
from bot.payment.providers.wire import Wire
from bot.payment.reconciliation import Reconciliation
from bot.payment.records import Attempt, Line, Payment
from bot.payment.statements import Statements
from bot.sandbox import payment_notices
from bot.sandbox.payment import create_payment_sandbox
from bot.sandbox.payment_notices import Sent
from bot.sandbox.payment_records import Order, Platform, Transfer
from bot.sandbox.payment_signing import KEYS
from bot.store import Store

BASE = "http://motcua.test"
SANDBOX = "http://sandbox.test"
DOSSIER = "MC-261124-ABC234"
LINES = (Line("fee", 50_000), Line("charge", 8_000, "charge"))
TOTAL = 58_000
ALL = ("national", "vietqr", "vnpay", "momo", "zalopay")


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class World:
    """Our side of the money, and the platforms' side."""

    store: Store
    clock: Clock
    payments: Payments
    reconciliation: Reconciliation
    statements: Statements
    sandbox: FastAPI

    @property
    def platform(self) -> Platform:
        return self.sandbox.state.platform

    def provider(self, name: str) -> Provider:
        return self.payments.providers[name]

    async def asked(self, dossier: str = DOSSIER, lines: Iterable[Line] = LINES) -> Payment:
        return await self.payments.ask(dossier, tuple(lines), "Đăng ký khai sinh")

    async def begun(self, provider: str = "momo", dossier: str = DOSSIER) -> tuple[Payment, Attempt, Order]:
        """Asked, begun with the provider, and its page opened."""
        payment = await self.asked(dossier)
        attempt = await self.payments.start(payment.reference, provider)
        return payment, attempt, await self.order_of(attempt)

    async def order_of(self, attempt: Attempt) -> Order:
        if attempt.provider == "vnpay":  # it learns of an order when its page is opened
            async with browser(self.sandbox) as http:
                await http.get(attempt.started.pay_url)
        found = self.platform.find(attempt.provider, attempt.reference)
        if found is None:
            raise LookupError(attempt.reference)
        return found

    def pay(self, order: Order, *faults: str) -> tuple[Transfer, Sent]:
        transfer = self.platform.pay(order, set(faults))
        return transfer, payment_notices.of(order, transfer)

    async def hears(self, provider: str, sent: Sent) -> Outcome:
        """As the door does: verified on what was sent, then stored and acted on."""
        return await self.payments.receive(self.verified(provider, sent), sent.body or sent.query.encode())

    def verified(self, provider: str, sent: Sent) -> Notice:
        return self.provider(provider).verify_notice(Arrival(sent.method, sent.query.encode(), sent.body))

    async def status(self, payment: Payment) -> str:
        return (await self.payments.state(payment.reference)).status

    async def is_balanced(self) -> bool:
        balances = await self.payments.ledger.balances()
        return balances.is_balanced and all(sum(accounts.values()) == 0 for accounts in balances.accounts.values())


@contextlib.asynccontextmanager
async def browser(app: FastAPI, base: str = SANDBOX) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base) as client:
        yield client


@contextlib.asynccontextmanager
async def opened(store: Store, clock: Clock) -> AsyncIterator[World]:
    sandbox = create_payment_sandbox(SANDBOX, BASE, clock, late_seconds=0.0)
    async with browser(sandbox) as client:
        providers = sandbox_accounts(KEYS, SANDBOX).providers(Wire(client))
        payments = Payments(store, providers, BASE)
        yield World(store, clock, payments, Reconciliation(store, payments), Statements(store, payments), sandbox)
