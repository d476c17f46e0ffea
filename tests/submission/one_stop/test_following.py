"""What an officer does reaches the citizen in plain words, once each, in order, and not at night."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.conversation import Conversation
from bot.jobs import follow_due
from bot.quiet_hours import QuietHours
from bot.sandbox.one_stop_records import Records
from bot.settings import Settings
from bot.store import Store, open_store
from bot.submission.dossier import Status
from bot.submission.one_stop.protocol import DossierState, OneStop, Supplement
from bot.submission.one_stop.wishes import obey
from bot.tables import dossiers, followed_dossiers
from bot.underway import Heard
from knowledge.working_days import VIETNAM
from tests.clock import Clock
from tests.submission.one_stop.world import World

OFFICER = "Hạnh"


@pytest.fixture
async def handed_over(world: World, citizen: Conversation) -> str:
    return await world.hand_over(citizen.id)


async def news(world: World, clock: Clock, citizen: Conversation, minutes: int = 16) -> list[str]:
    """What is told after the next look."""
    before = len(await world.told(citizen.id))
    clock.advance(minutes=minutes)
    await follow_due(world.following, world.one_stop)
    return (await world.told(citizen.id))[before:]


def local(day: str, hour: int = 17) -> str:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=VIETNAM).isoformat()


async def status_kept(store: Store) -> str:
    return await store.database.read(lambda connection: connection.execute(sa.select(dossiers.c.status)).scalar_one())


def accept(records: Records, promised: str = "2026-12-01") -> str:
    code = records.latest()[0].code
    records.move(code, 2, OFFICER, "Tiếp nhận", accepted_at=records.now_text(), promised_at=local(promised))
    return code


async def test_a_whole_way_is_told_step_by_step(
    world: World, handed_over: str, records: Records, citizen: Conversation, clock: Clock, store: Store
) -> None:
    code = accept(records)
    (told,) = await news(world, clock, citizen)
    assert f"{code} (Đăng ký khai sinh) đã được tiếp nhận" in told
    assert "01/12/2026, còn 5 ngày làm việc" in told
    assert await news(world, clock, citizen) == []

    records.ask_supplement(code, OFFICER, "Thiếu giấy chứng sinh", ["Giấy chứng sinh bản chụp rõ"], local("2026-12-04"))
    (told,) = await news(world, clock, citizen)
    assert "Thiếu giấy chứng sinh" in told
    assert "• Giấy chứng sinh bản chụp rõ" in told
    assert "Hạn bổ sung: 04/12/2026" in told

    records.answer_supplement(code, {})
    (told,) = await news(world, clock, citizen)
    assert "đang được giải quyết" in told

    records.move(code, 6, OFFICER, "", amount_vnd=8000)
    (told,) = await news(world, clock, citizen)
    assert "8.000 đồng" in told

    result = records.add_result(code, "Giấy khai sinh", "application/pdf", b"%PDF")
    records.move(code, 9, OFFICER, "", finished_at=records.now_text())
    (told,) = await news(world, clock, citizen)
    assert "đã có kết quả" in told
    assert await status_kept(store) == "completed"
    assert f"Giấy khai sinh: http://sandbox/results/{result}" in told

    records.move(code, 10, OFFICER, "")
    (told,) = await news(world, clock, citizen, minutes=7 * 60)
    assert "đã được trả" in told
    assert await status_kept(store) == "returned"
    assert await world.following.due(10) == []
    clock.advance(days=9)
    assert await world.following.due(10) == []  # nothing more is expected


async def test_a_refusal_is_told_with_its_reason_and_a_person(
    world: World, handed_over: str, records: Records, citizen: Conversation, clock: Clock, store: Store
) -> None:
    code = records.latest()[0].code
    records.move(code, 3, OFFICER, "", reason="Sai nơi nộp: cha mẹ ở phường khác")
    (told,) = await news(world, clock, citizen)
    assert "Sai nơi nộp: cha mẹ ở phường khác" in told
    last = (await store.history(citizen.id))[-1]["replies"][0]
    assert [button["payload"].split(":")[1] for button in last["buttons"]] == ["again", ""]


@pytest.mark.parametrize(
    ("status", "words"),
    [(3, "chưa ghi lý do"), (5, "chưa ghi rõ cần thêm gì"), (6, "nộp phí"), (7, "đã được rút"), (8, "dừng giải quyết")],
)
async def test_a_step_without_words_is_told_honestly(
    world: World, handed_over: str, records: Records, citizen: Conversation, clock: Clock, status: int, words: str
) -> None:
    records.move(records.latest()[0].code, status, OFFICER, "")
    (told,) = await news(world, clock, citizen)
    assert words in told


async def test_a_second_request_for_papers_is_told_again(
    world: World, handed_over: str, records: Records, citizen: Conversation, clock: Clock
) -> None:
    code = accept(records)
    records.ask_supplement(code, OFFICER, "Thiếu giấy chứng sinh", [], None)
    await news(world, clock, citizen)
    records.answer_supplement(code, {})
    records.ask_supplement(code, OFFICER, "Ảnh mờ, chụp lại", [], None)
    (told,) = await news(world, clock, citizen)
    assert "Ảnh mờ, chụp lại" in told
    assert "chứng sinh" not in told


async def test_a_day_put_off_is_apologised_for(
    world: World, handed_over: str, records: Records, citizen: Conversation, clock: Clock
) -> None:
    code = accept(records)
    await news(world, clock, citizen)
    records.move(code, 2, OFFICER, "", promised_at=local("2026-12-08"))
    (told,) = await news(world, clock, citizen)
    assert "01/12/2026 sang 08/12/2026" in told
    assert "xin lỗi" in told


async def test_an_overdue_dossier_is_apologised_for_once_as_the_law_wants(
    world: World, handed_over: str, records: Records, citizen: Conversation, clock: Clock, store: Store
) -> None:
    accept(records, "2026-11-27")  # a Friday
    await news(world, clock, citizen)
    clock.now = datetime(2026, 11, 27, 23, 0, tzinfo=VIETNAM)
    assert await news(world, clock, citizen) == []  # its day is not over
    clock.now = datetime(2026, 12, 1, 9, 0, tzinfo=VIETNAM)  # Tuesday
    (told,) = await news(world, clock, citizen)
    assert "quá ngày hẹn trả 27/11/2026, chậm 2 ngày làm việc" in told
    assert "xin lỗi" in told
    assert "hẹn lại ngày trả" in told
    assert await news(world, clock, citizen) == []
    assert (await store.history(citizen.id))[-1]["replies"][0]["buttons"]


async def test_an_overdue_dossier_is_seen_though_its_system_is_silent(
    world: World, handed_over: str, records: Records, citizen: Conversation, clock: Clock
) -> None:
    accept(records, "2026-11-26")
    await news(world, clock, citizen)
    records.set_fault("down", 1)
    clock.now = datetime(2026, 11, 27, 9, 0, tzinfo=VIETNAM)
    (told,) = await news(world, clock, citizen)
    assert "quá ngày hẹn" in told


async def test_while_the_citizen_has_to_add_something_nobody_is_late(
    world: World, handed_over: str, records: Records, citizen: Conversation, clock: Clock
) -> None:
    code = accept(records, "2026-11-26")
    records.ask_supplement(code, OFFICER, "Thiếu giấy", [], None)
    await news(world, clock, citizen)
    clock.advance(days=10)
    assert await news(world, clock, citizen) == []


async def test_nothing_is_told_at_night_and_everything_in_the_morning_in_order(
    store: Store, exchange: OneStop, records: Records, citizen: Conversation, clock: Clock
) -> None:
    world = World(store, exchange, QuietHours.parse("21:00-07:00"))
    await world.hand_over(citizen.id)
    clock.now = datetime(2026, 11, 24, 22, 0, tzinfo=VIETNAM)
    code = accept(records)
    assert await news(world, clock, citizen) == (await world.told(citizen.id))[1:] == []
    records.move(code, 4, OFFICER, "")
    assert await news(world, clock, citizen) == []
    clock.now = datetime(2026, 11, 25, 7, 0, tzinfo=VIETNAM)
    first, second, third = await world.told(citizen.id)
    assert "đã gửi tới cơ quan" in first
    assert "được tiếp nhận" in second
    assert "đang được giải quyết" in third


async def test_who_has_just_sent_it_at_night_is_answered_at_once(
    store: Store, exchange: OneStop, citizen: Conversation, clock: Clock
) -> None:
    clock.now = datetime(2026, 11, 24, 23, 30, tzinfo=VIETNAM)
    world = World(store, exchange, QuietHours.parse("21:00-07:00"))
    await world.hand_over(citizen.id)
    assert len(await world.told(citizen.id)) == 1


async def test_two_processes_tell_a_change_once(
    world: World,
    exchange: OneStop,
    handed_over: str,
    records: Records,
    citizen: Conversation,
    clock: Clock,
    store_settings: Settings,
    store: Store,
) -> None:
    accept(records)
    other_store = await open_store(store_settings, clock)
    other = World(other_store, exchange)
    state = await exchange.progress(handed_over)
    kinds = await asyncio.gather(*(one.following.record(handed_over, state) for one in (world, other) * 3))
    assert sorted(map(len, kinds)) == [0, 0, 0, 0, 0, 1]
    told = await asyncio.gather(*(one.notices.tell_due() for one in (world, other) * 3))
    assert sum(told) == 2  # that it was handed over, that it was accepted
    assert len(await world.told(citizen.id)) == 2
    await other_store.close()


async def test_a_dossier_is_asked_for_by_one_process_in_its_turn(world: World, handed_over: str, clock: Clock) -> None:
    assert await world.following.due(10) == []
    clock.advance(minutes=16)
    found = await asyncio.gather(*(world.following.due(10) for _ in range(4)))
    assert sum(map(len, found)) == 1


async def test_a_result_that_waits_is_asked_for_seldom_and_not_for_ever(
    world: World, handed_over: str, records: Records, citizen: Conversation, clock: Clock
) -> None:
    records.move(records.latest()[0].code, 9, OFFICER, "", finished_at=records.now_text())
    asked_at = []
    for hour in range(24 * 70):
        clock.advance(hours=1)
        if await follow_due(world.following, world.one_stop):
            asked_at.append(hour)
    assert asked_at[1] - asked_at[0] >= 6
    assert asked_at[-1] <= 24 * 61
    assert len(await world.told(citizen.id)) == 2


async def test_many_dossiers_are_asked_for_in_their_turn(
    world: World, citizen: Conversation, clock: Clock, records: Records
) -> None:
    for _ in range(11):
        await world.hand_over(citizen.id)
    clock.advance(minutes=16)
    looked_at = [await follow_due(world.following, world.one_stop) for _ in range(3)]
    assert looked_at == [8, 3, 0]


async def test_a_dossier_that_cannot_be_read_keeps_no_other_from_being_followed(
    world: World, citizen: Conversation, clock: Clock, records: Records, store: Store
) -> None:
    broken, well = [await world.hand_over(citizen.id) for _ in range(2)]
    spoil = sa.update(followed_dossiers).where(followed_dossiers.c.reference == broken).values(state=b"spoiled")
    await store.database.write(lambda connection: connection.execute(spoil))
    for dossier in records.latest():
        records.move(dossier.code, 4, OFFICER, "")
    clock.advance(minutes=16)
    await follow_due(world.following, world.one_stop)
    assert (await world.following.state_of(well)).status is Status.processing


async def test_a_citizen_who_left_is_not_written_to(
    world: World, handed_over: str, records: Records, citizen: Conversation, clock: Clock, store: Store
) -> None:
    await world.told(citizen.id)
    await store.close_conversation("telegram", "an")
    accept(records)
    assert await news(world, clock, citizen) == []
    assert await world.notices.waiting() == 0


async def test_erasing_ends_the_following(world: World, handed_over: str, store: Store, citizen: Conversation) -> None:
    await store.erase(citizen.id)
    left = sa.select(sa.func.count()).select_from(followed_dossiers)
    assert await store.database.read(lambda connection: connection.execute(left).scalar_one()) == 0
    assert await world.following.record(handed_over, None) == []


async def test_what_is_known_of_a_dossier_is_sealed(world: World, handed_over: str, store: Store) -> None:
    sealed = sa.select(followed_dossiers.c.state)
    (state,) = await store.database.read(lambda connection: list(connection.execute(sealed).scalars()))
    assert "Nguyễn".encode() not in state


def state(**changes: Any) -> DossierState:
    plain = {"code": "H15.50.05.13-261124-0001", "status": Status.processing, "raw_status": "4"}
    return DossierState(**(plain | changes))


async def test_an_unknown_status_changes_nothing_that_is_known(
    world: World, handed_over: str, citizen: Conversation
) -> None:
    await world.following.record(handed_over, state())
    assert await world.following.record(handed_over, state(status=None, raw_status="77")) == []
    kept = await world.following.state_of(handed_over)
    assert (kept.status, kept.raw_status) == (Status.processing, "77")
    assert await world.following.record(handed_over, state()) == []


async def test_a_report_that_comes_late_does_not_turn_things_back(world: World, handed_over: str, clock: Clock) -> None:
    now = clock()
    assert await world.following.record(handed_over, state(as_of=now)) == ["processing"]
    late = state(status=Status.accepted, as_of=now - timedelta(hours=1))
    assert await world.following.record(handed_over, late) == []
    assert (await world.following.state_of(handed_over)).status is Status.processing


async def test_a_reply_that_leaves_things_out_forgets_nothing(world: World, handed_over: str, clock: Clock) -> None:
    promised = clock() + timedelta(days=5)
    await world.following.record(handed_over, state(promised_at=promised, agency="UBND xã"))
    await world.following.record(handed_over, state())
    kept = await world.following.state_of(handed_over)
    assert (kept.promised_at, kept.agency) == (promised, "UBND xã")


async def test_the_name_and_code_told_first_stay(world: World, handed_over: str) -> None:
    before = await world.following.state_of(handed_over)
    forged = state(code="H99-261124-9999", applicant_name="Ai Đó", procedure_name="Việc khác")
    await world.following.record(handed_over, forged)
    after = await world.following.state_of(handed_over)
    assert (after.code, after.applicant_name) == (before.code, before.applicant_name)
    assert after.procedure_name == "Đăng ký khai sinh"


async def test_the_same_request_told_twice_is_one(world: World, handed_over: str) -> None:
    asked = state(status=Status.supplement_requested, supplement=Supplement("1", "Thiếu giấy"))
    kinds = [await world.following.record(handed_over, asked) for _ in range(3)]
    assert kinds == [["supplement_requested"], [], []]
    other = replace(asked, supplement=Supplement("2", "Thiếu giấy"))
    assert await world.following.record(handed_over, other) == ["supplement_requested"]


async def wishes(store: Store, citizen: Conversation, text: str, clock: Clock) -> str:
    return (await obey(store, Heard(citizen.id, b"", clock().date(), "telegram", text=text))).replies[0].text


async def test_who_wants_to_hear_little_hears_what_needs_them_and_the_result(
    world: World, handed_over: str, records: Records, citizen: Conversation, clock: Clock, store: Store
) -> None:
    assert "báo từng bước" in await wishes(store, citizen, "Chi bao tin quan trong!", clock)
    code = accept(records)
    assert len(await news(world, clock, citizen)) == 1
    records.move(code, 4, OFFICER, "Đang thẩm tra")
    assert await news(world, clock, citizen) == []
    records.ask_supplement(code, OFFICER, "Thiếu giấy chứng sinh", [], None)
    assert len(await news(world, clock, citizen)) == 1
    await wishes(store, citizen, "báo từng bước", clock)
    records.move(code, 4, OFFICER, "Đang thẩm tra")
    assert len(await news(world, clock, citizen)) == 1


@pytest.mark.parametrize("text", [None, "", "báo", "báo từng bước giúp tôi hồ sơ này đến đâu rồi", "x" * 5_000])
async def test_other_words_are_no_wish(store: Store, clock: Clock, text: str | None) -> None:
    assert await obey(store, Heard("x", b"", clock().date(), "web", text=text)) is None
