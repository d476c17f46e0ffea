"""Stock Rasa beside ours in one run: `rasa run` and an action server over HTTP, against Rasa inside the process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.dialogue.rasa import newest_model

ROOT = Path(__file__).parents[2]
SENTENCE = "Để làm việc này, bạn cần chuẩn bị giấy tờ và đến nơi nộp."  # says nothing a citizen would be told
TURNS = 300
AT_ONCE = 4
TURNS_AT_ONCE = 400
START_SECONDS = 180
ACTION_NAMES = (
    "action_answer",
    "action_default_fallback",
    "action_choose",
    "action_give_place",
    "action_start_submission",
    "action_status",
    "action_pay",
    "action_handoff",
    "action_petition",
    "action_small_talk",
    "action_decline",
    "action_safety",
    "action_emergency",
    "action_unclear",
)
Progress = Callable[[str], None]
Talk = Callable[[str, str], Awaitable[Any]]  # sender, text


@dataclass(frozen=True)
class Figures:
    """Seconds by turn of one long conversation, and turns a second with several citizens at once."""

    turns: Sequence[float]
    per_second: float

    def line(self, name: str) -> str:
        early, late = statistics.median(self.turns[:10]), statistics.median(self.turns[-10:])
        ordered = sorted(self.turns)
        p50, p95 = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
        return (
            f"{name}: median {p50 * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms over one conversation; "
            f"first ten turns {early * 1000:.1f} ms, the last of {len(self.turns)} {late * 1000:.1f} ms; "
            f"{self.per_second:.0f} turns/s with {AT_ONCE} at once"
        )


class FixedGuide:
    """Answers every call with the same sentence."""

    def __getattr__(self, name: str) -> Callable[..., str]:
        return lambda *_: SENTENCE


def compare(data_dir: Path, progress: Progress) -> Iterator[str]:
    """A line for stock Rasa, one for ours, one with the factors. The same model, rules and messages."""
    model = newest_model(data_dir).resolve()
    progress("stock Rasa: server and action server over HTTP")
    stock = _stock(model)
    yield stock.line("stock Rasa")
    progress("Rasa inside the process")
    ours = asyncio.run(_ours(model))
    yield ours.line("ours")
    late = statistics.median(stock.turns[-10:]) / statistics.median(ours.turns[-10:])
    early = statistics.median(stock.turns[:20]) / statistics.median(ours.turns[:20])
    yield (
        f"ours against stock: {ours.per_second / stock.per_second:.1f} times the turns a second, "
        f"{early:.1f} times as fast at first, {late:.1f} times at turn {TURNS}"
    )


async def _ours(model: Path) -> Figures:
    from actions import all_actions
    from bot.dialogue.rasa import RasaDialogue

    dialogue = await RasaDialogue.load(model, all_actions(FixedGuide()))
    return await _measure(lambda sender, text: dialogue.respond(text, sender, None))


def _stock(model: Path) -> Figures:
    with tempfile.TemporaryDirectory(prefix="motcua-stock-") as folder:
        actions, server = free_port(), free_port()
        endpoints, credentials = Path(folder) / "endpoints.yml", Path(folder) / "credentials.yml"
        endpoints.write_text(f"action_endpoint:\n  url: http://127.0.0.1:{actions}/webhook\n")
        credentials.write_text("rest:\n")
        run = ["run", "--model", model, "--port", server, "--endpoints", endpoints, "--credentials", credentials]
        with (
            _running("rasa_sdk", ["--actions", "bot.evaluation.stock_actions", "--port", actions], folder),
            _running("rasa", run, folder),
        ):
            _wait(f"http://127.0.0.1:{actions}/health")
            _wait(f"http://127.0.0.1:{server}/")
            return asyncio.run(_talk_to_stock(f"http://127.0.0.1:{server}"))


async def _talk_to_stock(base: str) -> Figures:
    async with httpx.AsyncClient(base_url=base, timeout=60) as client:

        async def talk(sender: str, text: str) -> None:
            answer = await client.post("/webhooks/rest/webhook", json={"sender": sender, "message": text})
            if answer.raise_for_status().json()[0]["text"] != SENTENCE:
                raise RuntimeError("stock Rasa answered something else: the comparison would mean nothing")

        return await _measure(talk)


async def _measure(talk: Talk) -> Figures:
    texts = _texts()
    for text in texts:
        await talk("warm", text)
    turns = [await _timed(talk, "long", texts[turn % len(texts)]) for turn in range(TURNS)]
    numbers = iter(range(TURNS_AT_ONCE))

    async def citizen() -> None:
        for number in numbers:  # three turns a conversation
            await talk(f"citizen {number // 3}", texts[number % len(texts)])

    started = time.perf_counter()
    await asyncio.gather(*(citizen() for _ in range(AT_ONCE)))
    return Figures(turns, TURNS_AT_ONCE / (time.perf_counter() - started))


async def _timed(talk: Talk, sender: str, text: str) -> float:
    started = time.perf_counter()
    await talk(sender, text)
    return time.perf_counter() - started


def _texts() -> list[str]:
    """Ten sentences of our own, so that the first ten turns and the last ten are the same messages."""
    from bot.dialogue.training_data import written

    names = ("ask_documents", "ask_cost", "ask_place", "ask_steps", "ask_time_limit")
    by_intent = written(ROOT / "nlu_data" / "nlu")
    return [text for name in names for text in by_intent[name][:2]]


@contextmanager
def _running(module: str, arguments: Sequence[object], folder: str) -> Iterator[None]:
    """A Python module as a server of its own, ended with everything it started."""
    environment = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": str(ROOT),
    }
    log = (Path(folder) / f"{module}.log").open("w")
    command = [sys.executable, "-W", "ignore", "-m", module, *map(str, arguments)]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


def _wait(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise RuntimeError(f"{url} did not come up in {START_SECONDS} s")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
