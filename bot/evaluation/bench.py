"""`motcua bench`: import, search, full turns under load, memory and stock Rasa, side by side in one run."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from bot.evaluation import channels_bench
from bot.evaluation.desk_bench import desk_bench
from bot.evaluation.filing import filing_cost
from bot.evaluation.filing_kills import KILLS, filing_kills
from bot.evaluation.payment_bench import payment_bench
from bot.evaluation.rasa_bench import compare
from bot.evaluation.server import Server, served
from bot.settings import Settings

CONVERSATIONS = 1_000
TURNS_EACH = 3
AT_ONCE = 4
SEARCHES = 500
LONG_CONVERSATION = 300
Progress = Callable[[str], None]


def bench(settings: Settings, progress: Progress) -> int:
    """Prints every figure; nothing is asserted. Returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as folder:
        data_dir = Path(folder)
        shutil.copytree(settings.data_dir / "models", data_dir / "models")
        _import(settings, data_dir, progress)
        questions = _questions(data_dir)
        _search(data_dir, questions)
        with served(data_dir) as server:
            asyncio.run(_load(server, questions, progress))
            asyncio.run(_long_conversation(server, questions, progress))
        progress(f"{channels_bench.EVENTS} webhooks of Zalo")
        channels_bench.bench(settings, _print)
        desk_bench(data_dir, progress, _print)
        progress("payments")
        payment_bench(data_dir, _print)
        _filing(data_dir, progress)
        _stock_rasa(data_dir, progress)
    return 0


def _import(settings: Settings, data_dir: Path, progress: Progress) -> None:
    from knowledge.index import build_index
    from knowledge.library import import_and_index

    if settings.catalogue is None:
        build_index(data_dir, progress)
        _print("catalogue", "MOTCUA_CATALOGUE is not set: the curated procedures only")
        return
    started, cpu = time.perf_counter(), time.process_time()
    report = import_and_index([settings.catalogue], data_dir, dt.date.today(), progress)
    _print(
        "import and index",
        f"{report.count} procedures in {time.perf_counter() - started:.1f} s, {time.process_time() - cpu:.1f} s of CPU",
    )


def _questions(data_dir: Path) -> list[str]:
    """Messages as people type them: our own everyday wording, shuffled with a fixed seed."""
    from knowledge import catalogue, everyday

    asks = [
        phrase.text
        for phrase in everyday.phrases(catalogue.load(data_dir), everyday.load(data_dir))
        if len(phrase.text.split()) > 3
    ]
    random.Random(7).shuffle(asks)
    return asks


def _search(data_dir: Path, questions: Sequence[str]) -> None:
    from knowledge.library import Library

    searcher = Library.open(data_dir).snapshot.searcher
    for question in questions[-50:]:
        searcher.search(question)
    times, cpu = [], time.process_time()
    for question in questions[:SEARCHES]:
        started = time.perf_counter()
        searcher.search(question)
        times.append(time.perf_counter() - started)
    used = (time.process_time() - cpu) / len(times)
    _print("search", f"{_times(times)}, {used * 1000:.1f} ms of CPU each")


async def _load(server: Server, questions: Sequence[str], progress: Progress) -> None:
    progress(f"{CONVERSATIONS} conversations of {TURNS_EACH} turns, {AT_ONCE} at once")
    times: list[float] = []
    numbers = iter(range(CONVERSATIONS))
    cpu, started = server.cpu_seconds, time.perf_counter()

    async def citizen(client: httpx.AsyncClient) -> None:
        for number in numbers:
            asked = [questions[(number * TURNS_EACH + turn) % len(questions)] for turn in range(TURNS_EACH - 1)]
            times.extend(await _converse(client, [*asked, "còn lệ phí thì sao?"]))

    async with httpx.AsyncClient(base_url=server.base, timeout=30) as client:
        await _converse(client, questions[:20])  # warm
        times.clear()
        await asyncio.gather(*(citizen(client) for _ in range(AT_ONCE)))
    elapsed, used = time.perf_counter() - started, server.cpu_seconds - cpu
    _print(
        "full turn, HTTP in to reply out",
        f"{_times(times)}, {used / len(times) * 1000:.1f} ms of CPU each, "
        f"{len(times) / elapsed:.0f} turns/s with {AT_ONCE} at once",
    )
    async with httpx.AsyncClient(base_url=server.base, timeout=30) as client:
        _print("full turn, one citizen at a time", _times(await _converse(client, questions[50:250])))
    _print("resident memory", f"{server.resident_mb:.0f} MB after {CONVERSATIONS} conversations")


async def _converse(client: httpx.AsyncClient, texts: Sequence[str]) -> list[float]:
    conversation = (await client.post("/api/v1/conversations")).raise_for_status().json()
    headers = {"Authorization": f"Bearer {conversation['token']}"}
    path, times = f"/api/v1/conversations/{conversation['conversation_id']}/messages", []
    for number, text in enumerate(texts):
        started = time.perf_counter()
        (await client.post(path, json={"message_id": f"m{number}", "text": text}, headers=headers)).raise_for_status()
        times.append(time.perf_counter() - started)
    return times


async def _long_conversation(server: Server, questions: Sequence[str], progress: Progress) -> None:
    progress(f"one conversation of {LONG_CONVERSATION} turns")
    async with httpx.AsyncClient(base_url=server.base, timeout=30) as client:
        runs = [await _converse(client, [questions[0]] * LONG_CONVERSATION) for _ in range(3)]
    early = statistics.median(seconds for run in runs for seconds in run[2:12])
    late = statistics.median(seconds for run in runs for seconds in run[-10:])
    _print("turn 300 against turn 3", f"{late * 1000:.1f} ms / {early * 1000:.1f} ms = {late / early:.2f}")


def _filing(data_dir: Path, progress: Progress) -> None:
    progress("filing")
    _print("journey turn", str(filing_cost(data_dir / "filing")))
    progress(f"{KILLS} kills of the server while citizens file")
    _print("filing under kills", str(filing_kills(data_dir)))


def _stock_rasa(data_dir: Path, progress: Progress) -> None:
    for line in compare(data_dir, progress):
        print(line, flush=True)


def _times(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    return f"median {statistics.median(ordered) * 1000:.1f} ms, p95 {ordered[int(len(ordered) * 0.95)] * 1000:.1f} ms"


def _print(what: str, figure: str) -> None:
    print(f"{what}: {figure}", flush=True)
