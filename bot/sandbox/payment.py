"""Payment platforms of our own, for demonstrations and tests: five wire formats, a page to click, faults to play."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from bot.sandbox import payment_doors, payment_pages
from bot.sandbox.payment_courier import LATE_SECONDS, Client, Courier, network
from bot.sandbox.payment_records import Platform

PATH = "/sandbox/pay"


@asynccontextmanager
async def _within(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport) as client:
        yield client


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def create_payment_sandbox(
    public_base: str,
    merchant_base: str,
    clock: Callable[[], dt.datetime] = utc_now,
    client: Client = network,
    late_seconds: float = LATE_SECONDS,
) -> FastAPI:
    """`public_base` is where browsers reach it, `merchant_base` where notices go that no order names a door for.

    `app.state.platform` and `app.state.courier` are its books and its messenger.
    """
    platform = Platform(clock)
    courier = Courier(platform, client, late_seconds)
    app = FastAPI(title="Cổng thanh toán thử nghiệm", docs_url=None, openapi_url=None, redoc_url=None)
    app.state.platform, app.state.courier = platform, courier
    app.include_router(payment_doors.create_router(platform, public_base, merchant_base))
    app.include_router(payment_pages.create_router(platform, courier))
    return app


def mount(app: FastAPI, public_base: str, is_demo: bool) -> FastAPI | None:
    """Puts it under /sandbox/pay of `app`; anywhere but in a demonstration that address does not exist (404).

    Its notices reach `app` without a network: a demonstration may not know its own address.
    """
    if not is_demo:
        return None
    sandbox = create_payment_sandbox(f"{public_base}{PATH}", public_base, client=lambda: _within(app))
    app.mount(PATH, sandbox, name="payment-sandbox")
    return sandbox
