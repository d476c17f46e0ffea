"""Whoever has a case says of the assistant's answers whether they were right, without any script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import SimpleNamespace

import httpx
import pytest

from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply, Turn
from bot.desk import corrections_routes
from bot.handoff.audit import Audit
from bot.handoff.case import Case
from bot.handoff.corrections import Correction, Corrections, Verdict
from bot.store import Store
from tests.clock import Clock
from tests.desk.rooms import Present, case_room
from tests.handoff.world import LAN, THU, World
from tests.knowledge.shelf import shelf

BIRTH, MARRIAGE = "1.000001", "1.000002"


class Searcher:
    """Finds everything for a word that is in a name."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def search(self, words: str, limit: int) -> SimpleNamespace:
        self.asked.append(words)
        return SimpleNamespace(hits=[SimpleNamespace(code=code) for code in [*shelf(), "9.999999"]][:limit])


@dataclass
class Room:
    world: World
    http: httpx.AsyncClient
    searcher: Searcher
    present: Present

    async def case(self) -> Case:
        """Taken by Lan, after a question that was answered with two bubbles."""
        conversation = await self.world.store.conversation_for("telegram", "an")
        inbound = Inbound("telegram", "an", "1", text="làm giấy cho bé, số em 0912345678")
        received = await self.world.store.receive(conversation.id, inbound)
        turn = Turn(kind="answer", procedure_code=MARRIAGE, confidence=0.5)
        told = Outcome(replies=(Reply(text="Đăng ký kết hôn"), Reply(text="Hay là…")), turn=turn)
        await self.world.store.answer(conversation.id, received.seq, told, {}, deliver=False)
        return await self.world.taking.claim((await self.world.opened()).id, await self.world.helper(LAN))

    async def page(self, case: Case) -> str:
        answer = await self.http.get(f"/desk/cases/{case.id}")
        assert answer.status_code == 200
        return answer.text

    async def says(self, case: Case, choice: str, seq: int = 2) -> httpx.Response:
        return await self.http.post(f"/desk/cases/{case.id}/cau/{seq}", data={"choice": choice})

    async def kept(self) -> list[Correction]:
        return await Corrections(self.world.store).listed()


@pytest.fixture
async def room(store: Store, clock: Clock) -> AsyncIterator[Room]:
    clock.advance(hours=19)
    world, searcher = await World(store, clock).peopled(), Searcher()
    library = SimpleNamespace(catalogue=shelf(), searcher=searcher)
    async with case_room(world, corrections_routes, await world.helper(LAN), library) as at:
        yield Room(world, at.http, searcher, at.present)


async def test_an_answer_is_approved_then_corrected_and_the_page_says_what_stands(room: Room) -> None:
    case = await room.case()
    page = await room.page(case)
    assert page.count(f'<form method="post" action="/desk/cases/{case.id}/cau/2">') == 1  # two bubbles, one answer
    said = await room.says(case, "right")
    assert said.headers["location"] == f"/desk/cases/{case.id}?tin=corrected#d2"
    assert "Đã ghi: trợ lý trả lời đúng." in await room.page(case)
    await room.says(case, BIRTH)
    assert "Đã ghi: phải là Đăng ký khai sinh." in await room.page(case)
    await room.says(case, "none")
    page = await room.page(case)
    assert "Đã ghi: không phải thủ tục nào." in page and page.count("Đã ghi: ") == 1
    (one,) = await room.kept()
    assert (one.verdict, one.said_code, one.confidence, one.helper_id) == (
        Verdict.none,
        MARRIAGE,
        0.5,
        room.present.helper.id,
    )
    noted = [(entry.act, entry.outcome) for entry in await Audit(room.world.store).newest() if entry.act == "correct"]
    assert noted == [("correct", "done")] * 3


async def test_the_best_five_are_offered_for_the_helpers_words_or_the_masked_question(room: Room) -> None:
    case = await room.case()
    door = f"/desk/cases/{case.id}/cau/2"
    page = (await room.http.get(door)).text
    assert "0912345678" not in page and "***678" in page and "Đăng ký kết hôn" in page
    page = (await room.http.get(door, params={"q": "khai sinh"})).text
    assert room.searcher.asked[-1] == "khai sinh" and 'value="khai sinh"' in page
    assert page.count('type="radio"') == 6 and 'value="none"' in page
    assert 'type="radio" name="choice" value="none"' in (await room.http.get(door, params={"q": " "})).text
    assert (await room.http.get(door, params={"q": "a" * 501})).status_code == 422


async def test_a_forged_or_missing_choice_and_a_line_that_is_no_answer_keep_nothing(room: Room) -> None:
    case = await room.case()
    assert "tin=correction_choose" in (await room.says(case, "")).headers["location"]
    assert "tin=unknown_procedure" in (await room.says(case, "9.999999")).headers["location"]
    for seq in (1, 3, 10**30):
        assert (await room.says(case, "right", seq)).status_code == 404
    assert await room.kept() == []


async def test_whoever_has_not_the_case_sees_no_form_and_is_refused_and_noted(room: Room) -> None:
    case = await room.case()
    room.present.helper = await room.world.helper(THU)  # may read all of the ward
    assert "/cau/" not in await room.page(case)
    assert (await room.says(case, "right")).status_code == 403
    assert (await room.http.get(f"/desk/cases/{case.id}/cau/2")).status_code == 403
    assert await room.kept() == []
    assert (await Audit(room.world.store).newest())[0].outcome == "denied"
