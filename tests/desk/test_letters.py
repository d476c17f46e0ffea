"""Messages that were given up, at the desk: the province alone sends them again or drops them, and it is noted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace

import httpx
import pytest

from bot.channels.reply import Reply
from bot.desk import figures_routes
from bot.handoff.audit import Audit
from bot.handoff.people import Role
from bot.outbox_queue import OutboxQueue
from bot.store import Store
from tests.desk.rooms import Present, served, somebody

PAGE = "/desk/thu-hong"


class Directory:
    async def helper(self, helper_id: str) -> object:
        return somebody() if helper_id == somebody().id else None


@dataclass
class Room:
    store: Store
    queue: OutboxQueue
    http: httpx.AsyncClient
    present: Present

    async def gives_up(self, address: str = "4711", error: str = "400 <b>chat not found</b>") -> tuple[str, int]:
        conversation, _ = await self.store.start_conversation("telegram", address)
        await self.store.push(conversation.id, Reply(text="Hồ sơ của bạn đã xong"))
        (parcel,) = await self.queue.take("telegram", 1, timedelta(minutes=1))
        await self.queue.dead(parcel, error)
        return conversation.id, parcel.id

    async def presses(self, letter_id: object, verb: str) -> str:
        answer = await self.http.post(f"{PAGE}/{letter_id}/{verb}")
        return answer.headers.get("location", str(answer.status_code)).rpartition("=")[2]

    async def audited(self) -> list[tuple[str, str, str]]:
        return [(one.act, one.subject, one.outcome) for one in await Audit(self.store).newest()]

    async def rows(self) -> list[str]:
        return [status for (_, status), count in (await self.queue.counts()).items() for _ in range(count)]


@pytest.fixture
async def room(store: Store) -> AsyncIterator[Room]:
    queue, present = OutboxQueue(store), Present()
    desk = SimpleNamespace(audit=Audit(store), directory=Directory())
    services = SimpleNamespace(store=store, outbox=SimpleNamespace(queue=queue))
    async with served(figures_routes, present, desk=desk, services=services) as http:
        yield Room(store, queue, http, present)


async def test_a_letter_is_shown_with_its_reason_and_without_its_words(room: Room) -> None:
    _, letter = await room.gives_up()
    page = (await room.http.get(PAGE)).text
    assert f"{PAGE}/{letter}/gui-lai" in page and f"{PAGE}/{letter}/bo" in page
    assert "400 &lt;b&gt;chat not found" in page and "Hồ sơ của bạn đã xong" not in page


async def test_with_nothing_given_up_the_page_says_so(room: Room) -> None:
    answer = await room.http.get(PAGE)
    assert answer.status_code == 200 and "Tin nào cũng đã gửi được." in answer.text


async def test_others_than_the_province_pass_no_door_and_that_is_noted(room: Room) -> None:
    _, letter = await room.gives_up()
    for role in (Role.helper, Role.team_lead, Role.ward_officer):
        room.present.helper = somebody(role)
        assert (await room.http.get(PAGE)).status_code == 403
        assert [await room.presses(letter, verb) for verb in ("gui-lai", "bo")] == ["403", "403"]
    assert await room.audited() == [("letters", "", "denied")] * 9
    assert await room.rows() == ["dead"]


async def test_a_letter_is_sent_again_once_however_often_it_is_pressed(room: Room) -> None:
    _, letter = await room.gives_up()
    assert [await room.presses(letter, "gui-lai") for _ in range(2)] == ["letter_again", "letter_late"]
    assert await room.rows() == ["waiting"]
    outcomes = [("send_again", str(letter), outcome) for outcome in ("failed", "done")]
    assert await room.audited() == outcomes


async def test_a_dropped_letter_is_gone_from_the_list_and_its_words_stay_in_the_talk(room: Room) -> None:
    conversation, letter = await room.gives_up()
    assert [await room.presses(letter, verb) for verb in ("bo", "bo", "gui-lai")] == [
        "letter_gone",
        "letter_late",
        "letter_late",
    ]
    assert await room.rows() == []
    assert "Hồ sơ của bạn đã xong" in str(await room.store.history(conversation))
    assert {act for act, _, _ in await room.audited()} == {"give_up", "send_again"}


async def test_a_letter_that_waits_again_cannot_be_dropped(room: Room) -> None:
    _, letter = await room.gives_up()
    await room.presses(letter, "gui-lai")
    assert await room.presses(letter, "bo") == "letter_late"
    assert await room.rows() == ["waiting"]


async def test_to_who_left_nothing_is_sent_again_but_it_can_be_dropped(room: Room) -> None:
    _, letter = await room.gives_up()
    await room.store.close_conversation("telegram", "4711")
    page = (await room.http.get(PAGE)).text
    assert "đã chặn hoặc rời kênh" in page and f"{letter}/gui-lai" not in page
    assert [await room.presses(letter, verb) for verb in ("gui-lai", "bo")] == ["letter_late", "letter_gone"]


async def test_a_letter_that_is_not_there_changes_nothing(room: Room) -> None:
    await room.gives_up()
    for letter, told in ((999_999, "letter_late"), ("x", "422")):
        assert [await room.presses(letter, verb) for verb in ("gui-lai", "bo")] == [told, told]
    assert await room.rows() == ["dead"]


async def test_the_journal_names_who_did_it_in_plain_words(room: Room) -> None:
    _, letter = await room.gives_up()
    await room.presses(letter, "gui-lai")
    page = (await room.http.get(f"{PAGE}?tin=letter_again")).text
    assert "Tin đang được gửi lại." in page and "<td>Phạm Thu</td>" in page
    assert "send_again" not in page, "an act without words"
