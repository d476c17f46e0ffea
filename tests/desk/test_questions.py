"""Questions asked in vain, at the desk: the province says what was meant, and the next who asks so is answered."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply, Turn
from bot.desk import questions_routes
from bot.handoff.audit import Audit
from bot.handoff.people import Role
from bot.settled import Settled
from bot.store import Store
from bot.stories.reindexing import Reindexing, State, build_apart
from bot.stories.teaching import FRESH, Teaching, is_private
from knowledge import catalogue, everyday
from knowledge.index import build_index
from knowledge.library import Library
from knowledge.search import Decision
from tests.clock import Clock
from tests.desk.rooms import Present, served, somebody
from tests.knowledge.shelf import catalogue_file, leave_out_our_own, put_small_encoder

PAGE = "/desk/cau-hoi"
BIRTH, BEES = "1.000001", "1.000002"
ASKED = "răng chừ tui muốn nuôi bọng ruồi mật"
NAMES = {BIRTH: "Đăng ký khai sinh", BEES: "Kê khai chăn nuôi", "1.000003": "Đăng ký khai tử"}


@pytest.fixture
def library(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Three procedures with a real index over them; nothing of ours."""
    leave_out_our_own(monkeypatch)
    put_small_encoder(data_dir)
    report, records = catalogue.read_import(
        [catalogue_file(tmp_path / "catalogue.jsonl", NAMES)], data_dir, Clock().now.date(), False
    )
    assert not report.bad
    with catalogue.staged(records, data_dir) as commit:
        commit()
    build_index(data_dir)
    return Library.open(data_dir)


@dataclass
class Room:
    store: Store
    library: Library
    http: httpx.AsyncClient
    present: Present
    teaching: Teaching
    data_dir: Path
    clock: Clock
    provinces: dict[str, str]
    builds: list[bool] = field(default_factory=list)

    async def hears(self, text: str, kind: str = "not_found", province: str = "") -> None:
        conversation, _ = await self.store.start_conversation("web")
        self.provinces[conversation.id] = province
        inbound = Inbound(channel="web", sender=conversation.id, message_id="1", text=text)
        received = await self.store.receive(conversation.id, inbound)
        told = Outcome(replies=(Reply(text="…"),), turn=Turn(kind=kind))
        await self.store.answer(conversation.id, received.seq, told, {}, deliver=False)

    async def page(self, query: str = "") -> str:
        return (await self.http.get(f"{PAGE}{query}")).text

    async def door(self) -> str:
        """Of the first question listed."""
        return re.search(rf'href="({PAGE}/[0-9a-f]{{32}})"', await self.page())[1]

    async def presses(self, door: str, **form: str) -> str:
        """The name of the sentence that it leads to, or the page that refuses."""
        answer = await self.http.post(door, data=form)
        return answer.headers["location"].rpartition("=")[2] if answer.status_code == 303 else answer.text

    async def later(self) -> None:
        self.clock.advance(seconds=FRESH.total_seconds() + 1)

    def taught(self) -> dict[str, tuple[str, ...]]:
        return {code: said.situations for code, said in everyday.load(self.data_dir).items()}

    def answers(self, text: str) -> str:
        """The code of the procedure that a citizen would be told of; empty when none is sure enough."""
        self.library.refresh_if_changed()
        found = self.library.searcher.search(text, 3)
        return found.hits[0].code if found.decision is Decision.match else ""

    async def audited(self) -> list[tuple[str, str]]:
        return [(one.act, one.outcome) for one in await Audit(self.store).newest()]


@pytest.fixture
async def room(store: Store, library: Library, data_dir: Path, clock: Clock) -> AsyncIterator[Room]:
    builds: list[bool] = []

    async def build(folder: Path) -> bool:
        builds.append(True)
        build_index(folder)
        return True

    provinces: dict[str, str] = {}

    async def told(conversation_ids: Collection[str]) -> dict[str, str]:
        return {one: provinces[one] for one in conversation_ids}

    present, desk = Present(), SimpleNamespace(audit=Audit(store))
    teaching = Teaching(store, library, Settled(data_dir), Reindexing(data_dir, library, build), told)
    services = SimpleNamespace(store=store, library=library)
    async with served(questions_routes, present, desk=desk, services=services, teaching=teaching) as http:
        yield Room(store, library, http, present, teaching, data_dir, clock, provinces, builds)
    await teaching.stop()


async def test_a_question_is_listed_once_with_how_often_and_by_how_many_and_no_numbers(room: Room) -> None:
    for text in ("nuôi ong số 0912345678", "nuoi ong so 0912345678", "cấp thẻ <i>thợ lặn</i>"):
        await room.hears(text)
    await room.hears("làm khai sinh", "answer")
    page = await room.page()
    assert "2 người hỏi, 2 lần" in page and "&lt;i&gt;thợ lặn" in page
    assert "0912345678" not in page and "khai sinh" not in page


async def test_with_nothing_asked_in_vain_the_page_says_so_and_when_the_search_was_built(room: Room) -> None:
    page = await room.page()
    assert "Câu nào cũng đã có người xem." in page and "Trợ lý đã cập nhật lúc" in page


async def test_only_the_province_changes_what_is_known(room: Room) -> None:
    await room.hears(ASKED)
    door = await room.door()
    for role in (Role.helper, Role.team_lead, Role.ward_officer):
        room.present.helper = somebody(role)
        assert [(await room.http.get(path)).status_code for path in (PAGE, door)] == [403, 403]
        for verb in ("tim", "day", "bo", "dua-lai"):
            assert (await room.http.post(f"{door}/{verb}", data={"code": BEES, "text": ASKED})).status_code == 403
        assert (await room.http.post(f"{PAGE}/cap-nhat")).status_code == 403
    assert await room.audited() == [("questions", "denied")] * 21
    assert room.taught() == {} and not room.builds


async def test_the_same_question_is_answered_once_it_was_taught(room: Room) -> None:
    await room.hears(ASKED)
    door = await room.door()
    assert 'type="radio"' in (await room.http.get(door)).text
    assert room.answers(ASKED) == ""
    assert await room.presses(f"{door}/day", code=BEES, text=ASKED) == "question_taught"
    await room.teaching.indexing.ended()
    assert room.answers(ASKED) == BEES
    page = await room.page("?tin=question_taught")
    assert "Đã thêm câu này vào thủ tục" in page and "nuôi bọng" not in page and "đã cập nhật lúc" in page
    assert ("question_taught", "done") in await room.audited()


async def test_pressed_twice_it_is_kept_once(room: Room) -> None:
    await room.hears(ASKED)
    door = await room.door()
    told = [await room.presses(f"{door}/day", code=BEES, text=ASKED) for _ in range(2)]
    assert told == ["question_taught", "question_known"]
    assert room.taught() == {BEES: (ASKED,)}


async def test_what_was_taught_and_asked_in_vain_again_comes_back(room: Room) -> None:
    await room.hears(ASKED)
    await room.presses(f"{await room.door()}/day", code=BEES, text="nuôi ong mật ở quê")
    await room.later()
    assert "nuôi bọng" not in await room.page()
    await room.hears(ASKED)
    await room.later()
    assert "nuôi bọng" in await room.page()


REFUSED = (
    ({"code": BEES, "text": "nuôi ong số ***678"}, "Anh, chị bỏ số"),
    ({"code": BEES, "text": "nuôi ong, gọi 0912345678"}, "Anh, chị bỏ số"),
    ({"code": BEES, "text": "ab"}, "dài nhất 200 chữ cái"),
    ({"code": BEES, "text": "ong " * 60}, "dài nhất 200 chữ cái"),
    ({"code": "9.999999", "text": ASKED}, "chọn một thủ tục"),
    ({"text": ASKED}, "chọn một thủ tục"),
)


async def test_a_refusal_is_told_plainly_and_what_was_typed_stays(room: Room) -> None:
    await room.hears(ASKED)
    door = await room.door()
    for form, told in REFUSED:
        page = await room.presses(f"{door}/day", **form)
        assert told in page and form["text"] in page
    assert room.taught() == {} and not room.builds
    assert (await room.audited()).count(("question_taught", "failed")) == len(REFUSED)


async def test_words_of_another_procedure_are_refused_with_its_name(room: Room) -> None:
    await room.hears(ASKED)
    door = await room.door()
    await room.presses(f"{door}/day", code=BIRTH, text="cháu mới lọt lòng")
    page = await room.presses(f"{door}/day", code=BEES, text="chau moi lot long")
    assert "đã được dùng cho thủ tục khác: Đăng ký khai sinh" in page
    assert room.taught() == {BIRTH: ("cháu mới lọt lòng",)}


async def test_a_damaged_file_of_wording_is_told_and_nothing_is_lost(room: Room) -> None:
    await room.hears(ASKED)
    door = await room.door()
    file = room.data_dir / "everyday" / "operator.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text("[cut off")
    assert "máy chủ gặp lỗi" in await room.presses(f"{door}/day", code=BEES, text=ASKED)
    assert file.read_text() == "[cut off" and "nuôi bọng" in await room.page()


async def test_other_words_search_and_keep_what_was_typed(room: Room) -> None:
    await room.hears(ASKED)
    answer = await room.http.post(f"{await room.door()}/tim", data={"q": "khai tử", "text": "câu đã sửa"})
    assert answer.text.index("Đăng ký khai tử") and "câu đã sửa" in answer.text
    assert room.taught() == {}


async def test_what_is_not_our_business_stays_away_however_it_is_asked_again(room: Room) -> None:
    await room.hears("xem bói tình duyên")
    assert await room.presses(f"{await room.door()}/bo") == "question_aside"
    await room.hears("Xem BÓI tình duyên")
    await room.later()
    assert "tình duyên" not in await room.page()
    aside = await room.page("?bo=true")
    door = re.search(rf"({PAGE}/[0-9a-f]{{32}})/dua-lai", aside)[1]
    assert await room.presses(f"{door}/dua-lai") == "question_back"
    assert "tình duyên" in await room.page() and "tình duyên" not in await room.page("?bo=true")
    assert {("question_aside", "done"), ("question_back", "done")} <= set(await room.audited())


async def test_put_aside_it_is_kept_without_its_words_and_another_server_knows(room: Room) -> None:
    await room.hears("xem bói tình duyên")
    await room.presses(f"{await room.door()}/bo")
    kept = (room.data_dir / "everyday" / "settled.json").read_text()
    assert "duy" not in kept and everyday.load(room.data_dir) == {}
    other = Teaching(
        room.store, room.library, Settled(room.data_dir), room.teaching.indexing, room.teaching._provinces_of
    )
    assert (await other.waiting("")).rows == ()


async def test_damaged_decisions_hide_no_question_and_are_not_written_over(room: Room) -> None:
    await room.hears(ASKED)
    file = room.data_dir / "everyday" / "settled.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text('{"cut')
    assert await room.presses(f"{await room.door()}/bo") == "question_unkept"
    assert file.read_text() == '{"cut' and ASKED in await room.page("?tin=question_unkept")


async def test_a_question_that_is_not_there_is_not_found(room: Room) -> None:
    assert (await room.http.get(f"{PAGE}/{'0' * 32}")).status_code == 404
    assert (await room.http.post(f"{PAGE}/{'0' * 32}/bo")).status_code == 404


async def test_what_only_citizens_of_another_province_asked_is_theirs_to_answer(room: Room) -> None:
    here = room.present.helper.team.province
    await room.hears(ASKED, province="Tỉnh Đồng Tháp")
    for province in ("Tỉnh Đồng Tháp", here):
        await room.hears("xem bói tình duyên", province=province)
    await room.hears("cấp thẻ thợ lặn")
    page = await room.page()
    assert ASKED not in page and "xem bói" in page and "thợ lặn" in page and page.count("Chưa rõ tỉnh") == 1
    team = room.present.helper.team
    room.present.helper = replace(room.present.helper, team=replace(team, province="Tỉnh Đồng Tháp"))
    door = re.search(rf'href="({PAGE}/[0-9a-f]{{32}})">\s*<span class="what">{ASKED}', await room.page())[1]
    room.present.helper = somebody()
    assert (await room.http.get(door)).status_code == 403
    for verb in ("tim", "day", "bo", "dua-lai"):
        assert (await room.http.post(f"{door}/{verb}", data={"code": BEES, "text": ASKED})).status_code == 403
    assert await room.audited() == [("questions", "denied")] * 5 and room.taught() == {}


async def test_a_list_is_kept_for_some_minutes_and_read_anew_after_them(room: Room) -> None:
    assert ASKED not in await room.page()
    await room.hears(ASKED)
    assert ASKED not in await room.page()
    await room.later()
    assert ASKED in await room.page()


async def test_a_failed_update_is_told_and_can_be_pressed_again(room: Room) -> None:
    is_broken = True

    async def build(folder: Path) -> bool:
        if not is_broken:
            build_index(folder)
        return not is_broken

    room.teaching.indexing = Reindexing(room.data_dir, room.library, build)
    await room.hears(ASKED)
    await room.presses(f"{await room.door()}/day", code=BEES, text=ASKED)
    await room.teaching.indexing.ended()
    assert "không xong" in await room.page()
    is_broken = False
    assert await room.presses(f"{PAGE}/cap-nhat") == "question_update"
    await room.teaching.indexing.ended()
    assert room.answers(ASKED) == BEES and "đã cập nhật lúc" in await room.page()


async def test_a_server_started_after_a_cut_off_update_says_that_words_are_missing(room: Room) -> None:
    await room.hears(ASKED)
    await room.presses(f"{await room.door()}/day", code=BEES, text=ASKED)
    await room.teaching.indexing.stop()
    file = room.data_dir / "everyday" / "operator.yml"
    later = (room.data_dir / "index" / "CURRENT").stat().st_mtime + 5
    os.utime(file, (later, later))
    assert Reindexing(room.data_dir, room.library).knowing().state is State.outdated


async def test_an_update_that_is_under_way_is_told_and_the_page_looks_again(room: Room) -> None:
    room.library.snapshot = SimpleNamespace(generation="before")  # another process built a newer one
    answer = await room.http.get(PAGE)
    assert "đang cập nhật" in answer.text and answer.headers["refresh"] == f"5; url={PAGE}"


@pytest.mark.slow
async def test_a_process_of_its_own_builds_the_index_and_a_broken_one_is_told(data_dir: Path) -> None:
    put_small_encoder(data_dir)
    assert await build_apart(data_dir)
    assert Library.open(data_dir).catalogue
    (data_dir / "everyday").mkdir()
    (data_dir / "everyday" / "operator.yml").write_text("[cut off")
    assert not await build_apart(data_dir)


@pytest.mark.parametrize(
    ("text", "told"),
    [("sinh ngày 12/03/1990", True), ("gửi an@thu.vn", True), ("con 2 tuổi", False), ("luật 2024", False)],
)
def test_what_may_be_somebodys_own_is_recognised(text: str, told: bool) -> None:
    assert is_private(text) is told
