"""News of a ward at the desk: seen as citizens see it, sent once by two people, stopped, and only by one's own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from bot import problems
from bot.broadcasts.broadcasts import Broadcasts
from bot.broadcasts.deciding import Deciding
from bot.broadcasts.news import shown
from bot.broadcasts.reaching import Reaching
from bot.channels.reply import Reply
from bot.desk import broadcast_routes, doors_routes, sessions
from bot.handoff.audit import Audit
from bot.handoff.people import Helper, Role
from bot.linking.links import Links
from bot.outbox_queue import OutboxQueue
from bot.store import Store
from bot.stories.connecting_broadcasts import News
from knowledge import places
from knowledge.places import Places, Ward
from tests.broadcasts.test_broadcasts import DAY_ONLY, NEWS, news_in, resident, told_to_the_end
from tests.clock import Clock
from tests.desk.rooms import Present, served, somebody

PAGE = "/desk/thong-bao"
DAY = timedelta(days=1)
LAN = replace(somebody(), id="a" * 32, name="Trịnh Lan")
MINH = replace(somebody(), id="b" * 32, name="Bùi Minh")


@pytest.fixture(scope="module")
def all_places() -> Places:
    return places.load()


class Directory:
    async def helper(self, helper_id: str) -> Helper | None:
        return {one.id: one for one in (LAN, MINH)}.get(helper_id)


@dataclass
class Room:
    store: Store
    news: News
    http: httpx.AsyncClient
    present: Present
    ward: Ward
    elsewhere: Ward

    def sits(self, helper: Helper) -> Room:
        self.present.helper = helper
        return self

    async def page(self, path: str = "") -> str:
        answer = await self.http.get(f"{PAGE}{path}")
        assert answer.status_code == 200, answer.text
        return answer.text

    async def posts(self, path: str, **form: str) -> httpx.Response:
        return await self.http.post(f"{PAGE}/{path}", data=form)

    async def does(self, path: str) -> str:
        return (await self.posts(path)).headers.get("location", "").rpartition("=")[2]

    async def proposes(self, text: str = NEWS) -> str:
        answer = await self.posts("gui", ward=self.ward.key, text=text)
        return re.search(rf"{PAGE}/([0-9a-f]{{32}})", answer.headers["location"])[1]

    async def lives_here(self, count: int = 1) -> list[str]:
        return [await resident(self.store, self.ward.name, self.ward.province) for _ in range(count)]

    async def tells(self) -> None:
        await told_to_the_end(Broadcasts(self.store, DAY_ONLY))

    async def audited(self) -> list[tuple[str, str]]:
        return [(one.act, one.outcome) for one in await Audit(self.store).newest()]


@pytest.fixture
async def room(store: Store, all_places: Places) -> AsyncIterator[Room]:
    news = News(Deciding(store), Reaching(store), DAY_ONLY, all_places)
    present, desk = Present(LAN), SimpleNamespace(audit=Audit(store), directory=Directory())
    (ward,) = all_places.read("phường Tuy Hòa, Đắk Lắk").wards
    (elsewhere,) = all_places.read("phường Sa Đéc, Đồng Tháp").wards
    services = SimpleNamespace(store=store)
    async with served(broadcast_routes, present, desk=desk, services=services, news=news) as http:
        yield Room(store, news, http, present, ward, elsewhere)
    await news.reaching.stop()


async def test_it_is_seen_as_a_citizen_reads_it_with_how_many_before_anything_is_kept(room: Room) -> None:
    await room.lives_here(2)
    page = (await room.posts("xem", ward=room.ward.key, text=f" {NEWS}\r\n\r\n<b>Mời</b>  ")).text
    assert f"Tin của xã, phường bạn: {NEWS} &lt;b&gt;Mời&lt;/b&gt;" in page
    assert "<strong>2 người</strong>" in page and "Telegram: 2" in page
    assert await room.news.deciding.of_province(room.ward.province) == [] and await room.audited() == []


async def test_what_was_shown_is_what_is_told_but_for_the_code(room: Room) -> None:
    (one,) = await room.lives_here()
    await room.sits(MINH).does(f"{await room.sits(LAN).proposes()}/khong-gui")
    broadcast = await room.sits(LAN).proposes()
    assert await room.sits(MINH).does(f"{broadcast}/duyet") == "broadcast_approved"
    await room.tells()
    told = (await room.store.history(one))[-1]["replies"][0]["text"]
    assert re.sub(r"KT-\w{4}-\w{4}", "KT-XXXX-XXXX", told) == shown(NEWS)


async def test_two_people_send_it_and_its_way_is_followed(room: Room) -> None:
    people = await room.lives_here(3)
    broadcast = await room.proposes()
    assert "cần người khác của tỉnh duyệt" in await room.page(f"/{broadcast}")
    assert await room.does(f"{broadcast}/duyet") == "broadcast_own"
    await room.tells()
    assert [await news_in(room.store, one) for one in people] == [0, 0, 0]
    page = await room.sits(MINH).page(f"/{broadcast}")
    assert "<strong>3 người</strong>" in page and "Trịnh Lan" in page and "/duyet" in page
    assert [await room.does(f"{broadcast}/duyet") for _ in range(2)] == ["broadcast_approved", "broadcast_late"]
    assert "khoảng 3" in await room.page(f"/{broadcast}")
    await room.tells()
    assert [await news_in(room.store, one) for one in people] == [1, 1, 1]
    queue = OutboxQueue(room.store)
    sent, dead = await queue.take("telegram", 2, DAY)
    await queue.sent(sent)
    await queue.dead(dead, "400 bad request")
    page = " ".join((await room.page(f"/{broadcast}")).split())
    assert "<dt>Đã gửi</dt><dd>1</dd>" in page and "<dt>Đang chờ gửi</dt><dd>1</dd>" in page
    assert "<dt>Không gửi được</dt><dd>1</dd>" in page and "Bùi Minh" in page and "Đã gửi xong" in page
    acts = ["broadcast_ask", "broadcast_approve", "broadcast_approve", "broadcast_approve"]
    assert await room.audited() == list(zip(acts, ("done", "denied", "done", "failed"), strict=True))[::-1]


async def test_pressed_twice_or_in_two_tabs_it_is_proposed_and_told_once(room: Room) -> None:
    (one,) = await room.lives_here()
    both = await asyncio.gather(*(room.proposes(text) for text in (NEWS, f"  {NEWS}\n")))
    assert len(set(both)) == 1
    await room.sits(MINH).does(f"{both[0]}/duyet")
    assert await room.proposes() == both[0]
    await room.tells()
    assert await room.proposes() == both[0]
    assert await news_in(room.store, one) == 1 and len(await room.news.deciding.of_province(room.ward.province)) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Tin chưa có chữ nào"),
        (" \u200b… ", "Tin chưa có chữ nào"),
        ("x" * 601, "Nhiều nhất 600"),
        ("dán nhầm " * 6_000, "Nhiều nhất 600"),
    ],
)
async def test_nothing_or_too_much_is_told_on_the_page_and_the_words_stay(room: Room, text: str, told: str) -> None:
    for path in ("xem", "gui"):
        answer = await room.posts(path, ward=room.ward.key, text=text)
        assert answer.status_code == 422 and told in answer.text and text.strip()[:500] in answer.text
    assert await room.news.deciding.of_province(room.ward.province) == []


async def test_a_ward_has_to_be_chosen_and_may_be_only_of_ones_own_province(room: Room) -> None:
    for key in ("", "x", "a" * 200):
        answer = await room.posts("gui", ward=key, text=NEWS)
        assert answer.status_code == 422 and "chọn một xã, phường" in answer.text and NEWS in answer.text
    assert (await room.posts("gui", ward=room.elsewhere.key, text=NEWS)).status_code == 403
    assert await room.audited() == [("broadcasts", "denied")]
    page = await room.page()
    assert room.ward.name in page and room.elsewhere.key not in page


async def test_other_roles_pass_no_door_and_that_is_noted(room: Room) -> None:
    broadcast = await room.proposes()
    for role in (Role.helper, Role.team_lead, Role.ward_officer):
        room.sits(somebody(role))
        assert [(await room.http.get(f"{PAGE}{path}")).status_code for path in ("", f"/{broadcast}")] == [403, 403]
        for path in ("xem", "gui", *(f"{broadcast}/{verb}" for verb in ("duyet", "khong-gui", "dung"))):
            assert (await room.posts(path, ward=room.ward.key, text=NEWS)).status_code == 403
    assert (await room.audited())[:-1] == [("broadcasts", "denied")] * 21
    assert (await room.news.deciding.find(broadcast)).status == "proposed"


async def test_another_provinces_news_is_neither_listed_nor_opened(room: Room) -> None:
    broadcast = await room.proposes()
    room.sits(replace(MINH, team=replace(MINH.team, province=room.elsewhere.province)))
    assert NEWS not in await room.page()
    assert (await room.http.get(f"{PAGE}/{broadcast}")).status_code == 403
    assert (await room.posts(f"{broadcast}/duyet")).status_code == 403
    assert (await room.audited())[:2] == [("broadcasts", "denied")] * 2
    assert [(await room.http.get(f"{PAGE}/{one}")).status_code for one in ("0" * 32, "x'--")] == [404, 404]


async def test_stopped_in_the_middle_what_has_not_left_does_not_leave(room: Room) -> None:
    people = sorted(await room.lives_here(4))
    broadcast = await room.proposes()
    await room.sits(MINH).does(f"{broadcast}/duyet")
    teller = Broadcasts(room.store, DAY_ONLY)
    for one in people[:2]:
        await teller._tell(broadcast, one, NEWS, room.store.clock())
    (sending,) = await OutboxQueue(room.store).take("telegram", 1, DAY)  # the first has left already
    assert [await room.does(f"{broadcast}/dung") for _ in range(2)] == ["broadcast_stopped", "broadcast_late"]
    await room.tells()
    assert [await news_in(room.store, one) for one in people] == [1, 0, 0, 0]
    await OutboxQueue(room.store).sent(sending)
    assert await OutboxQueue(room.store).take("telegram", 9, DAY) == []
    page = " ".join((await room.page(f"/{broadcast}")).split())
    assert "Đã dừng giữa chừng" in page and "<dt>Đã gửi</dt><dd>1</dd>" in page and "/dung" not in page


async def test_a_server_that_goes_down_while_it_stops_leaves_the_rest_to_the_next(room: Room, monkeypatch) -> None:
    people = await room.lives_here(2)
    broadcast = await room.proposes()
    await room.sits(MINH).does(f"{broadcast}/duyet")
    await room.tells()

    async def goes_down(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as now:
        now.setattr("bot.broadcasts.recalling.call_back", goes_down)
        assert (await room.posts(f"{broadcast}/dung")).status_code == 500
    assert "Đang dừng" in await room.page(f"/{broadcast}")
    await room.tells()
    assert [await news_in(room.store, one) for one in people] == [0, 0]
    assert (await room.news.deciding.find(broadcast)).status == "stopped"


async def test_a_server_that_goes_down_while_it_tells_goes_on_with_the_rest(room: Room) -> None:
    people = sorted(await room.lives_here(3))
    broadcast = await room.proposes()
    await room.sits(MINH).does(f"{broadcast}/duyet")
    await Broadcasts(room.store, DAY_ONLY)._tell(broadcast, people[0], NEWS, room.store.clock())
    await room.tells()
    assert [await news_in(room.store, one) for one in people] == [1, 1, 1]


async def test_written_once_more_after_a_stop_it_reaches_only_who_has_not_got_it(room: Room) -> None:
    people = sorted(await room.lives_here(2))
    first = await room.proposes()
    await room.sits(MINH).does(f"{first}/duyet")
    await Broadcasts(room.store, DAY_ONLY)._tell(first, people[0], NEWS, room.store.clock())
    (letter,) = await OutboxQueue(room.store).take("telegram", 1, DAY)
    await OutboxQueue(room.store).sent(letter)
    await room.does(f"{first}/dung")
    second = await room.sits(LAN).proposes()
    assert second != first
    await room.sits(MINH).does(f"{second}/duyet")
    await room.tells()
    assert [await news_in(room.store, one) for one in people] == [1, 1]


async def test_its_writer_takes_it_back_and_nobody_can_send_it_then(room: Room) -> None:
    (one,) = await room.lives_here()
    broadcast = await room.proposes()
    assert await room.does(f"{broadcast}/khong-gui") == "broadcast_refused"
    assert await room.sits(MINH).does(f"{broadcast}/duyet") == "broadcast_late"
    await room.tells()
    assert await news_in(room.store, one) == 0 and "Không gửi" in await room.page(f"/{broadcast}")


async def test_nobody_approves_what_is_old(room: Room, clock: Clock) -> None:
    broadcast = await room.proposes()
    clock.advance(days=3)
    assert "Không ai duyệt, đã quá hạn" in await room.page(f"/{broadcast}")
    assert "Không ai duyệt, đã quá hạn" in await room.page()
    assert await room.sits(MINH).does(f"{broadcast}/duyet") == "broadcast_late"


async def test_at_night_the_page_says_when_it_begins_and_nothing_goes_out_before(room: Room, clock: Clock) -> None:
    (one,) = await room.lives_here()
    clock.advance(hours=8)  # 23:00 in Việt Nam
    broadcast = await room.proposes()
    assert "bắt đầu gửi lúc 07:00" in await room.sits(MINH).page(f"/{broadcast}")
    await room.does(f"{broadcast}/duyet")
    await room.tells()
    assert await news_in(room.store, one) == 0
    assert "bắt đầu gửi lúc 07:00" in await room.page(f"/{broadcast}")
    clock.advance(hours=9)
    await room.tells()
    assert await news_in(room.store, one) == 1


async def test_only_those_are_counted_who_would_be_told(room: Room) -> None:
    first, second, off, left = await room.lives_here(4)
    await resident(room.store, "Phường Bình Kiến", room.ward.province)
    await Broadcasts(room.store, DAY_ONLY).want(off, wanted=False)
    await room.store.close_conversation("telegram", (await room.store.conversation(left)).address)
    links = Links(room.store)
    await links.use(await links.issue(first), second, Reply(text="nối rồi"))
    assert await room.news.reaching.of(room.ward.name, room.ward.province) == {"telegram": 1}
    broadcast = await room.proposes()
    await room.sits(MINH).does(f"{broadcast}/duyet")
    await room.tells()
    assert (await room.news.deciding.find(broadcast)).told == 1


async def test_a_form_of_somebody_elses_page_is_refused_and_noted(room: Room, store: Store) -> None:
    account = SimpleNamespace(helper=LAN, must_change=False, must_enrol=False)

    async def known(helper_id: str, generation: int) -> object:
        return account

    app = FastAPI()
    app.include_router(broadcast_routes.router)
    doors_routes.install(app)
    problems.install(app)
    accounts = SimpleNamespace(account=known)
    app.state.desk = SimpleNamespace(keys=store.keys, accounts=accounts, audit=Audit(store), directory=Directory())
    app.state.services, app.state.news = SimpleNamespace(store=store), room.news
    token = sessions.make(store.keys, LAN.id, 1, store.clock())
    mine = sessions.read(store.keys, token, store.clock()).form_token
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as http:
        form = {"ward": room.ward.key, "text": NEWS}
        assert (await http.post(f"{PAGE}/gui", data=form)).status_code == 401
        http.cookies.set(sessions.COOKIE, token)
        for forged in ("", "x", mine[:-1], mine + "x"):
            assert (await http.post(f"{PAGE}/gui", data=form | {"form_token": forged})).status_code == 403
        assert await room.news.deciding.of_province(room.ward.province) == []
        assert (await http.post(f"{PAGE}/gui", data=form | {"form_token": mine})).status_code == 303
    assert await room.audited() == [("broadcast_ask", "done"), *[("form", "denied")] * 4]
