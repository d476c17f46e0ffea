"""The whole server is killed again and again while citizens file: is a dossier lost, or handed over twice?"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.evaluation.rasa_bench import free_port
from bot.sandbox.one_stop import UNIT
from bot.sandbox.one_stop_records import Records

KILLS = 20
CITIZENS = 4
PROCEDURE = "1.001193"
MOST_TURNS = 30
READY_SECONDS = 180.0
SETTLE_SECONDS = 120.0
SHORTEST_LIFE_SECONDS, LONGEST_LIFE_SECONDS = 0.2, 3.0  # after it is ready
PAUSE_SECONDS = 0.1
TOO_MANY = 429


@dataclass
class Filed:
    """What citizens were promised; each dossier is known by its mother's number."""

    numbers: list[str] = field(default_factory=list)
    broken_off: list[str] = field(default_factory=list)  # a turn that was no turn of a journey


@dataclass(frozen=True)
class KillReport:
    kills: int
    promised: int
    lost: int
    twice: int
    broken_off: int

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.promised} dossiers promised, {self.lost} lost, "
            f"{self.twice} handed over twice, {self.broken_off} journeys broken off"
        )


def filing_kills(data_dir: Path, kills: int = KILLS, citizens: int = CITIZENS) -> KillReport:
    """A demonstration with its own one-stop system in `data_dir`, which holds models and an index."""
    return asyncio.run(_run(data_dir, kills, citizens))


class _Server:
    """One address, many lives."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir, self._port = data_dir, free_port()
        self.base = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen | None = None

    async def start(self) -> None:
        given = {
            "MOTCUA_ENV": "demo",
            "MOTCUA_DATA_DIR": str(self._data_dir),
            "PORT": str(self._port),
            "HOST": "127.0.0.1",
            "MOTCUA_RATE_LIMIT_PER_MINUTE": "10000000",
            "MOTCUA_QUIET_HOURS": "00:00-00:00",
            "DATABASE_URL": "",
            "TELEGRAM_BOT_TOKEN": "",
        }
        command, quiet = [sys.executable, "-m", "bot.cli", "serve"], subprocess.DEVNULL
        self._process = subprocess.Popen(command, env=os.environ | given, stdout=quiet, stderr=quiet)
        async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient(base_url=self.base) as client:
            while not await self._is_ready(client):
                await asyncio.sleep(PAUSE_SECONDS)

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(f"the server ended with code {self._process.returncode}")
        try:
            return (await client.get("/health/ready", timeout=5)).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


async def _run(data_dir: Path, kills: int, citizens: int) -> KillReport:
    server, filed, chance = _Server(data_dir), Filed(), random.Random(kills)
    numbers, is_over = itertools.count(1), asyncio.Event()
    async with httpx.AsyncClient(base_url=server.base, timeout=30) as client:
        work = [asyncio.create_task(_citizen(client, numbers, filed, is_over)) for _ in range(citizens)]
        try:
            for _ in range(kills):
                await server.start()
                await asyncio.sleep(chance.uniform(SHORTEST_LIFE_SECONDS, LONGEST_LIFE_SECONDS))
                server.kill()
            is_over.set()
            await server.start()
            await asyncio.gather(*work)
            await _settle(data_dir, filed)
        finally:
            for task in work:
                task.cancel()
            server.kill()
    return _report(data_dir, kills, filed)


async def _citizen(client: httpx.AsyncClient, numbers: Iterator[int], filed: Filed, is_over: asyncio.Event) -> None:
    """Files one dossier after the other; whatever is begun is brought to its end."""
    while not is_over.is_set():
        await _file(client, f"054195{next(numbers):06d}", filed)


async def _file(client: httpx.AsyncClient, mother_id: str, filed: Filed) -> None:
    made = await _insist(client, "/api/v1/conversations", None, {})
    path = f"/api/v1/conversations/{made['conversation_id']}/messages"
    headers = {"Authorization": f"Bearer {made['token']}"}
    said: dict[str, Any] = {"payload": f"s:{PROCEDURE}"}
    for turn in range(MOST_TURNS):
        told = await _insist(client, path, {"message_id": f"{mother_id}-{turn}", **said}, headers)
        if told["turn"]["question"] is None:
            send = next((one["payload"] for one in _buttons(told) if one["payload"].startswith("j:send:")), None)
            if send is None:
                break
            said = {"payload": send}
        else:
            said = _answer(told["turn"]["question"], mother_id)
    is_promised = said.get("payload", "").startswith("j:send:")
    (filed.numbers if is_promised else filed.broken_off).append(mother_id)


def _answer(question: dict[str, Any], mother_id: str) -> dict[str, str]:
    if question["id"] == "mother_id":
        return {"text": mother_id}
    return {"text": question["example"] or "nộp sau"}


def _buttons(told: dict[str, Any]) -> list[dict[str, str]]:
    return [button for reply in told["replies"] for button in reply.get("buttons", ())]


async def _insist(client: httpx.AsyncClient, path: str, body: Any, headers: dict[str, str]) -> dict[str, Any]:
    """The same message until it is answered, as the widget does."""
    while True:
        try:
            answer = await client.post(path, json=body, headers=headers)
            if answer.status_code < 300:
                return answer.json()
        except (httpx.HTTPError, ValueError):
            answer = None
        if answer is not None and 400 <= answer.status_code < 500 and answer.status_code != TOO_MANY:
            raise RuntimeError(f"{path}: HTTP {answer.status_code}")  # no kill does that: it would be asked for ever
        await asyncio.sleep(PAUSE_SECONDS)


def _arrived(data_dir: Path) -> Counter[str]:
    """How often each mother's number came in at the agency."""
    records = Records(data_dir / "sandbox" / "one_stop.sqlite3", UNIT, lambda: None)
    try:
        every = records.latest(most=1_000_000)
    finally:
        records.close()
    return Counter(one["SoDinhDanh"] for dossier in every for one in dossier.record.get("DinhDanhCHS", ()))


async def _settle(data_dir: Path, filed: Filed) -> None:
    """Until everything that was promised has arrived, or long enough."""
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until and not set(filed.numbers) <= _arrived(data_dir).keys():
        await asyncio.sleep(1.0)


def _report(data_dir: Path, kills: int, filed: Filed) -> KillReport:
    arrived = _arrived(data_dir)
    return KillReport(
        kills=kills,
        promised=len(filed.numbers),
        lost=sum(number not in arrived for number in filed.numbers),
        twice=sum(count > 1 for count in arrived.values()),
        broken_off=len(filed.broken_off),
    )
