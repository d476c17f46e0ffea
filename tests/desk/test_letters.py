"""Messages that were given up, at the desk: the province alone sends them again or drops them, and it is noted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from types import SimpleNamespace

import httpx
import pytest
import sqlalchemy as sa

from bot.channels.reply import Reply
from bot.desk import figures_routes
from bot.handoff.audit import Audit
from bot.handoff.people import Role
from bot.linking.links import Links
from bot.outbox_queue import OutboxQueue
from bot.payment.references import masked
from bot.store import Store
from bot.stories.areas import Areas
from bot.submission.dossiers import Dossiers
from bot.tables import dossiers, frozen_procedures, status_notices
from tests.broadcasts.test_broadcasts import says
from tests.clock import Clock
from tests.desk.rooms import Present, served, somebody
from tests.submission.journeys import all_places

PAGE = "/desk/thu-hong"


ELSEWHERE = replace(somebody(), id="e" * 32, name="Ông Sáu", team=replace(somebody().team, province="Tỉnh Đồng Tháp"))
HERE = ("Phường Tuy Hòa", somebody().team.province)


class Directory:
    async def helper(self, helper_id: str) -> object:
        return {one.id: one for one in (somebody(), ELSEWHERE)}.get(helper_id)


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

    async def leaves(self, address: str, home: tuple[str, str] = ("", "")) -> str:
        """A citizen who has told where they live and then left the channel."""
        conversation = await self.store.conversation_for("telegram", address)
        await says(self.store, conversation.id, {"ward": home[0], "province": home[1]})
        await self.store.close_conversation("telegram", address)
        return conversation.id

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
    areas = Areas(store, Dossiers(store, 30), all_places())
    desk = SimpleNamespace(audit=Audit(store), directory=Directory(), areas=areas)
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


async def test_a_letter_to_a_citizen_of_another_province_is_not_listed_nor_touched(room: Room) -> None:
    conversation, letter = await room.gives_up()
    await says(room.store, conversation, {"ward": HERE[0], "province": HERE[1]})
    assert f"{letter}/bo" in (await room.http.get(PAGE)).text
    room.present.helper = ELSEWHERE
    assert f"{letter}/bo" not in (await room.http.get(PAGE)).text
    assert [await room.presses(letter, verb) for verb in ("gui-lai", "bo")] == ["403", "403"]
    assert await room.audited() == [("letters", str(letter), "denied")] * 2 and await room.rows() == ["dead"]


async def test_a_letter_whose_citizen_has_told_no_place_is_everybodys_and_marked(room: Room) -> None:
    _, letter = await room.gives_up()
    for helper in (somebody(), ELSEWHERE):
        room.present.helper = helper
        page = (await room.http.get(PAGE)).text
        assert f"{letter}/bo" in page and page.count("Chưa rõ tỉnh") == 1


async def test_each_province_reads_what_its_own_people_did(room: Room) -> None:
    for helper in (somebody(), ELSEWHERE):
        await Audit(room.store).note(helper.id, "sign_in")
    await Audit(room.store).note(None, "sign_in", "", "failed")
    assert (await room.http.get(PAGE)).text.count("<td>Đăng nhập</td>") == 2
    room.present.helper = ELSEWHERE
    page = (await room.http.get(PAGE)).text
    assert "<td>Ông Sáu</td>" in page and "<td>Phạm Thu</td>" not in page


async def test_who_left_a_channel_is_counted_and_listed_with_what_waits_and_nothing_of_who_they_are(
    room: Room, clock: Clock
) -> None:
    filed = await room.leaves("an-0912345678", HERE)
    await files(room.store, filed, "MC-261125-ABC234", "supplement_requested", clock)
    await room.leaves("ba", HERE)
    await room.leaves("chi", ("Phường Sa Đéc", "Tỉnh Đồng Tháp"))
    await room.leaves("em")
    page = " ".join((await room.http.get(PAGE)).text.split())
    assert 'rời kênh <span class="count">3</span>' in page and "Telegram: 3" in page
    assert f"Hồ sơ {masked('MC-261125-ABC234')}: Cần bổ sung" in page and "1 tin về hồ sơ chưa đến được" in page
    assert page.count("Không có gì chờ họ") == 2 and page.count("Chưa rõ tỉnh") == 1
    assert "0912345678" not in page and "MC-261125" not in page and filed not in page
    room.present.helper = ELSEWHERE
    page = (await room.http.get(PAGE)).text
    assert page.count("Không có gì chờ họ") == 2 and "Cần bổ sung" not in page


async def test_who_is_told_elsewhere_is_marked_and_who_comes_back_or_is_erased_is_gone(room: Room) -> None:
    linked = await room.leaves("an", HERE)
    other = await room.store.conversation_for("zalo", "an")
    links = Links(room.store)
    await links.use(await links.issue(other.id), linked, Reply(text="nối rồi"))
    back, erased = await room.leaves("ba", HERE), await room.leaves("chi", HERE)
    page = (await room.http.get(PAGE)).text
    assert page.count("Không có gì chờ họ") == 3 and page.count("Vẫn nhắn được ở kênh khác") == 1
    await says(room.store, back, {})
    await room.store.erase(erased)
    assert (await room.http.get(PAGE)).text.count("Không có gì chờ họ") == 1


async def files(store: Store, conversation_id: str, reference: str, status: str, clock: Clock) -> None:
    """A dossier of theirs in this state, of which something was told into the void."""
    clock.advance(minutes=1)
    now = clock()
    frozen = {"digest": "d" * 64, "code": "1.000001", "body": b"{}", "frozen_at": now}
    dossier = {
        "id": "f" * 32,
        "conversation_id": conversation_id,
        "procedure_code": "1.000001",
        "procedure_digest": "d" * 64,
        "status": status,
        "answers": b"",
        "version": 1,
        "reference": reference,
        "created_at": now,
        "changed_at": now,
    }
    notice = {"reference": reference, "number": 1, "kind": "supplement", "due_at": now, "told_at": now}

    def work(connection: sa.Connection) -> None:
        for table, row in ((frozen_procedures, frozen), (dossiers, dossier), (status_notices, notice)):
            connection.execute(sa.insert(table), row)

    await store.database.write(work)
