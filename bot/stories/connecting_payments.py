"""The payment room put together with the others: its platforms, its doors, and what the citizen hears of it."""

from __future__ import annotations

import contextlib

import httpx
from fastapi import FastAPI

from bot.dialogue.context import Context
from bot.dialogue.guide import Answered
from bot.dialogue.turn import Turns
from bot.jobs import OneStopWork, public_base
from bot.payment.account_settings import accounts_of, is_anything_set
from bot.payment.accounts import Accounts, sandbox_accounts
from bot.payment.work import payment_work
from bot.services import Services
from bot.settings import Environment
from bot.stories.dossier_costs import DossierCosts
from bot.stories.paying import KIND, Cashier, Rooms
from bot.submission.filing import Filing
from bot.underway import Heard
from knowledge import places


async def connect_payments(
    app: FastAPI,
    services: Services,
    one_stop: OneStopWork,
    filing: Filing,
    turns: Turns,
    stack: contextlib.AsyncExitStack,
) -> Cashier:
    """Call it after the one-stop system is connected: what goes there may have to be paid first."""
    settings, library = services.settings, services.library
    costs = DossierCosts(
        lambda: library.snapshot.catalogue,
        places.load(),
        lambda ward, province: library.desks.of(ward, province),
        settings.one_stop_unit,
    )
    rooms = Rooms(
        services.store,
        services.dossiers,
        one_stop.handovers,
        one_stop.following,
        one_stop.notices,
        costs,
        settings.one_stop_pay_first,
    )
    cashier = Cashier(rooms)
    accounts, transport = _platforms(app, services)
    base = public_base(settings)
    told = (settings.hotline, cashier.on_event, settings.payment_notice_days)
    running = payment_work(services.store, accounts, base, *told, transport)
    work = await stack.enter_async_context(running)
    cashier.open(work)
    app.include_router(work.router)
    _listen(cashier, filing, one_stop, turns)
    return cashier


def _listen(cashier: Cashier, filing: Filing, one_stop: OneStopWork, turns: Turns) -> None:
    filing.hold_while(cashier.holds)
    filing.collect_through(cashier.after_filing)
    one_stop.following.collect_through(cashier.collect_in)

    async def press(heard: Heard, context: Context) -> Answered | None:
        outcome = await cashier.press(heard)
        return (outcome, context) if outcome else None

    turns.ask_first(press)
    turns.hand_to(KIND, cashier.answer)


def _platforms(app: FastAPI, services: Services) -> tuple[Accounts, httpx.AsyncBaseTransport | None]:
    """The accounts that are set; a demonstration without any pays at its own sandbox, without a network."""
    settings = services.settings
    if settings.env is not Environment.DEMO or is_anything_set(settings):
        return accounts_of(settings), None
    from bot.sandbox import payment, payment_signing  # a server of the real world never loads it

    base = public_base(settings)
    payment.mount(app, base, is_demo=True)
    return sandbox_accounts(payment_signing.KEYS, f"{base}{payment.PATH}"), httpx.ASGITransport(app=app)
