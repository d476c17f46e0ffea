"""Open pages learn that there is something new, and a slow one costs nothing."""

from __future__ import annotations

import asyncio
import contextlib

from bot.events import MOST_WATCHERS, Events


async def test_whoever_watches_is_told_and_others_are_not() -> None:
    events = Events()
    async with events.subscribe("a") as changed, events.subscribe("b") as other:
        waiting = asyncio.create_task(changed())
        await asyncio.sleep(0)
        assert not waiting.done()
        await events.publish("a")
        assert await waiting
        elsewhere = asyncio.create_task(other())
        await asyncio.sleep(0)
        assert not elsewhere.done()
        elsewhere.cancel()


async def test_news_between_two_looks_is_not_lost() -> None:
    events = Events()
    async with events.subscribe("a") as changed:
        await events.publish("a")
        assert await changed()


async def test_a_slow_page_is_told_once_about_a_thousand_news() -> None:
    events = Events()
    async with events.subscribe("a") as changed:
        for _ in range(1000):
            await events.publish("a")
        assert await changed()
        again = asyncio.create_task(changed())
        await asyncio.sleep(0)
        assert not again.done()
        again.cancel()


async def test_a_wait_that_timed_out_loses_nothing() -> None:
    events = Events()
    async with events.subscribe("a") as changed:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(changed(), 0.001)
        await events.publish("a")
        assert await asyncio.wait_for(changed(), 5)


async def test_too_many_pages_on_one_conversation_let_the_oldest_go() -> None:
    events = Events()
    async with events.subscribe("a") as oldest:
        pages = [events.subscribe("a") for _ in range(MOST_WATCHERS)]
        newest = [await page.__aenter__() for page in pages][-1]
        assert await oldest() is False
        assert await oldest() is False
        assert events.watched == MOST_WATCHERS
        await events.publish("a")
        assert await newest()
        for page in pages:
            await page.__aexit__(None, None, None)


async def test_closed_pages_leave_nothing_behind() -> None:
    events = Events()
    for number in range(100):
        async with events.subscribe(f"conversation {number}"):
            assert events.watched == 1
    assert events.watched == 0
    assert not events._watchers


async def test_stopping_lets_every_page_go() -> None:
    events = Events()
    async with events.subscribe("a") as one, events.subscribe("b") as two:
        events.stop()
        assert (await one(), await two()) == (False, False)
