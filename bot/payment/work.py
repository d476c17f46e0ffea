"""The payment room at work: its parts put together, and what runs beside the conversations."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
from fastapi import APIRouter

from bot.background import forever, keep
from bot.payment import routes
from bot.payment.accounts import Accounts
from bot.payment.decisions import Decisions
from bot.payment.events import Handler, PaymentEvents
from bot.payment.keeping import forget_bodies
from bot.payment.payment import Payments
from bot.payment.providers.wire import Wire
from bot.payment.reconciliation import Reconciliation
from bot.payment.refunds import Refunds
from bot.payment.statements import Statements
from bot.payment.troubles import Troubles
from bot.store import Store

log = logging.getLogger(__name__)

RECONCILE_SECONDS = 5.0
TELL_SECONDS = 1.0
CHECK_SECONDS = 24 * 3600.0
TROUBLE = "work on payments failed"


@dataclass(frozen=True)
class PaymentWork:
    """What the stories use; `router` is to be included in the app."""

    payments: Payments
    reconciliation: Reconciliation
    statements: Statements
    refunds: Refunds
    troubles: Troubles
    decisions: Decisions
    router: APIRouter


@contextlib.asynccontextmanager
async def payment_work(
    store: Store,
    accounts: Accounts,
    public_base: str,
    hotline: str,
    handler: Handler,
    notice_days: int,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[PaymentWork]:
    """Works while the block runs. `handler(event)` is told what follows (see `events.PaymentEvents`).

    What a provider sent is kept as it came for `notice_days`. `transport` leads to platforms in this very process;
    without one they are reached over the network.
    """
    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient(follow_redirects=False, transport=transport))
        work = put_together(store, accounts, public_base, hotline, client)
        events = PaymentEvents(store)
        keep(stack, lambda: forever(work.reconciliation.run_once, RECONCILE_SECONDS, TROUBLE))
        keep(stack, lambda: forever(lambda: events.tell_due(handler), TELL_SECONDS, TROUBLE))
        keep(stack, lambda: forever(work.refunds.send_due, RECONCILE_SECONDS * 12, TROUBLE))
        keep(stack, lambda: forever(lambda: _check(work), CHECK_SECONDS, TROUBLE))
        keep(stack, lambda: forever(lambda: forget_bodies(store, notice_days), CHECK_SECONDS, TROUBLE))
        yield work


def put_together(
    store: Store, accounts: Accounts, public_base: str, hotline: str, client: httpx.AsyncClient
) -> PaymentWork:
    payments = Payments(store, accounts.providers(Wire(client)), public_base)
    reconciliation = Reconciliation(store, payments)
    refunds = Refunds(store, payments)
    return PaymentWork(
        payments=payments,
        reconciliation=reconciliation,
        statements=Statements(store, payments),
        refunds=refunds,
        troubles=Troubles(payments),
        decisions=Decisions(store, payments, reconciliation, refunds),
        router=routes.create_router(store, payments, reconciliation, hotline),
    )


async def _check(work: PaymentWork) -> int:
    """The ledger against everything else, and what waits for a person, once a day and at start."""
    await work.reconciliation.attention()
    for trouble in (await work.payments.ledger.balances()).troubles:
        log.error("the ledger does not balance: %s", trouble)
    return 0
