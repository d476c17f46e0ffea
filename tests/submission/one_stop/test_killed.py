"""Workers are killed at random points, two hundred times: no dossier is lost, none is created twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox.one_stop import create_one_stop_sandbox
from bot.sandbox.one_stop_records import Records
from bot.settings import Settings
from bot.store import Store, open_store
from bot.submission.attachments import Attachments
from bot.submission.one_stop.protocol import HandoverFile
from bot.tables import followed_dossiers, handovers, status_notices
from tests.serving import served
from tests.submission.one_stop.world import World, a_handover, add_conversation, count, submitted_dossier
from tests.uploads import JPEG, upload

WAITING = 12  # dossiers kept waiting, so that every kill meets work
MOST_CALLS = 16  # that a worker may begin before it is killed, some milliseconds later
LONGEST_SILENCE_SECONDS = 20.0
FAULTS = {"down": 7, "duplicate": 5, "wrong": 6, "slow": 9}


class Counted:
    """The sandbox, counting how often it is called."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self.calls = app, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.calls += scope["type"] == "http"
        await self._app(scope, receive, send)

    async def after(self, calls: int) -> None:
        """Waits for so many more calls."""
        until = self.calls + calls
        async with asyncio.timeout(LONGEST_SILENCE_SECONDS):
            while self.calls < until:
                await asyncio.sleep(0.001)


class Nursery:
    """The parent process of the workers."""

    def __init__(self, data_dir: Path, sandbox: str, protocol: str) -> None:
        self._arguments = ("-m", "tests.submission.one_stop.worker", str(data_dir), sandbox, protocol)

    async def __aenter__(self) -> Nursery:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(sys.executable, *self._arguments, stdin=pipe, stdout=pipe)
        assert await self._line() == "rasa False"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.stdin.close()
        await self._process.wait()

    async def start(self) -> int:
        self._process.stdin.write(b"\n")
        return int(await self._line())

    async def kill(self, worker: int) -> None:
        os.kill(worker, signal.SIGKILL)
        assert await self._line() == "gone"

    async def _line(self) -> str:
        return (await self._process.stdout.readline()).decode().strip()


async def waiting(store: Store) -> int:
    open_ones = handovers.c.status.in_(("waiting", "sending"))
    return await count(store, sa.select(sa.func.count()).select_from(handovers).where(open_ones))


async def put_in(world: World, file: HandoverFile, number: int) -> str:
    reference = await submitted_dossier(world.store, "citizen")
    await world.queue.add(
        a_handover(reference, applicant_name=reference, documents=(file,), submitted_at=datetime.now(UTC))
    )
    return reference


@pytest.mark.slow
@pytest.mark.timeout(280)
@pytest.mark.parametrize(("protocol", "kills"), [("exchange", 130), ("dvc_sync", 70)])
async def test_killed_anywhere_nothing_is_lost_and_nothing_is_twice(
    settings: Settings, tmp_path: Path, protocol: str, kills: int
) -> None:
    chance = random.Random(f"{protocol} {kills}")
    store = await open_store(settings)
    world = World(store, None)
    await add_conversation(store, "citizen")
    photo = await Attachments(store, settings).accept("citizen", "giay.jpg", upload(JPEG))
    file = HandoverFile(photo.id, "Giấy chứng sinh", "giay.jpg", "image/jpeg", photo.size_bytes)
    app = create_one_stop_sandbox(tmp_path / "sandbox", "http://sandbox", slow_seconds=0.05)
    records: Records = app.state.records
    for fault, every in FAULTS.items():
        records.set_fault(fault, every)
    references, door = [], Counted(app)
    with served(door) as base:
        async with Nursery(settings.data_dir, base, protocol) as nursery:
            for _ in range(kills):
                missing = WAITING - await waiting(store)
                references += [await put_in(world, file, number) for number in range(missing)]
                worker = await nursery.start()
                await door.after(chance.randint(1, MOST_CALLS))
                await asyncio.sleep(chance.uniform(0.0, 0.03))
                await nursery.kill(worker)
            for fault in FAULTS:
                records.set_fault(fault, 0)
            worker, deadline = await nursery.start(), time.monotonic() + 60
            while await waiting(store) and time.monotonic() < deadline:
                await asyncio.sleep(0.1)
            await nursery.kill(worker)
    await assert_each_once(store, records, references)
    await store.close()
    records.close()


async def assert_each_once(store: Store, records: Records, references: list[str]) -> None:
    done = sa.select(sa.func.count()).select_from(handovers).where(handovers.c.status == "done")
    assert await count(store, done) == len(references)
    created = Counter(dossier.record["ChuHoSo"] for dossier in records.latest(most=100_000))
    assert created == Counter(references)
    assert await count(store, sa.select(sa.func.count()).select_from(followed_dossiers)) == len(references)
    told = sa.select(status_notices.c.reference).where(status_notices.c.kind == "submit_sent")
    notices = await store.database.read(lambda connection: list(connection.execute(told).scalars()))
    assert Counter(notices) == Counter(references)
    assert len(references) > WAITING  # work was done between the kills
    print(f"{len(references)} dossiers, most attempts {await most_attempts(store)}")


async def most_attempts(store: Store) -> int:
    return await count(store, sa.select(sa.func.max(handovers.c.attempts)))
