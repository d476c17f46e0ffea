"""Money at the desk: whatever waits is listed with what to do, done once, by two people, and noted."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from types import SimpleNamespace

import httpx
import pytest

from bot.desk import money_routes
from bot.handoff.audit import Audit
from bot.handoff.clocks import Tier
from bot.handoff.people import Helper, Role, Team
from bot.payment.decisions import Decisions
from bot.payment.payment import Payments
from bot.payment.reconciliation import Reconciliation
from bot.payment.references import masked
from bot.payment.refunds import Refunds
from bot.payment.statements import Entry
from bot.payment.troubles import Troubles
from bot.store import Store
from tests.clock import Clock
from tests.desk.rooms import Present, Seated, served
from tests.payment.world import DOSSIER, World, opened

LAN, MINH = "a" * 32, "b" * 32
NAMES = {LAN: "Trịnh Lan", MINH: "Bùi Minh"}


def somebody(helper_id: str, role: Role = Role.province_admin) -> Helper:
    team = Team("t" * 32, Tier.province, "Sở Tài chính", "Tỉnh Đắk Lắk", "", (), "")
    return Helper(helper_id, role, team, NAMES[helper_id], "0912345678")


class Directory:
    async def helper(self, helper_id: str) -> Helper | None:
        return somebody(helper_id) if helper_id in NAMES else None


class Areas:
    """The province of each dossier, as a test says."""

    def __init__(self) -> None:
        self.provinces: dict[str, str] = {}

    async def of_dossiers(self, references: Collection[str]) -> dict[str, str]:
        return {one: self.provinces.get(one, "") for one in references}


@dataclass
class Room(Seated):
    world: World
    refunds: Refunds
    http: httpx.AsyncClient
    present: Present
    areas: Areas

    def sits(self, helper_id: str) -> Room:
        self.me = somebody(helper_id)
        return self

    async def page(self) -> str:
        answer = await self.http.get("/desk/tien")
        assert answer.status_code == 200, answer.text
        return answer.text

    async def does(self, path: str, **form: str) -> str:
        answer = await self.http.post(f"/desk/tien/{path}", data=form)
        return answer.headers.get("location", str(answer.status_code)).removeprefix("/desk/tien?tin=")

    async def audited(self) -> list[tuple[str, str]]:
        return [(one.act, one.outcome) for one in await Audit(self.world.store).newest()]

    async def case(self, status: str = "open") -> str:
        (one,) = await self.refunds.cases(status)
        return one.id

    # ---- what happened before

    async def money_held(self, provider: str = "vietqr") -> str:
        """Paid twice: the second sum is held apart."""
        payment, _, order = await self.world.begun(provider)
        for _ in range(2):
            await self.world.hears(provider, self.world.pay(order)[1])
        return payment.reference

    async def money_paid(self, provider: str = "vietqr") -> str:
        payment, _, order = await self.world.begun(provider)
        await self.world.hears(provider, self.world.pay(order)[1])
        return payment.reference

    async def strange_notice(self) -> None:
        _, _, order = await self.world.begun("momo")
        notice = self.world.verified("momo", self.world.pay(order)[1])
        await self.world.payments.receive(replace(notice, reference="KHAC-77", amount=230_000, transaction_id="77"))


@pytest.fixture
async def room(store: Store, clock: Clock) -> AsyncIterator[Room]:
    async with opened(store, clock) as world:
        refunds = Refunds(store, world.payments)
        decisions = Decisions(store, world.payments, world.reconciliation, refunds)
        areas = Areas()
        desk = SimpleNamespace(audit=Audit(store), directory=Directory(), money=decisions, areas=areas)
        present = Present(somebody(LAN))
        async with served(money_routes, present, desk=desk, services=SimpleNamespace(store=store)) as http:
            yield Room(world, refunds, http, present, areas)


async def test_where_nothing_waits_the_page_says_so(room: Room) -> None:
    page = await room.page()
    assert "Không có khoản nào đang chờ" in page and "<section" not in page


async def test_only_the_province_sees_and_does_anything_about_money(room: Room) -> None:
    await room.money_held()
    case = await room.case()
    for role in (Role.helper, Role.team_lead, Role.ward_officer):
        room.me = somebody(LAN, role)
        assert (await room.http.get("/desk/tien")).status_code == 403
        assert await room.does(f"{case}/de-nghi", why="Trả hai lần") == "403"
    assert await room.audited() == [("money", "denied")] * 6
    assert (await room.refunds.cases())[0].asked_by == "rules"


async def test_money_held_apart_goes_back_by_two_people_and_by_hand(room: Room) -> None:
    payment = await room.money_held()
    case, page = await room.case(), await room.page()
    assert "Tiền giữ riêng" in page and "58.000 đồng" in page and payment in page and "Trả hai lần" in page
    assert DOSSIER not in page and masked(DOSSIER) in page
    assert await room.does(f"{case}/duyet") == "money_late"  # a rule's word is nobody's
    assert await room.does(f"{case}/de-nghi", why="Gọi 0912345678, trả hai lần") == "money_asked"
    assert await room.does(f"{case}/de-nghi", why="Bấm lại") == "money_late"
    assert "nên cần người khác duyệt" in await room.page()
    assert await room.does(f"{case}/duyet") == "money_own"
    assert await room.does(f"{case}/tu-choi", why="Tự từ chối") == "money_own"
    page = await room.sits(MINH).page()
    assert "Trịnh Lan" in page and "trả hai lần" in page and "0912345678" not in page and "Bấm lại" not in page
    assert [await room.does(f"{case}/duyet") for _ in range(2)] == ["approved", "money_late"]
    assert "cần chuyển trả bằng tay" in await room.page()
    assert await room.does(f"{case}/da-hoan", number=" ") == "money_words"
    assert [await room.does(f"{case}/da-hoan", number="FT1") for _ in range(2)] == ["confirmed", "money_late"]
    assert "Không có khoản nào đang chờ" in await room.page()
    (done,) = await room.refunds.cases("done")
    assert (done.asked_by, done.approved_by, done.provider_number) == (LAN, MINH, "FT1")
    assert await room.world.is_balanced()
    assert (await room.audited())[::-1][:5] == [
        ("approve", "failed"),
        ("ask_back", "done"),
        ("ask_back", "failed"),
        ("approve", "denied"),
        ("refuse", "denied"),
    ]


async def test_who_refuses_leaves_held_money_for_somebody_else_to_ask_again(room: Room) -> None:
    await room.money_held()
    case = await room.case()
    await room.does(f"{case}/de-nghi", why="Trả hai lần")
    assert await room.sits(MINH).does(f"{case}/tu-choi", why="Chưa gọi người dân") == "money_refused"
    page = await room.page()
    assert "Tiền giữ riêng" in page and "Không hoàn, Bùi Minh ghi: Chưa gọi người dân" in page
    assert await room.does(f"{case}/de-nghi", why="Đã gọi") == "money_asked"
    assert await room.sits(LAN).does(f"{case}/duyet") == "approved"
    assert await room.world.is_balanced()


async def test_what_was_paid_is_asked_back_refused_and_asked_back_once_more(room: Room) -> None:
    payment = await room.money_paid("vnpay")
    asking = {"payment": f" {payment.lower()} ", "reason": "withdrawn", "why": "Rút hồ sơ"}
    assert [await room.does("hoan", **asking) for _ in range(2)] == ["money_asked", "money_late"]
    case = await room.case()
    assert await room.sits(MINH).does(f"{case}/tu-choi", why="Hồ sơ đã xong") == "money_refused"
    assert await room.does(f"{case}/tu-choi", why="Hồ sơ đã xong") == "money_late"
    assert await room.world.is_balanced() and (await room.world.payments.state(payment)).status == "paid"
    assert "Không có khoản nào đang chờ" in await room.page()
    assert await room.does("hoan", **asking) == "money_asked"
    assert await room.sits(LAN).does(f"{await room.case()}/duyet") == "approved"
    assert "Máy đang trả lại" in await room.page() and await room.refunds.send_due() == 1
    assert await room.does(f"{case}/da-hoan", number="R-1") == "confirmed"
    assert await room.world.is_balanced() and (await room.world.payments.state(payment)).status == "refunded"


async def test_nothing_is_asked_back_without_words_a_reason_or_money(room: Room) -> None:
    payment = await room.money_paid()
    asking = {"payment": payment, "reason": "withdrawn", "why": "Rút hồ sơ"}
    for wrong in ({"why": " "}, {"why": "a" * 501}, {"reason": "paid_twice"}):
        assert await room.does("hoan", **(asking | wrong)) == "money_words"
    for nothing in ("", "TTAAAAAAA", "' OR 1=1 --", "\x00"):
        assert await room.does("hoan", **(asking | {"payment": nothing})) == "money_late"
    for path in ("x/duyet", "x/tu-choi", "x/de-nghi", "x/da-hoan", "thong-bao/9", "lan-tra", "%00/duyet"):
        assert await room.does(path, why="Thử", number="1") == "money_late"
    assert await room.does(f"thong-bao/{2**63}", why="Thử") == "422"
    assert not await room.refunds.cases() and await room.world.is_balanced()


async def test_a_notice_of_nobody_is_seen_to_once_with_a_word_why(room: Room) -> None:
    await room.strange_notice()
    page = await room.page()
    assert "không biết của hồ sơ nào" in page and "230.000 đồng" in page and "KHAC-77" in page and "Ví MoMo" in page
    path = re.search(r"/desk/tien/(thong-bao/\d+)", page)[1]
    assert await room.does(path) == "money_words"
    assert [await room.does(path, why="Của hệ thống khác") for _ in range(2)] == ["resolved", "money_late"]
    assert "KHAC-77" not in await room.page()
    assert (await room.audited())[:3] == [("resolve", "failed"), ("resolve", "done"), ("resolve", "failed")]


async def test_a_statements_row_that_is_nobodys_waits_for_a_person_once(room: Room) -> None:
    day = room.world.clock()
    entries = [Entry(2, "FT9", "LE VAN BA 0912345678 <b>nop tien</b>", 45_000, "VND")]
    for _ in range(2):
        report = await room.world.statements.reconcile("vietqr", entries, day, day + timedelta(days=1))
        assert report.unmatched == entries
    page = await room.page()
    assert page.count("FT9") == 2 and "45.000 đồng" in page  # in the list and in what its form is called
    assert "0912345678" not in page and "&lt;b&gt;nop tien" in page
    path = re.search(r"/desk/tien/(thong-bao/\d+)", page)[1]
    assert await room.does(path, why="Đã trả lại người chuyển") == "resolved"
    await room.world.statements.reconcile("vietqr", entries, day, day + timedelta(days=1))
    assert "FT9" not in await room.page()


async def test_who_says_it_was_paid_is_heard_and_the_provider_asked_at_once(room: Room) -> None:
    payment, _, order = await room.world.begun("momo")
    room.world.pay(order)
    await Troubles(room.world.payments).open(payment, ())
    page = await room.page()
    assert "Người dân nói đã trả" in page and "nay: Đang chờ tiền" in page
    assert await room.does("hoi-lai", payment=payment.reference) == "money_said_paid"
    assert await room.does("hoi-lai", payment=payment.reference) == "money_said_rested"
    assert "nay: Đã nhận tiền" in await room.page()
    assert await room.audited() == [("money_ask", "failed"), ("money_ask", "done")]
    assert "Nơi thanh toán báo: đã nhận tiền" in (await room.http.get("/desk/tien?tin=money_said_paid")).text


async def test_what_nobody_could_tell_for_a_week_is_asked_about_or_closed_and_late_money_counts(
    room: Room, clock: Clock
) -> None:
    payment, attempt, order = await room.world.begun("vietqr")
    silent = Payments(room.world.store, (), "")  # its provider is switched off meanwhile
    clock.advance(days=8)
    await Reconciliation(room.world.store, silent).ask_due()
    page = await room.page()
    assert "Hỏi bảy ngày vẫn chưa rõ" in page and attempt.reference in page
    closing = {"provider": "vietqr", "reference": attempt.reference}
    assert await room.does("lan-tra", **closing) == "money_words"
    assert await room.does("lan-tra", **closing, why="Sao kê không có") == "resolved"
    assert await room.does("lan-tra", **closing, why="Sao kê không có") == "money_late"
    assert "Không có khoản nào đang chờ" in await room.page()
    await room.world.hears("vietqr", room.world.pay(order)[1])
    assert await room.world.status(payment) == "paid" and await room.world.is_balanced()


async def test_money_of_another_province_is_neither_listed_nor_touched_and_that_is_noted(room: Room) -> None:
    payment = await room.money_held()
    case = await room.case()
    room.areas.provinces[DOSSIER] = "Tỉnh Đồng Tháp"
    assert "Không có khoản nào đang chờ" in await room.page()
    asking = {"payment": payment.lower(), "reason": "withdrawn", "why": "Rút hồ sơ"}
    assert await room.does("hoan", **asking) == "403" and await room.does("hoi-lai", payment=payment) == "403"
    for verb in ("de-nghi", "duyet", "tu-choi", "da-hoan"):
        assert await room.does(f"{case}/{verb}", why="Thử", number="1") == "403"
    assert await room.audited() == [("money", "denied")] * 6
    assert (await room.refunds.cases())[0].asked_by == "rules"
    room.areas.provinces[DOSSIER] = "Tỉnh Đắk Lắk"
    page = await room.page()
    assert payment in page and "Chưa rõ tỉnh" not in page
    assert await room.does(f"{case}/de-nghi", why="Trả hai lần") == "money_asked"


async def test_attempts_and_words_of_another_provinces_citizens_are_not_closed_either(room: Room, clock: Clock) -> None:
    payment, attempt, _ = await room.world.begun("vietqr")
    await Troubles(room.world.payments).open(payment, ())
    notice = re.search(r"/desk/tien/(thong-bao/\d+)", await room.page())[1]
    clock.advance(days=8)
    await Reconciliation(room.world.store, Payments(room.world.store, (), "")).ask_due()
    room.areas.provinces[DOSSIER] = "Tỉnh Đồng Tháp"
    assert "Không có khoản nào đang chờ" in await room.page()
    closing = {"provider": "vietqr", "reference": attempt.reference, "why": "Sao kê không có"}
    assert await room.does("lan-tra", **closing) == "403" and await room.does(notice, why="Xong") == "403"
    room.areas.provinces[DOSSIER] = ""
    assert await room.does("lan-tra", **closing) == "resolved" and await room.does(notice, why="Xong") == "resolved"


async def test_money_that_no_province_is_known_of_is_everybodys_and_marked(room: Room) -> None:
    await room.strange_notice()
    assert (await room.page()).count("Chưa rõ tỉnh") == 1
