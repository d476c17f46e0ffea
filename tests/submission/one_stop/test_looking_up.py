"""Whoever asks how far a dossier is gets the truth: their own in full, others' without names or reasons."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from bot.conversation import Conversation
from bot.sandbox.one_stop_records import Records
from bot.store import Store
from bot.submission.one_stop import looking_up
from bot.submission.one_stop.protocol import OneStop, Rejected
from bot.submission.one_stop.sentences import masked_name, working_days_between
from knowledge.working_days import VIETNAM
from tests.clock import Clock
from tests.submission.one_stop.test_handing_over import Scripted
from tests.submission.one_stop.world import World, a_handover, submitted_dossier


def text(outcome: object) -> str:
    return "\n".join(reply.text for reply in outcome.replies)


@pytest.fixture
async def code(world: World, citizen: Conversation, records: Records) -> str:
    await world.hand_over(citizen.id)
    return records.latest()[0].code


@pytest.fixture
async def stranger(store: Store) -> str:
    return (await store.conversation_for("telegram", "binh")).id


def accept(records: Records, code: str, promised: str = "2026-12-01") -> None:
    moment = datetime.fromisoformat(promised).replace(hour=17, tzinfo=VIETNAM).isoformat()
    records.move(code, 2, "Hạnh", "", accepted_at=records.now_text(), promised_at=moment)


async def test_a_code_in_a_sentence_is_answered_with_the_countdown(
    world: World, code: str, records: Records, citizen: Conversation
) -> None:
    accept(records, code)
    outcome = await world.look_up.by_code(f"hồ sơ {code.lower()} tới đâu rồi", citizen.id)
    assert outcome.turn.kind == "status"
    assert "đã được tiếp nhận" in text(outcome)
    assert "Ngày hẹn trả: 01/12/2026, còn 5 ngày làm việc" in text(outcome)


async def test_a_strangers_dossier_shows_no_name_and_no_reason(
    world: World, code: str, records: Records, stranger: str
) -> None:
    records.move(code, 3, "Nguyễn Thị Hạnh", "", reason="Anh Nguyễn Văn An khai sai số 066085001234")
    told = text(await world.look_up.by_code(code, stranger))
    assert "không được tiếp nhận" in told
    assert "Người nộp: N*** V*** A***" in told
    assert "Chi tiết chỉ báo cho người nộp" in told
    for private in ("Nguyễn", "066085001234", "khai sai", "Hạnh"):
        assert private not in told


async def test_a_strangers_result_is_not_handed_out(world: World, code: str, records: Records, stranger: str) -> None:
    records.add_result(code, "Giấy khai sinh", "application/pdf", b"%PDF")
    records.move(code, 9, "Hạnh", "")
    told = text(await world.look_up.by_code(code, stranger))
    assert "đã có kết quả" in told
    assert "results" not in told
    assert "Giấy khai sinh" not in told


async def test_its_owner_sees_the_reason_and_the_result(
    world: World, code: str, records: Records, citizen: Conversation
) -> None:
    records.move(code, 8, "Hạnh", "", reason="Chờ xác minh")
    assert "Lý do: Chờ xác minh" in text(await world.look_up.by_code(code, citizen.id))
    records.add_result(code, "Giấy khai sinh", "application/pdf", b"%PDF")
    records.move(code, 9, "Hạnh", "")
    assert "http://sandbox/results/" in text(await world.look_up.by_code(code, citizen.id))


async def test_an_overdue_dossier_is_apologised_for_and_a_person_offered(
    world: World, code: str, records: Records, citizen: Conversation, stranger: str, clock: Clock
) -> None:
    accept(records, code, "2026-11-27")
    clock.now = datetime(2026, 12, 1, 9, 0, tzinfo=VIETNAM)
    for who in (citizen.id, stranger):
        outcome = await world.look_up.by_code(code, who)
        assert "chậm 2 ngày làm việc" in text(outcome)
        assert "xin lỗi" in text(outcome)
        assert [button.payload for button in outcome.replies[0].buttons][-1] == "h:"


async def test_our_own_reference_opens_for_its_owner_only(world: World, citizen: Conversation, stranger: str) -> None:
    reference = await world.hand_over(citizen.id)
    assert "Đăng ký khai sinh" in text(await world.look_up.by_code(reference.lower(), citizen.id))
    others = text(await world.look_up.by_code(reference, stranger))
    nobodys = text(await world.look_up.by_code("MC-261124-ZZZZZZ", stranger))
    assert others.replace(reference, "") == nobodys.replace("MC-261124-ZZZZZZ", "")
    assert "không thấy" in others


async def test_an_unknown_code_is_said_to_be_unknown(world: World, stranger: str) -> None:
    assert "không thấy hồ sơ nào" in text(await world.look_up.by_code("H15.50.05.13-261124-9999", stranger))


async def test_no_code_or_no_system_leaves_the_general_sentence(world: World, store: Store, stranger: str) -> None:
    assert await world.look_up.by_code("hồ sơ của em sao rồi", stranger) is None
    assert await World(store, None).look_up.by_code("H15.50.05.13-261124-9999", stranger) is None


async def test_a_dead_system_is_said_to_be_slow_and_what_is_known_is_told(
    world: World, code: str, records: Records, citizen: Conversation, stranger: str
) -> None:
    records.set_fault("down", 1)
    assert "đang chậm" in text(await world.look_up.by_code(code, stranger))
    own = text(await world.look_up.by_code(code, citizen.id))
    assert "tin mới nhất mình có" in own
    assert "đang chờ cơ quan tiếp nhận" in own


async def test_a_citizen_does_not_wait_for_a_silent_system(
    store: Store, stranger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent(Scripted):
        async def look_up(self, code: str) -> None:
            await asyncio.sleep(3600)

    monkeypatch.setattr(looking_up, "PATIENCE_SECONDS", 0.01)
    world = World(store, Silent(Rejected("")))
    assert "đang chậm" in text(await world.look_up.by_code("H15.50.05.13-261124-9999", stranger))


async def test_own_dossiers_are_told_the_newest_first(
    world: World, citizen: Conversation, stranger: str, records: Records, clock: Clock
) -> None:
    for name in ("Đăng ký khai sinh", "Đăng ký thường trú"):
        clock.advance(minutes=1)
        await world.hand_over(citizen.id, procedure_name=name)
    outcome = await world.look_up.own(citizen.id)
    assert ["khai sinh" in reply.text for reply in outcome.replies] == [False, True]
    assert await world.look_up.own(stranger) is None


async def test_one_that_was_not_handed_over_by_us_is_not_spoken_of(
    world: World, store: Store, citizen: Conversation
) -> None:
    await submitted_dossier(store, citizen.id)  # the citizen filed it on the portal themselves
    assert await world.look_up.own(citizen.id) is None


async def test_one_that_waits_or_failed_is_said_to_be_kept(store: Store, citizen: Conversation) -> None:
    world = World(store, Scripted(Rejected("Thiếu trường")))
    reference = await submitted_dossier(store, citizen.id)
    await world.queue.add(a_handover(reference))
    assert "đang chờ gửi" in text(await world.look_up.own(citizen.id))
    await world.sending.hand_over_due()
    assert "chưa gửi được" in text(await world.look_up.own(citizen.id))


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Nguyễn Văn An", "N*** V*** A***"), ("y thị h'mơ", "Y*** T*** H*** M***"), ("", ""), ("<b>", "B***")],
)
def test_a_name_is_masked_to_its_first_letters(name: str, shown: str) -> None:
    assert masked_name(name) == shown


def test_working_days_skip_weekends_and_holidays() -> None:
    day = datetime.fromisoformat
    assert working_days_between(day("2026-11-27").date(), day("2026-12-01").date()) == 2
    assert working_days_between(day("2026-12-31").date(), day("2027-01-04").date()) == 1
    assert working_days_between(day("2026-12-01").date(), day("2026-11-27").date()) == 0


async def test_either_system_can_be_asked(
    store: Store, either: OneStop, citizen: Conversation, records: Records
) -> None:
    world = World(store, either)
    await world.hand_over(citizen.id)
    assert "đang chờ cơ quan tiếp nhận" in text(await world.look_up.own(citizen.id))
