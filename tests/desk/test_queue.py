"""The desk's lists: what each sees, whom a change wakes, and that an open page becomes right by itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.desk import queue_routes
from bot.desk.board import Board, Watch
from bot.desk.queue_routes import shown_to
from bot.handoff import cases as cases_module
from bot.handoff.accounts import Accounts
from bot.handoff.audit import Audit
from bot.handoff.case import Case
from bot.handoff.people import Helper, Role
from bot.handoff.team_list import TeamList
from bot.store import Store
from tests.clock import Clock
from tests.desk.rooms import Present, served
from tests.handoff.world import BA, HOA, LAN, MINH, PEOPLE, THU, World, listed

ELSEWHERE, OFFICER_ELSEWHERE = "0912000009", "0912000010"
AWAY = (
    listed(ELSEWHERE, "Võ Xa", "Tổ 9", ward="Phường Phú Yên"),
    listed(OFFICER_ELSEWHERE, "Đỗ Đông", "Một cửa", tier="ward", role=Role.ward_officer, ward="Phường Phú Yên"),
)


@dataclass
class Room:
    world: World
    board: Board[Case]
    present: Present
    http: httpx.AsyncClient
    desk: Any

    async def list_of(self, helper: Helper) -> str:
        self.present.helper = helper
        return (await self.http.get("/desk/hang-cho")).text

    async def claimed(self, helper: Helper, sender: str = "an") -> Case:
        return await self.world.taking.claim((await self.world.opened(sender)).id, helper)

    def stream(self, helper: Helper, generation: int = 0) -> AsyncIterator[str]:
        """An open page of this helper's."""

        async def stays() -> bool:
            return False

        who: Any = SimpleNamespace(helper=helper, session=SimpleNamespace(generation=generation))
        parts: Any = SimpleNamespace(store=self.world.store)
        return queue_routes._stream(SimpleNamespace(is_disconnected=stays), who, self.desk, parts)


@pytest.fixture
async def room(store: Store, clock: Clock) -> AsyncIterator[Room]:
    clock.advance(hours=19)  # ten in the morning in Việt Nam
    world = await World(store, clock).peopled(*PEOPLE, *AWAY)
    board, present = Board[Case](), Present()
    world.taking.on_change(board.tell)
    desk = SimpleNamespace(board=board, cases=world.cases, directory=world.directory, audit=Audit(store))
    library = SimpleNamespace(snapshot=SimpleNamespace(catalogue={}))
    services = SimpleNamespace(store=store, library=library)
    async with served(queue_routes, present, desk=desk, services=services) as http:
        yield Room(world, board, present, http, desk)


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """What the database is asked meanwhile; each transaction begins with an empty one."""
    asked: list[str] = []
    engine = store.database._writer

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def sections(page: str) -> dict[str, list[str]]:
    """Ids of the cases in each list."""
    parts = re.split(r'<section aria-labelledby="(\w+)">', page)[1:]
    return {name: re.findall(r"/desk/cases/(\w+)", part) for name, part in zip(parts[::2], parts[1::2], strict=True)}


# ---- what is in a list


async def test_a_case_is_in_the_list_of_its_area_alone(room: Room) -> None:
    lan = await room.world.helper(LAN)
    case = await room.world.opened()
    for phone in (LAN, HOA, THU, BA):
        assert sections(await room.list_of(await room.world.helper(phone)))["waiting"] == [case.id], phone
    for phone in (MINH, ELSEWHERE, OFFICER_ELSEWHERE):
        assert case.id not in await room.list_of(await room.world.helper(phone)), phone
    await room.world.taking.claim(case.id, lan)
    mine = sections(await room.list_of(lan))
    assert (mine["mine"], mine["waiting"], "others" in mine) == ([case.id], [], False)
    page = await room.list_of(await room.world.helper(HOA))
    assert sections(page)["others"] == [case.id] and "Với Nguyễn Thị Lan," not in page  # the citizen waits: no name
    await room.world.talking.say(case, lan, "m1", ())
    assert "Với Nguyễn Thị Lan," in await room.list_of(await room.world.helper(HOA))
    assert case.id not in await room.list_of(await room.world.helper(MINH))


async def test_who_left_the_list_of_helpers_is_not_named(room: Room) -> None:
    lan = await room.world.helper(LAN)
    case = await room.claimed(lan)
    await room.world.talking.say(case, lan, "m1", ())
    await room.world.directory.replace(TeamList((*PEOPLE[1:], *AWAY), (PEOPLE[0].province,)))
    page = await room.list_of(await room.world.helper(HOA))
    assert sections(page)["others"] == [case.id] and "Nguyễn Thị Lan" not in page


async def test_ones_own_case_is_never_crowded_out_by_older_ones(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases_module, "MOST_LISTED", 2)
    older = []
    for number in range(3):
        older.append((await room.world.opened(f"c{number}")).id)
        room.world.clock.advance(seconds=1)
    ba = await room.world.helper(BA)
    own = await room.claimed(ba, "own")
    found = sections(await room.list_of(ba))
    assert (found["mine"], found["waiting"]) == ([own.id], older[:1])


async def test_a_list_is_one_statement_however_much_is_in_it(room: Room) -> None:
    lan, hoa = await room.world.helper(LAN), await room.world.helper(HOA)
    for number in range(5):
        await room.claimed(lan, f"c{number}")
    with statements(room.world.store) as asked:
        assert len(sections(await room.list_of(hoa))["others"]) == 5
    assert len(asked) == 1


# ---- who is woken


async def test_a_change_wakes_those_who_may_see_the_case_and_nobody_else(room: Room) -> None:
    await room.world.helper(LAN)  # her desk is open, so the case goes to her team
    case, woken = await room.world.opened(), []
    phones = (LAN, HOA, MINH, THU, BA, ELSEWHERE, OFFICER_ELSEWHERE)
    people = {phone: await room.world.helper(phone) for phone in phones}
    for phone, helper in people.items():
        watch = Watch(shown_to(helper))
        watch.tell = lambda phone=phone: woken.append(phone)  # type: ignore[method-assign]
        room.board._watches.add(watch)
    await room.world.taking.claim(case.id, people[LAN])
    assert sorted(woken) == sorted((LAN, HOA, THU, BA))
    woken.clear()
    await room.world.taking.claim(case.id, people[LAN])  # a second tap changes nothing
    assert woken == []


async def test_what_comes_together_is_told_once_and_nothing_is_lost() -> None:
    watch: Watch[str] = Watch(lambda one: True)
    asyncio.get_running_loop().call_later(0.01, watch.tell)  # while the first one settles
    watch.tell()
    assert await watch.news(1, settle_seconds=0.05)
    assert not await watch.news(0.01)
    watch.tell()
    assert await watch.news(1)


# ---- an open page


async def test_an_open_page_looks_again_by_itself_at_what_it_was_not_told(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_routes, "LOOK_SECONDS", 0.01)
    lan = await room.world.helper(LAN)
    await with_account(room, lan)
    stream = room.stream(lan, generation=1)
    assert [await anext(stream) for _ in range(2)][-1].startswith("event: queue")
    room.world.taking._listeners.clear()  # another process's change
    case = await room.world.opened()
    assert (await anext(stream)).startswith("event: queue")
    assert case.id in await room.list_of(lan)
    await stream.aclose()
    assert room.board.open_pages == 0


async def test_a_change_costs_an_open_page_no_statement(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_routes, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(queue_routes, "APART_SECONDS", 0.0)
    lan = await room.world.helper(LAN)
    await with_account(room, lan)
    stream, case = room.stream(lan, generation=1), await room.world.opened()
    for _ in range(2):
        await anext(stream)
    with statements(room.world.store) as asked:
        room.board.tell(case)
        assert (await anext(stream)).startswith("event: queue")
    assert asked == []


async def test_a_session_ended_elsewhere_ends_its_page_and_says_nobody_is_there(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_routes, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(queue_routes, "APART_SECONDS", 0.0)
    lan = await room.world.helper(LAN)
    accounts = await with_account(room, lan)
    stream, case = room.stream(lan, generation=1), await room.world.opened()
    for _ in range(2):
        await anext(stream)
    assert (await room.world.helper(LAN, is_there=False)).seen_at == room.world.clock()
    await accounts.end_sessions(lan.id)
    await room.world.directory.left(lan.id)
    room.world.clock.advance(seconds=queue_routes.LOOK_SECONDS)
    room.board.tell(case)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert (await room.world.helper(LAN, is_there=False)).seen_at is None


async def with_account(room: Room, helper: Helper) -> Accounts:
    """Of the first generation, as a given password makes it."""
    accounts = Accounts(room.world.store, room.world.directory)
    await accounts.give_password(helper, "mot-mat-khau-dai")
    return accounts
