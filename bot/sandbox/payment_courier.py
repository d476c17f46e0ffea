"""Brings the sandbox platforms' notices to the merchant, with the faults that were chosen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx

from bot.sandbox import payment_notices
from bot.sandbox.payment_notices import Sent
from bot.sandbox.payment_records import Order, Platform, Transfer

log = logging.getLogger(__name__)

LATE_SECONDS = 30.0
Client = Callable[[], AbstractAsyncContextManager[httpx.AsyncClient]]


@asynccontextmanager
async def network() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=15) as client:
        yield client


class Courier:
    """`deliver` returns at once; notices travel on their own."""

    def __init__(self, platform: Platform, client: Client = network, late_seconds: float = LATE_SECONDS) -> None:
        self._platform, self._client, self._late_seconds = platform, client, late_seconds
        self._under_way: set[asyncio.Task] = set()

    def deliver(self, order: Order, transfer: Transfer | None) -> None:
        faults = frozenset(self._platform.faults)
        if "never" in faults:
            order.notices.append("không gửi")
            return
        task = asyncio.create_task(self._travel(order, transfer, faults))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def arrived(self) -> None:
        """Waits for everything under way."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    async def _travel(self, order: Order, transfer: Transfer | None, faults: frozenset[str]) -> None:
        if "late" in faults:
            await asyncio.sleep(self._late_seconds)
        for sent in letters(order, transfer, faults):
            await self._send(order, sent)

    async def _send(self, order: Order, sent: Sent) -> None:
        url = f"{sent.url}?{sent.query}" if sent.query else sent.url
        try:
            async with self._client() as client:
                answer = await client.request(sent.method, url, content=sent.body or None)
            order.notices.append(f"HTTP {answer.status_code} {answer.text[:200]}")
        except httpx.HTTPError as error:
            order.notices.append(f"không tới nơi: {type(error).__name__}")
            log.warning("a sandbox notice did not arrive: %s", type(error).__name__)


def letters(order: Order, transfer: Transfer | None, faults: frozenset[str]) -> list[Sent]:
    """What is sent, in this order."""
    sent = payment_notices.of(order, transfer)
    if sent is None:
        return []
    if "wrong_signature" in faults:
        return [payment_notices.forged(sent)]
    both = [sent, sent] if "duplicate" in faults else [sent]
    given_up = payment_notices.of(order, None) if "out_of_order" in faults and transfer else None
    return [*both, given_up] if given_up else both  # word of a first, failed try comes after that of the money
