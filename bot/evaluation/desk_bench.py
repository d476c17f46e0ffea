"""The desk measured: a province's teams, hundreds of helpers with open desks, thousands of cases, racing claims."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import sqlalchemy as sa

from bot.desk import sessions
from bot.evaluation.payment_bench import database
from bot.evaluation.server import Server, served
from bot.handoff.case import Reason, Status
from bot.handoff.cases import Cases
from bot.handoff.clocks import load_clocks
from bot.handoff.directory import Directory
from bot.handoff.passwords import Passwords, new_password
from bot.handoff.tables import cases, desk_accounts, helpers
from bot.handoff.taking import Place, Taking
from bot.handoff.team_list import read_team_list
from bot.handoff.voice import Voice
from bot.settings import Settings
from bot.store import Store, open_store
from knowledge import places

TEAMS, MEMBERS, HELPERS, CASES = 490, 3_033, 500, 2_000
RACERS = 2  # helpers of one team who tap the same case
PER_SECOND = 20.0  # claims, pages or messages, far above what a province will see
LOOKS = 100  # of each page, and messages, after the claims
PROVINCE = "Tỉnh Đắk Lắk"
Progress = Callable[[str], None]
Print = Callable[[str, str], None]


@dataclass(frozen=True)
class Helper:
    """One who is signed in: their cookie, and the token of their forms."""

    id: str
    team: str
    cookie: str
    form_token: str


@dataclass
class Seen:
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # by what was asked for
    won: list[tuple[Helper, str]] = field(default_factory=list)
    lists_read: int = 0

    def told(self, what: str) -> str:
        ordered = sorted(self.seconds[what])
        p95 = ordered[int(len(ordered) * 0.95)]
        return f"median {statistics.median(ordered) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms"


def desk_bench(folder: Path, progress: Progress, tell: Print) -> None:
    """On PostgreSQL where a server can be started here, and on SQLite."""
    _measure(folder, "SQLite", "", progress, tell)
    apart = folder / "desk"
    apart.mkdir()
    with database(apart) as (name, url):
        if url:
            _measure(folder, name, url, progress, tell)


def _measure(folder: Path, name: str, url: str, progress: Progress, tell: Print) -> None:
    progress(f"{TEAMS} teams, {MEMBERS} members, {CASES} open cases on {name}")
    settings = Settings(_env_file=None, data_dir=folder, database_url=url)
    signed_in, claims = asyncio.run(_prepare(settings))
    with served(folder, {"MOTCUA_DATABASE_URL": url}) as server:
        seen, cpu, lists_read = asyncio.run(_race(server, signed_in, claims))
    tell(
        f"claims on {name}",
        f"{seen.told('claim')}, {cpu * 1000:.1f} ms of CPU each; "
        f"{len(claims)} at {PER_SECOND:.0f} a second by {len(signed_in)} helpers with open desks, "
        f"{lists_read} lists read meanwhile; claimed twice: {asyncio.run(_claimed_twice(settings))}",
    )
    rest = "; ".join(f"{what}: {seen.told(what)}" for what in ("list page", "case page", "message"))
    tell(f"the desk on {name} under that load", rest)


# ---- a province


def _province() -> bytes:
    """As many teams and members as a province reported; the wards are its own."""
    wards = [ward.name for ward in places.load().of_province(PROVINCE)]
    rows = ["Tổ;Xã phường;Tỉnh;Họ tên;Điện thoại"]
    phones = itertools.count(1)
    for number in range(TEAMS):
        for member in range(MEMBERS // TEAMS + (number < MEMBERS % TEAMS)):
            ward = wards[number % len(wards)]
            rows.append(f"Tổ {number};{ward};{PROVINCE};Người {member};09{next(phones):08d}")
    return "\n".join(rows).encode()


async def _prepare(settings: Settings) -> tuple[list[Helper], list[tuple[Helper, str]]]:
    """The helpers who are signed in, and who will tap which case, in the order of the taps."""
    store = await open_store(settings)
    try:
        directory = Directory(store, load_clocks())
        listed = read_team_list(_province(), places.load())
        await directory.replace(listed)
        await _open_cases(store)
        waiting = await _waiting(store)
        signed_in = await _sign_in(store, list(waiting)[: HELPERS // RACERS])
        return signed_in, _taps(signed_in, waiting)
    finally:
        await store.close()


async def _open_cases(store: Store) -> None:
    async def nobody(conversation_id: str) -> None:
        return None

    clocks, all_cases = load_clocks(), Cases(store)
    taking = Taking(store, clocks, Voice(store, nobody, store.ring), all_cases, lambda code: "")
    wards = places.load().of_province(PROVINCE)
    for number in range(CASES):
        conversation, _ = await store.start_conversation("web")
        place = Place(PROVINCE, wards[number % len(wards)].name)
        await taking.open(conversation.id, Reason.asked, place, None)


async def _waiting(store: Store) -> dict[str, list[str]]:
    """Open cases by team."""
    found = sa.select(cases.c.team_id, cases.c.id).where(cases.c.status == Status.open).order_by(cases.c.id)
    rows = await store.database.read(lambda connection: connection.execute(found).all())
    by_team: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        by_team[row.team_id].append(row.id)
    return by_team


async def _sign_in(store: Store, teams: Sequence[str]) -> list[Helper]:
    """Sessions as a sign-in gives them; one hash for all, because hashing is slow on purpose and not measured here."""
    found = sa.select(helpers.c.id, helpers.c.team_id).where(helpers.c.team_id.in_(teams)).order_by(helpers.c.id)
    rows = await store.database.read(lambda connection: connection.execute(found).all())
    chosen = [row for team in teams for row in [row for row in rows if row.team_id == team][:RACERS]]
    hashed = await Passwords().hash(new_password())
    account = {"password_hash": hashed, "must_change": False, "totp_step": -1, "failures": 0, "generation": 1}
    accounts = [{"helper_id": row.id, **account} for row in chosen]
    await store.database.write(lambda connection: connection.execute(sa.insert(desk_accounts), accounts))
    signed_in = []
    for row in chosen:
        cookie = sessions.make(store.keys, row.id, 1, store.clock())
        session = sessions.read(store.keys, cookie, store.clock())
        signed_in.append(Helper(row.id, row.team_id, cookie, session.form_token))
    return signed_in


def _taps(signed_in: Sequence[Helper], waiting: dict[str, list[str]]) -> list[tuple[Helper, str]]:
    """Every helper of a team taps every case of it that one helper may have; a case's taps come together."""
    most = load_clocks().most_cases
    by_team: dict[str, list[Helper]] = defaultdict(list)
    for helper in signed_in:
        by_team[helper.team].append(helper)
    rounds = itertools.zip_longest(*(waiting[team][:most] for team in by_team))
    return [
        (helper, case_id)
        for one_round in rounds
        for team, case_id in zip(by_team, one_round, strict=True)
        if case_id is not None
        for helper in by_team[team]
    ]


# ---- the race


async def _race(
    server: Server, signed_in: Sequence[Helper], taps: Sequence[tuple[Helper, str]]
) -> tuple[Seen, float, int]:
    """What was seen; the server's CPU seconds a claim, the open desks' reading included; lists read meanwhile."""
    seen = Seen()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=200)
    async with httpx.AsyncClient(base_url=server.base, timeout=60, limits=limits) as client:
        desks = [asyncio.create_task(_open_desk(client, helper, seen)) for helper in signed_in]
        while seen.lists_read < len(signed_in):
            await asyncio.sleep(0.2)
        cpu, seen.lists_read = server.cpu_seconds, 0
        # Those who tap the same case do it in the same moment.
        await _paced([lambda tap=tap: _claim(client, *tap, seen) for tap in taps], RACERS)
        used, lists_read = (server.cpu_seconds - cpu) / len(taps), seen.lists_read
        for step in (_open_list, _open_case, _say):
            await _paced([lambda tap=tap, step=step: step(client, *tap, seen) for tap in seen.won[:LOOKS]])
        for desk in desks:
            desk.cancel()
        await asyncio.gather(*desks, return_exceptions=True)
    return seen, used, lists_read


async def _paced(calls: Sequence[Callable[[], Awaitable[None]]], at_once: int = 1) -> None:
    started, tasks = time.perf_counter(), []
    for number, call in enumerate(calls):
        await asyncio.sleep(max(0.0, started + number // at_once * at_once / PER_SECOND - time.perf_counter()))
        tasks.append(asyncio.ensure_future(call()))
    await asyncio.gather(*tasks)


async def _claim(client: httpx.AsyncClient, helper: Helper, case_id: str, seen: Seen) -> None:
    form = {"form_token": helper.form_token}
    answer = await _timed(seen, "claim", 303, client.post(f"{_at(case_id)}/nhan", data=form, headers=_headers(helper)))
    if answer.headers["location"] == _at(case_id):
        seen.won.append((helper, case_id))


async def _open_list(client: httpx.AsyncClient, helper: Helper, case_id: str, seen: Seen) -> None:
    await _timed(seen, "list page", 200, client.get("/desk", headers=_headers(helper)))


async def _open_case(client: httpx.AsyncClient, helper: Helper, case_id: str, seen: Seen) -> None:
    await _timed(seen, "case page", 200, client.get(_at(case_id), headers=_headers(helper)))


async def _say(client: httpx.AsyncClient, helper: Helper, case_id: str, seen: Seen) -> None:
    headers = {**_headers(helper), "X-Form-Token": helper.form_token}
    body = {"message_id": case_id, "text": "Chào bạn"}
    await _timed(seen, "message", 200, client.post(f"{_at(case_id)}/tin", json=body, headers=headers))


async def _timed(seen: Seen, what: str, expected: int, asked: Awaitable[httpx.Response]) -> httpx.Response:
    started = time.perf_counter()
    answer = await asked
    seen.seconds[what].append(time.perf_counter() - started)
    if answer.status_code != expected:
        raise RuntimeError(f"a {what} was answered with {answer.status_code}")
    return answer


def _at(case_id: str) -> str:
    return f"/desk/cases/{case_id}"


async def _open_desk(client: httpx.AsyncClient, helper: Helper, seen: Seen) -> None:
    """As the page does: the list is read again whenever the stream says so."""
    async with client.stream("GET", "/desk/events", headers=_headers(helper), timeout=None) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data:"):
                await client.get("/desk/hang-cho", headers=_headers(helper))
                seen.lists_read += 1


def _headers(helper: Helper) -> dict[str, str]:
    return {"Cookie": f"{sessions.COOKIE}={helper.cookie}", "Accept": "text/html"}


async def _claimed_twice(settings: Settings) -> int:
    """Cases with more than one claim in their record."""
    store = await open_store(settings)
    try:
        all_cases = Cases(store)
        found = sa.select(cases.c.id).where(cases.c.status == Status.claimed)
        ids = await store.database.read(lambda connection: connection.execute(found).scalars().all())
        lines = [await all_cases.lines(await all_cases.find(case_id)) for case_id in ids]
        return sum(Counter(line.kind for line in case)["claimed"] > 1 for case in lines)
    finally:
        await store.close()
