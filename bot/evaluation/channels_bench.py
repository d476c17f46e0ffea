"""A storm of Zalo's webhooks with copies, forgeries and disorder, while sending fails: what is lost or comes twice."""

from __future__ import annotations

import asyncio
import json
import random
import re
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.channels.reply import Reply
from bot.channels.zalo_render import render
from bot.sandbox.zalo_courier import signed
from bot.sandbox.zalo_records import ZaloRecords
from bot.settings import Settings
from bot.store import Store, open_store

EVENTS, PER_SECOND, CITIZENS = 10_000, 60.0, 500
COPIES, FORGED, DISORDERED, FAILING = 0.10, 0.05, 0.05, 0.10
ANSWER_SECONDS = 2.0  # Zalo waits no longer
DRAIN_SECONDS = 1_800.0
Post = Callable[[bytes, str], Awaitable[int]]


@dataclass(frozen=True)
class Letter:
    """One call of the webhook."""

    citizen: str
    text: str
    body: bytes
    signature: str
    is_forged: bool


@dataclass
class Seen:
    """What the storm saw: the genuine texts of each citizen in the order in which they were first accepted."""

    accepted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    seconds: list[float] = field(default_factory=list)
    forged_accepted: int = 0
    genuine_refused: int = 0
    unknown: int = 0  # sends whose outcome the sender could not know


def letters(records: ZaloRecords, count: int, citizens: int, seed: int = 1) -> list[Letter]:
    """`count` calls; copies and forgeries are among them, and some come later than they were written."""
    draw = random.Random(seed)
    made: list[Letter] = []
    while len(made) < count:
        earlier = draw.choice(made[-50:]) if made and draw.random() < COPIES else None
        if earlier is not None and not earlier.is_forged:
            made.append(earlier)
        else:
            citizen = str(10**18 + draw.randrange(citizens))
            made.append(_letter(records, citizen, f"câu {len(made)}", draw.random() < FORGED))
    for place in range(len(made) - 3):
        if draw.random() < DISORDERED:
            other = place + draw.randint(1, 3)
            made[place], made[other] = made[other], made[place]
    return made


def _letter(records: ZaloRecords, citizen: str, text: str, is_forged: bool) -> Letter:
    timestamp = str(int(records.clock().timestamp() * 1000))
    event = {
        "app_id": records.app_id,
        "event_name": "user_send_text",
        "timestamp": timestamp,
        "sender": {"id": citizen},
        "recipient": {"id": records.oa_id},
        "message": {"text": text, "msg_id": f"m{text.split()[1]}"},
    }
    body = json.dumps(event, ensure_ascii=False).encode()
    secret = "guessed" if is_forged else records.oa_secret
    return Letter(citizen, text, body, signed(records.app_id, body, timestamp, secret), is_forged)


async def storm(post: Post, storming: Sequence[Letter], per_second: float | None = None) -> Seen:
    """Calls the webhook with all of them; those of one citizen one after another, so that there is an order."""
    seen, started = Seen(), time.perf_counter()
    turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
    known: set[tuple[str, str]] = set()

    async def call(letter: Letter) -> None:
        async with turns[letter.citizen]:
            begun = time.perf_counter()
            status = await post(letter.body, letter.signature)
            seen.seconds.append(time.perf_counter() - begun)
        if letter.is_forged:
            seen.forged_accepted += status == 200
        elif status != 200:
            seen.genuine_refused += 1
        elif (letter.citizen, letter.text) not in known:
            known.add((letter.citizen, letter.text))
            seen.accepted[letter.citizen].append(letter.text)

    calls = []
    for number, letter in enumerate(storming):
        if per_second:
            await asyncio.sleep(max(0.0, started + number / per_second - time.perf_counter()))
        elif number % 50 == 49:
            await asyncio.gather(*calls)
        calls.append(asyncio.create_task(call(letter)))
    await asyncio.gather(*calls)
    return seen


@dataclass(frozen=True)
class Verdict:
    """`troubles` is empty when every genuine message was handled once and every reply arrived, all of it in order."""

    messages: int
    replies: int
    repeated: int
    troubles: tuple[str, ...]


async def judge(store: Store, records: ZaloRecords, seen: Seen) -> Verdict:
    troubles = []
    replies = repeated = 0
    arrived = _arrived(records.calls)
    for citizen, expected in seen.accepted.items():
        conversation = await store.conversation_for("zalo", citizen)
        lines = await store.history(conversation.id, limit=500)
        handled = [line["text"] for line in lines if line["direction"] == "in"]
        if handled != expected:
            troubles.append(f"handled {len(handled)} of {len(expected)} messages, or in another order")
        said = [text for line in lines if line["direction"] == "out" for text in _texts(line["replies"])]
        replies, repeated = replies + len(said), repeated + len(arrived[citizen]) - len(said)
        if _once(arrived[citizen]) != _once(said):
            troubles.append(f"{len(arrived[citizen])} of {len(said)} messages arrived, or in another order")
    unknown = max(records.faults.answers_lost, seen.unknown)
    if repeated > unknown:
        troubles.append(f"{repeated} repeated, but only {unknown} were of unknown outcome")
    return Verdict(sum(map(len, seen.accepted.values())), replies, repeated, tuple(troubles[:10]))


def _texts(replies: Iterable[Mapping[str, Any]]) -> list[str]:
    """What these replies look like on the way to Zalo."""
    return [message["text"] for reply in replies for message in render(Reply.model_validate(reply))]


def _arrived(calls: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The texts of each citizen's telephone."""
    told: dict[str, list[str]] = defaultdict(list)
    for call in calls:
        told[call["recipient"]["user_id"]].append(call["message"]["text"])
    return told


def _once(texts: Sequence[str]) -> list[str]:
    """Without immediate repetitions, which is what a lost answer leads to."""
    return [text for text, before in zip(texts, [None, *texts], strict=False) if text != before]


# ---- over the whole server


def bench(settings: Settings, say: Callable[[str, str], None]) -> None:
    """Ten thousand webhooks at sixty a second against a server of its own; prints what became of them."""
    with tempfile.TemporaryDirectory(prefix="motcua-storm-") as folder:
        data_dir = Path(folder)
        for name in ("models", "index"):
            shutil.copytree(settings.data_dir / name, data_dir / name)
        asyncio.run(_bench(settings, data_dir, say))


async def _bench(settings: Settings, data_dir: Path, say: Callable[[str, str], None]) -> None:
    from bot.evaluation.server import served

    records, base, stop = await _serve_zalo()
    environment = {
        "MOTCUA_ENV": "test",
        "ZALO_APP_ID": records.app_id,
        "ZALO_APP_SECRET": records.app_secret,
        "ZALO_OA_SECRET": records.oa_secret,
        "ZALO_REFRESH_TOKEN": records.new_pair()["refresh_token"],
        "ZALO_API_BASE": base,
        "ZALO_OAUTH_BASE": base,
    }
    records.faults.share = FAILING
    serving = served(data_dir, environment)
    server = await asyncio.to_thread(serving.__enter__)
    try:
        storming = letters(records, EVENTS, CITIZENS)
        for letter in storming:
            records.citizen(letter.citizen).interacted_at = records.clock()
        seen, drained = await _storm(server.base, data_dir, storming)
    finally:
        await asyncio.to_thread(serving.__exit__, None, None, None)
        await stop()
    store = await open_store(settings.model_copy(update={"data_dir": data_dir, "database_url": ""}))
    try:
        _print(say, seen, drained, await judge(store, records, seen), storming)
    finally:
        await store.close()


async def _serve_zalo() -> tuple[ZaloRecords, str, Callable[[], Awaitable[None]]]:
    """The pretended Zalo on a free port, in this process."""
    import uvicorn

    from bot.evaluation.rasa_bench import free_port
    from bot.sandbox.zalo import create_zalo_sandbox, utc_now

    port = free_port()
    records, client = ZaloRecords(clock=utc_now, keeps_calls=True), httpx.AsyncClient()
    app = create_zalo_sandbox(records, client, "", f"http://127.0.0.1:{port}")
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)

    async def stop() -> None:
        server.should_exit = True
        await task
        await client.aclose()

    return records, f"http://127.0.0.1:{port}", stop


async def _storm(base: str, data_dir: Path, storming: Sequence[Letter]) -> tuple[Seen, float]:
    async with httpx.AsyncClient(timeout=30) as client:

        async def post(body: bytes, signature: str) -> int:
            headers = {"X-ZEvent-Signature": signature}
            return (await client.post(f"{base}/channels/zalo/webhook", content=body, headers=headers)).status_code

        seen = await storm(post, storming, PER_SECOND)
    started = time.perf_counter()
    while time.perf_counter() - started < DRAIN_SECONDS and await asyncio.to_thread(_is_waiting, data_dir):
        await asyncio.sleep(1.0)
    drained = time.perf_counter() - started
    figures = (await asyncio.to_thread(httpx.get, f"{base}/metrics")).text
    found = re.search(r"^motcua_zalo_unknown_total (\S+)", figures, re.MULTILINE)
    seen.unknown = round(float(found[1])) if found else 0
    return seen, drained


def _is_waiting(data_dir: Path) -> bool:
    with sqlite3.connect(f"file:{data_dir / 'motcua.sqlite3'}?mode=ro", uri=True, timeout=30) as database:
        events = database.execute("SELECT count(*) FROM zalo_events WHERE status IN ('waiting', 'taken')").fetchone()[0]
        sends = database.execute("SELECT count(*) FROM outbox WHERE status IN ('waiting', 'sending')").fetchone()[0]
    return bool(events or sends)


def _print(
    say: Callable[[str, str], None], seen: Seen, drained: float, verdict: Verdict, storming: Sequence[Letter]
) -> None:
    ordered = sorted(seen.seconds)
    late = sum(seconds > ANSWER_SECONDS for seconds in ordered)
    forged = sum(letter.is_forged for letter in storming)
    say(
        "Zalo storm, webhook answered",
        f"median {statistics.median(ordered) * 1000:.1f} ms, p95 {ordered[int(len(ordered) * 0.95)] * 1000:.1f} ms, "
        f"p99 {ordered[int(len(ordered) * 0.99)] * 1000:.1f} ms, longest {ordered[-1] * 1000:.0f} ms, "
        f"{late} of {len(ordered)} later than {ANSWER_SECONDS:.0f} s",
    )
    say("Zalo storm, refused", f"{forged - seen.forged_accepted} of {forged} forged, {seen.genuine_refused} genuine")
    say(
        "Zalo storm, handled",
        f"{verdict.messages} genuine messages, {verdict.replies} sent in return, "
        f"{verdict.repeated} twice of {seen.unknown} of unknown outcome; drained {drained:.0f} s after the last; "
        f"troubles: {'; '.join(verdict.troubles) or 'none'}",
    )
