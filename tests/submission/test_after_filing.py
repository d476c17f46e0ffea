"""After a dossier was handed in: what is asked for is given once, a refusal put right, a delay raised, a visit set."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.channels.reply import Outcome, Reply, Turn
from bot.sandbox.one_stop_records import Dossier as Received
from bot.sandbox.one_stop_records import Records
from bot.store import Store
from bot.submission.after_filing import AfterFiling
from bot.submission.after_payloads import VERBS, press, read
from bot.submission.attachments import Attachments
from bot.submission.dossiers import Dossiers
from bot.submission.handing_in import HandingIn
from bot.submission.proof import Proofs
from bot.submission.visits import Visits, calendar
from knowledge.desks import Desk
from knowledge.working_days import VIETNAM
from tests.clock import Clock
from tests.submission.filer import DAYS, Filer, filing_on
from tests.submission.journeys import all_places, curated
from tests.submission.one_stop.conftest import agency, exchange, records, world  # noqa: F401 — fixtures
from tests.submission.one_stop.world import World
from tests.uploads import JPEG, upload

BIRTH, COPY = "1.001193", "2.000815"
REVIEWED = ("mẹ", "Nguyễn Minh An", "02/11/2026", "nữ", "Bệnh viện", "Trần Thị Hoa", "054195001234", "không", "nộp sau")
WARD = "phường Tuy Hòa, tỉnh Đắk Lắk"
COPIED = ("có", "Bằng tốt nghiệp", "2", "3", "không", "không", "Nguyễn Thị Lành", WARD, "bỏ qua")


@pytest.fixture
def papers(store: Store, store_settings) -> Attachments:
    return Attachments(store, store_settings)


@pytest.fixture
def after(world: World, store: Store, papers: Attachments) -> AfterFiling:  # noqa: F811
    filing, dossiers = filing_on(store), Dossiers(store, DAYS)
    filing.hand_over_through(HandingIn(dossiers, world.queue, papers))
    visits = Visits(all_places(), lambda ward, province: None, Proofs(store.keys), store.clock)
    after = AfterFiling(filing, dossiers, visits, lambda: curated(), store.clock)
    after.follow(papers, world.queue, world.following, world.teller)
    return after


@pytest.fixture
async def filer(after: AfterFiling, store: Store) -> Filer:
    return Filer(after, (await store.start_conversation("web"))[0].id)


@pytest.fixture
async def filed(filer: Filer, world: World) -> Filer:  # noqa: F811
    await filer.starts(BIRTH)
    await filer.answers(*REVIEWED)
    await filer.presses("Đồng ý")
    await world.sending.hand_over_due()
    return filer


async def told(filer: Filer, world: World) -> None:  # noqa: F811
    """The citizen hears what the agency says by now."""
    for followed in await world.following.due(9):
        await world.following.record(followed.reference, await world.one_stop.progress(followed.reference))
    await world.notices.tell_due()
    line = (await world.store.history(filer.conversation_id))[-1]
    filer.replies = tuple(Reply.model_validate(reply) for reply in line["replies"])


async def asked_for(filer: Filer, world: World, records: Records, clock: Clock) -> Received:  # noqa: F811
    received = records.latest()[0]
    records.ask_supplement(received.code, "Hạnh", "Ảnh giấy chứng sinh bị mờ", ["Giấy chứng sinh"], None)
    clock.advance(minutes=20)
    await told(filer, world)
    return received


async def test_what_is_asked_for_is_given_in_the_chat_and_arrives(
    filed: Filer,
    world: World,  # noqa: F811
    records: Records,  # noqa: F811
    clock: Clock,
    papers: Attachments,
) -> None:
    received = await asked_for(filed, world, records, clock)
    await filed.presses("Gửi bổ sung")
    assert "Ảnh giấy chứng sinh bị mờ" in filed.text and "• Giấy chứng sinh" in filed.text
    assert (filed.question.id, filed.question.kind) == ("supplement", "file")
    photo = await papers.accept(filed.conversation_id, "lai.jpg", upload(JPEG))
    await filed.sends(photo.id)
    await filed.says("em chụp lại rồi ạ")
    assert "1 tệp, lời ghi thêm" in filed.text
    await filed.presses("Gửi bổ sung")
    await world.sending.hand_over_due()
    assert filed.underway is None
    given = records.supplements(records.find(received.code))[0]
    assert given["answered_at"] and "lai.jpg" in given["answer"] and "em chụp lại rồi" in given["answer"]
    assert records.find(received.code).status == 4


async def test_what_was_given_is_not_given_twice(
    filed: Filer,
    world: World,  # noqa: F811
    records: Records,  # noqa: F811
    clock: Clock,
) -> None:
    await asked_for(filed, world, records, clock)
    await filed.presses("Gửi bổ sung")
    await filed.says("số điện thoại mới là 0912345678")
    before, send = filed.underway, next(b.payload for b in filed.buttons if b.title == "Gửi bổ sung")
    await filed.presses(send)
    filed.underway = before  # a crash before the answer was kept: the same message comes again
    await filed.presses(send)
    assert "đã gửi rồi" in filed.text
    await world.sending.hand_over_due()
    await world.sending.hand_over_due()
    assert await world.queue.counts() == {"done": 2}


async def test_nothing_is_sent_while_nothing_was_given(
    filed: Filer,
    world: World,  # noqa: F811
    records: Records,  # noqa: F811
    clock: Clock,
) -> None:
    received = await asked_for(filed, world, records, clock)
    await filed.presses("Gửi bổ sung")
    await filed.presses(press("send", received.code))
    assert "chưa nhận được ảnh" in filed.text and filed.question.id == "supplement"
    assert await world.queue.counts() == {"done": 1}


async def test_a_question_in_between_is_left_to_the_dialogue_and_the_supplement_asked_again(
    filed: Filer,
    world: World,  # noqa: F811
    records: Records,  # noqa: F811
    clock: Clock,
) -> None:
    await asked_for(filed, world, records, clock)
    await filed.presses("Gửi bổ sung")
    await filed.says("giấy chứng sinh xin ở đâu?")
    assert filed.asides == ["giấy chứng sinh xin ở đâu?"]
    heard = filed.heard(text="giấy chứng sinh xin ở đâu?")
    answered = Outcome(replies=(Reply(text="Ở bệnh viện."),), turn=Turn(kind="answer"))
    reminded = await filed.filing.remind(answered, heard)
    assert "vẫn chờ phần bổ sung" in reminded.outcome.replies[-1].text
    assert reminded.outcome.turn.question.id == "supplement"


async def test_a_photo_sent_without_pressing_anything_is_taken_for_what_was_asked(
    filed: Filer,
    world: World,  # noqa: F811
    records: Records,  # noqa: F811
    clock: Clock,
    papers: Attachments,
) -> None:
    photo = await papers.accept(filed.conversation_id, "lai.jpg", upload(JPEG))
    await filed.sends(photo.id)
    assert len(filed.asides) == 1  # nothing is asked for yet
    await asked_for(filed, world, records, clock)
    await filed.sends(photo.id)
    assert "Mình đã giữ: 1 tệp" in filed.text
    await filed.says("làm tiếp")
    assert "vẫn chờ phần bổ sung" in filed.text
    await filed.says("gửi đi")
    await world.sending.hand_over_due()
    assert await world.queue.counts() == {"done": 2}


async def test_later_leaves_it_and_a_request_that_is_over_says_so(
    filed: Filer,
    world: World,  # noqa: F811
    records: Records,  # noqa: F811
    clock: Clock,
) -> None:
    received = await asked_for(filed, world, records, clock)
    await filed.presses("Gửi bổ sung")
    await filed.says("để sau")
    assert filed.underway is None
    records.move(received.code, 4, "Hạnh", "")
    clock.advance(minutes=20)
    await told(filed, world)
    await filed.presses(press("give", received.code))
    assert "không cần bổ sung gì" in filed.text and filed.underway is None


async def test_a_refusal_is_put_right_from_the_same_answers(
    filed: Filer,
    world: World,  # noqa: F811
    records: Records,  # noqa: F811
    clock: Clock,
) -> None:
    received = records.latest()[0]
    records.move(received.code, 3, "Hạnh", "", reason="Tên mẹ khác với giấy chứng sinh")
    clock.advance(minutes=20)
    await told(filed, world)
    await filed.presses("Sửa và nộp lại")
    assert "Tên mẹ khác với giấy chứng sinh" in filed.text
    assert "Nguyễn Minh An" in filed.text and "Đồng ý" in {button.title for button in filed.buttons}
    await filed.says("sửa câu 6")
    await filed.says("Trần Thị Hoa Mai")
    await filed.presses("Đồng ý")
    await world.sending.hand_over_due()
    assert [one.record["ChuHoSo"] for one in records.latest()] == ["Trần Thị Hoa Mai", "Trần Thị Hoa"]


async def test_a_delay_is_put_into_words_to_send(
    filed: Filer,
    world: World,  # noqa: F811
    records: Records,  # noqa: F811
    clock: Clock,
) -> None:
    received = records.latest()[0]
    promised = datetime(2026, 11, 26, 17, tzinfo=VIETNAM)
    records.move(received.code, 2, "Hạnh", "", accepted_at=records.now_text(), promised_at=promised.isoformat())
    clock.advance(days=7)
    await told(filed, world)
    await filed.presses("Hỏi vì sao chậm")
    assert f"“Tôi nộp hồ sơ {received.code}" in filed.text and "chậm 3 ngày làm việc" in filed.text
    assert "dichvucong.gov.vn" in filed.text


async def test_a_strangers_dossier_cannot_be_pressed(
    filed: Filer,
    world: World,  # noqa: F811
    records: Records,  # noqa: F811
    clock: Clock,
    store: Store,
) -> None:
    received = await asked_for(filed, world, records, clock)
    stranger = Filer(filed.filing, (await store.start_conversation("web"))[0].id)
    for verb in VERBS:
        for key in (received.code, received.sender_code):
            await stranger.presses(press(verb, key))
            assert "không còn mở ở đây" in stranger.text, verb


async def test_who_has_only_begun_is_led_back_to_the_draft(filer: Filer, after: AfterFiling) -> None:
    heard = filer.heard(text="hồ sơ của tôi tới đâu rồi")
    assert await after.unsent("hồ sơ của tôi tới đâu rồi", heard) is None
    await filer.starts(BIRTH)
    await filer.says("mẹ")
    told = await after.unsent("hồ sơ của tôi tới đâu rồi", heard)
    assert "chưa nộp" in told.replies[0].text
    await filer.presses(told.replies[0].buttons[0].payload)
    assert filer.asked == "child_name"
    assert await after.unsent("hồ sơ H15.50.05.13-261124-0001 tới đâu rồi", heard) is None


# ---- a time at the desk


async def test_a_time_at_the_desk_is_chosen_in_two_taps(filer: Filer, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 27, 15, 0, tzinfo=VIETNAM)  # a Friday, after the last hour that can be chosen
    await filer.starts(COPY)
    await filer.answers(*COPIED)
    await filer.presses("Đồng ý")
    await filer.presses("Hẹn giờ đến quầy")
    assert filer.buttons[0].title == "thứ hai 30/11"
    await filer.presses("thứ hai 30/11")
    assert [button.title for button in filer.buttons] == ["08:00", "09:30", "14:00", "15:30"]
    await filer.presses("09:30")
    assert "09:30 thứ hai 30/11" in filer.text and "Tuy Hòa" in filer.text
    assert filer.replies[0].file_url.startswith("/dossiers/visits/")


async def test_no_time_is_taken_that_was_not_offered(filer: Filer) -> None:
    await filer.starts(COPY)
    await filer.answers(*COPIED)
    tag = filer.underway.dossier[:8]
    for moment in ("261129", "2611280930", "2611300300", "991301", "2001010930", "2611231400"):
        await filer.presses(press("time", tag, moment))
        assert "Bạn muốn đến" in filer.text, moment


async def test_the_calendars_file_holds_place_and_time_in_short_lines(filer: Filer, store: Store) -> None:
    await filer.starts(COPY)
    await filer.answers(*COPIED)
    desk = Desk("Phường Tuy Hòa", "Tỉnh Đắk Lắk", "Quầy một cửa; tầng 1", "1 Lê Lợi, phường Tuy Hòa")
    visits = Visits(all_places(), lambda ward, province: desk, Proofs(store.keys), store.clock)
    dossier = await Dossiers(store, DAYS).find(filer.conversation_id, filer.underway.dossier)
    text = calendar(dossier, datetime(2026, 11, 30, 9, 30, tzinfo=VIETNAM), visits.where(dossier))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    whole = text.replace("\r\n ", "")
    assert "DTSTART:20261130T023000Z" in whole and "DTEND:20261130T030000Z" in whole
    assert "LOCATION:Quầy một cửa\\; tầng 1\\, 1 Lê Lợi\\, phường Tuy Hòa" in whole


def test_links_are_read_by_whoever_made_them_only(store: Store) -> None:
    proofs, at = Proofs(store.keys), datetime(2026, 11, 30, 9, 30, tzinfo=VIETNAM)
    token = proofs.path("H15.50.05.13-261124-0001").rpartition("/")[2]
    assert proofs.read_result(token) == "H15.50.05.13-261124-0001"
    visit = proofs.visit("a" * 32, at, "web").rpartition("/")[2].removesuffix(".ics")
    assert proofs.read_visit(visit) == ("a" * 32, at)
    for forged in ("", "~", token[:-1], token.replace("0001", "0002"), f"{token}0", "é" * 9, "x" * 500):
        assert proofs.read_result(forged) is None and proofs.read_visit(forged) is None
    assert proofs.visit("a" * 32, at, "telegram") is None  # nobody could open it there


def test_a_button_carries_codes_of_every_shape_and_nothing_else() -> None:
    for code in ("H15.50.05.13-261124-0001", "000.00.00.H56-261124-0001", "MC-261124-ABCDEF", "0a1b2c3d"):
        payload = press("give", code)
        assert len(payload) <= 64 and read(payload).key == code
    assert press("give", "mã lạ") is None and press("give", "H15/../..") is None
    for forged in (None, "b:", "b:give", "b:steal:H15.50.05.13-261124-0001", "b:time:0a1b2c3d:1", "b:give:0a1b2c3d\n"):
        assert read(forged) is None
