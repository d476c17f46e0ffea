"""Petitions at the desk: only the authority's own, everything noted, and the citizen hears what was done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import SimpleNamespace

import httpx
import pytest

from bot.desk import petition_routes
from bot.handoff.audit import Audit
from bot.handoff.clocks import Tier
from bot.handoff.people import Helper, Role, Team
from bot.petitions.petition import Content, Status
from bot.petitions.petitions import Petitions
from bot.store import Store
from tests.desk.rooms import Present, Seated, served

PROVINCE, WARD = "Tỉnh Đắk Lắk", "Phường Tuy Hòa"
TEXT = "Đèn đường trước nhà tôi hỏng <b>từ tuần trước</b>"


def an_officer(role: Role = Role.ward_officer, ward: str = WARD, province: str = PROVINCE) -> Helper:
    team = Team("t" * 32, Tier.ward, "Một cửa phường", province, ward, (), "")
    return Helper("h" * 32, role, team, "Phạm Thu", "0912345678")


@dataclass
class Room(Seated):
    store: Store
    petitions: Petitions
    http: httpx.AsyncClient
    present: Present

    async def receives(self, province: str = PROVINCE, ward: str = WARD) -> str:
        content = Content(TEXT, "Trần Thị Hoa", "tổ 5", "0912345678", ward, province)
        conversation = (await self.store.start_conversation("telegram", f"{province}{ward}"))[0].id
        draft = await self.petitions.begin(conversation, content, b"1")
        return (await self.petitions.send(draft, b"2")).code

    async def acts(self, code: str, verb: str, **form: str) -> str:
        answer = await self.http.post(f"/desk/phan-anh/{code}/{verb}", data=form)
        return answer.headers.get("location", str(answer.status_code))

    async def audited(self) -> list[tuple[str, str]]:
        return [(one.act, one.outcome) for one in await Audit(self.store).newest()]


@pytest.fixture
async def room(store: Store) -> AsyncIterator[Room]:
    petitions, present = Petitions(store), Present(an_officer())
    services = SimpleNamespace(store=store, petitions=petitions, settings=SimpleNamespace(hotline="1800 1096"))
    desk = SimpleNamespace(audit=Audit(store))
    async with served(petition_routes, present, desk=desk, services=services) as http:
        yield Room(store, petitions, http, present)


async def test_an_officer_sees_the_petitions_of_their_ward_without_names_and_with_the_clock(room: Room) -> None:
    code, other = await room.receives(), await room.receives(ward="Phường Phú Yên")
    page = (await room.http.get("/desk/phan-anh")).text
    assert code in page and other not in page
    assert "Còn" in page and "Trần Thị Hoa" not in page


async def test_the_province_sees_all_of_its_own_and_those_whose_place_is_unknown(room: Room) -> None:
    room.me = an_officer(Role.province_admin, ward="")
    seen = [await room.receives(), await room.receives("", "")]
    hidden = await room.receives("Tỉnh Cà Mau", "Phường Tân Thành")
    page = (await room.http.get("/desk/phan-anh")).text
    assert all(code in page for code in seen) and hidden not in page
    assert page.count("Chưa rõ tỉnh") == 1
    assert (await room.http.get(f"/desk/phan-anh/{hidden}")).status_code == 403
    assert await room.audited() == [("petition", "denied")]


@pytest.mark.parametrize("role", [Role.helper, Role.team_lead])
async def test_volunteers_do_not_read_petitions(room: Room, role: Role) -> None:
    code, room.me = await room.receives(), an_officer(role)
    for path in ("", f"/{code}"):
        assert (await room.http.get(f"/desk/phan-anh{path}")).status_code == 403
    assert ("petitions", "denied") in await room.audited()


async def test_another_wards_petition_is_refused_and_noted_an_unknown_one_is_not_found(room: Room) -> None:
    code = await room.receives(ward="Phường Phú Yên")
    assert (await room.http.get(f"/desk/phan-anh/{code}")).status_code == 403
    assert await room.acts(code, "tra-loi", text="Đã sửa.") == "403"
    assert await room.audited() == [("petition", "denied")] * 2
    assert (await room.petitions.by_code(code)).status is Status.sent
    assert (await room.http.get("/desk/phan-anh/PA-000000-AAAAAA")).status_code == 404


async def test_one_petition_is_shown_whole_as_it_was_written_and_that_is_noted(room: Room) -> None:
    code = await room.receives()
    page = (await room.http.get(f"/desk/phan-anh/{code}")).text
    assert "Trần Thị Hoa" in page and "&lt;b&gt;" in page and "Từ chối" in page
    assert await room.audited() == [("petition", "done")]


async def test_each_act_is_kept_with_who_did_it_and_a_second_press_changes_nothing(room: Room) -> None:
    code = await room.receives()
    assert await room.acts(code, "hoi-them", text="Đèn ở đoạn nào?") == f"/desk/phan-anh/{code}?tin=petition_done"
    assert "petition_late" in await room.acts(code, "hoi-them", text="Đèn ở đoạn nào?")
    assert "petition_done" in await room.acts(code, "chuyen", authority="Công ty điện lực")
    assert "petition_done" in await room.acts(code, "tra-loi", text="Đèn đã sửa.")
    assert "petition_done" in await room.acts(code, "cong-khai")
    one = await room.petitions.by_code(code)
    assert [event.kind for event in one.events] == ["sent", "asked", "forwarded", "answered", "published"]
    assert {event.by for event in one.events[1:]} == {"Phạm Thu (Một cửa phường)"}
    page = (await room.http.get(f"/desk/phan-anh/{code}")).text
    assert "Công ty điện lực" in page and "Phạm Thu" in page and "<textarea" not in page
    assert code in (await room.http.get("/desk/phan-anh?xong=true")).text
    assert await room.store.database.read(_waiting) == 3  # asked, forwarded, answered


def _waiting(connection: object) -> int:
    from sqlalchemy import func, select

    from bot.tables import outbox

    return connection.execute(select(func.count()).select_from(outbox)).scalar()


@pytest.mark.parametrize(("verb", "form"), [("tra-loi", {}), ("tu-choi", {"text": "a" * 3_001}), ("chuyen", {})])
async def test_missing_or_too_many_words_change_nothing(room: Room, verb: str, form: dict) -> None:
    code = await room.receives()
    assert "petition_words" in await room.acts(code, verb, **form)
    assert (await room.petitions.by_code(code)).status is Status.sent


async def test_an_act_nobody_knows_is_not_found(room: Room) -> None:
    code = await room.receives()
    assert await room.acts(code, "xoa") == "404"
    assert (await room.petitions.by_code(code)).status is Status.sent
