"""The result by post: asked of nobody who does not choose it, told wherever the dossier is told."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from bot.channels.zalo_render import MOST_BUTTONS, MOST_TITLE_CHARS
from bot.sandbox.one_stop_records import Records
from bot.settings import Settings
from bot.store import Store
from bot.submission.attachments import Attachments
from bot.submission.dossiers import Dossiers
from bot.submission.findings import findings
from bot.submission.leaving import to_handover
from bot.submission.one_stop.protocol import Handover
from bot.submission.one_stop.sealed import handover_from_json, state_from_json
from bot.submission.papers.filled import form_of
from bot.submission.posting import can_be_posted
from bot.submission.sheet import render
from knowledge.schema import Channel, Procedure
from knowledge.working_days import VIETNAM
from tests.clock import Clock
from tests.submission.filer import DAYS, Filer, filing_on
from tests.submission.journeys import TODAY, curated, procedure, question
from tests.submission.one_stop.conftest import agency, exchange, records, world  # noqa: F401 — fixtures
from tests.submission.one_stop.world import World
from tests.submission.papers.papered import papered
from tests.submission.test_after_filing import BIRTH, REVIEWED, after, papers, told  # noqa: F401
from tests.submission.test_after_filing import filer as sender  # noqa: F401
from tests.submission.test_my_dossiers import mine  # noqa: F401

BY_POST, AT_DESK = "Nhận kết quả qua bưu điện", "Nhận tại quầy hoặc bản điện tử"
HOME = "12 Lê Lợi, phường Tuy Hòa, tỉnh Đắk Lắk"
ELSEWHERE = "Thôn Phú Hòa, xã Tuy An Đông, tỉnh Đắk Lắk"
TO = f"{HOME}, điện thoại 0905123456"


def postable(*questions: object, **more: object) -> Procedure:
    known = {
        "outcome": "Giấy xác nhận",
        "submission_methods": (Channel.postal,),
        "conditions": (),
        "official_steps": (),
    }
    known |= {"differs_because": {}, "common_returns": ()}
    return procedure(*questions).model_copy(update=known | more)


SMALL = postable(
    question("name", "person_name"), question("home_address", "address"), question("phone", "phone"), code="9.000003"
)


@pytest.fixture
async def filer(store: Store) -> Filer:
    filer = Filer(filing_on(store, records={SMALL.code: SMALL}), (await store.start_conversation("web"))[0].id)
    await filer.starts(SMALL)
    return await filer.answers("Lê Thị Mây", ELSEWHERE, "0912345678")


async def posted(filer: Filer) -> Filer:
    await filer.presses(BY_POST)
    return await filer.answers(HOME, "0905 123 456")


def titles(filer: Filer) -> list[str]:
    return [button.title for button in filer.buttons]


# ---- who is offered it


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"submission_methods": (Channel.online,)}, "the post does not serve it"),
        ({"outcome": None}, "nobody knows what comes of it"),
        ({"outcome": "Thông báo kết quả. Nơi ở được ghi vào dữ liệu"}, "it is electronic"),
        ({"conditions": ("Hai người cùng có mặt khi nhận giấy.",)}, "they must come"),
        ({"official_steps": ("Đem bản chính đến nhận giấy.",)}, "they must come to fetch it"),
        ({"differs_because": {"online_level": "Phải có mặt để ký."}}, "they must come"),
    ],
)
def test_it_is_offered_only_where_it_can_be(more: dict[str, object], why: str) -> None:
    assert can_be_posted(postable(question("name")))
    assert not can_be_posted(postable(question("name"), **more)), why


def test_what_asks_it_by_itself_or_wants_people_there_is_not_asked_again() -> None:
    can = {code for code, one in curated().items() if one.questions and can_be_posted(one)}
    assert {BIRTH, "1.000656", "1.004873", "3.000333"} <= can
    assert not can & {"1.001456", "2.000635", "2.000908", "1.014064"}, "their journeys ask it"
    assert not can & {"1.000894", "1.001022", "2.001035", "2.001263", "1.013831"}, "people must come"
    assert not can & {"1.004194", "1.004222", "2.001159"}, "the result is an entry in the data"


# ---- choosing


async def test_who_does_not_choose_it_is_asked_nothing_and_told_nothing(filer: Filer) -> None:
    assert filer.asked is None and BY_POST in titles(filer)
    dossier = await filer.dossier()
    assert [step.id for step in dossier.path.steps] == ["name", "home_address", "phone"]
    await filer.presses("Đồng ý")
    assert "bưu điện" not in filer.text


async def test_address_and_telephone_are_asked_and_stand_in_the_review(filer: Filer) -> None:
    await filer.presses(BY_POST)
    assert filer.asked == "posted_address" and (
        filer.outcome.turn.progress.number,
        filer.outcome.turn.progress.total,
    ) == (4, 5)
    await filer.says("12 Lê Lợi")
    assert filer.asked == "posted_address", "an address has its ward"
    await filer.says(HOME)
    assert filer.asked == "posted_phone"
    await filer.says("12")
    assert filer.asked == "posted_phone"
    await filer.says("0905 123 456")
    assert filer.asked is None and f"Kết quả: gửi bưu điện tới {TO}." in filer.text
    assert AT_DESK in titles(filer) and BY_POST not in titles(filer)
    assert "cước" in filer.text and "đồng." not in filer.text, "no figure is invented"


async def test_an_old_ward_becomes_the_new_one(filer: Filer) -> None:
    await filer.presses(BY_POST)
    await filer.says("12 Lê Lợi, phường 5, thành phố Tuy Hòa, tỉnh Phú Yên")
    answer = (await filer.dossier()).answers["posted_address"]
    assert "nay là" in answer.shown and answer.value


async def test_it_can_be_changed_back_and_nothing_is_kept_of_it(filer: Filer) -> None:
    await posted(filer)
    await filer.presses(AT_DESK)
    assert filer.asked is None and "gửi bưu điện tới" not in filer.text and BY_POST in titles(filer)
    assert set((await filer.dossier()).answers) == {"name", "home_address", "phone"}


async def test_the_way_back_stands_at_the_questions_too(filer: Filer) -> None:
    await filer.presses(BY_POST)
    assert AT_DESK in titles(filer)
    await filer.presses(AT_DESK)
    assert filer.asked is None and BY_POST in titles(filer)


async def test_pressing_twice_or_on_another_device_changes_nothing(filer: Filer) -> None:
    button = next(button.payload for button in filer.buttons if button.title == BY_POST)
    other = Filer(filer.filing, filer.conversation_id, underway=filer.underway)
    await posted(filer)
    version = (await filer.dossier()).version
    await other.presses(button)
    assert (await filer.dossier()).version == version and TO in other.text


async def test_a_forged_button_posts_nothing_that_cannot_be_posted(store: Store) -> None:
    one = postable(question("name"), outcome="Thông báo kết quả", code="9.000004")
    filer = Filer(filing_on(store, records={one.code: one}), (await store.start_conversation("web"))[0].id)
    await (await filer.starts(one)).says("một hai ba")
    assert BY_POST not in titles(filer)
    await filer.presses(f"j:post:{(await filer.dossier()).tag}")
    assert filer.asked is None and set((await filer.dossier()).answers) == {"name"}


async def test_it_stays_when_another_answer_is_changed_and_can_itself_be_changed(filer: Filer) -> None:
    await posted(filer)
    await filer.presses("Sửa câu 1")
    await filer.says("Lê Thị Mai")
    assert filer.asked is None and TO in filer.text
    await filer.presses("Sửa câu 4")
    await filer.says(ELSEWHERE)
    assert f"gửi bưu điện tới {ELSEWHERE}" in filer.text


async def test_choosing_it_after_consent_asks_for_consent_again(filer: Filer) -> None:
    button = next(button.payload for button in filer.buttons if button.title == BY_POST)
    await filer.presses("Đồng ý")
    assert (await filer.dossier()).consented_at
    await filer.presses(button)
    assert (await filer.dossier()).consented_at is None and filer.asked == "posted_address"


async def test_a_process_that_starts_anew_goes_on_where_it_was(filer: Filer, store: Store) -> None:
    await filer.presses(BY_POST)
    later = Filer(filing_on(store, records={SMALL.code: SMALL}), filer.conversation_id, underway=filer.underway)
    await later.answers(HOME, "0905123456")
    assert TO in later.text


async def test_what_the_dossier_tells_is_offered_for_one_tap(store: Store, settings: Settings) -> None:
    filer = await papered(store, settings, SMALL)
    await filer.starts(SMALL)
    await filer.answers("Lê Thị Mây", ELSEWHERE, "0912345678")
    await filer.presses(BY_POST)
    await filer.presses(f"Dùng: {ELSEWHERE}")
    assert filer.asked == "posted_phone"
    await filer.presses("Dùng: 0912345678")
    assert f"gửi bưu điện tới {ELSEWHERE}, điện thoại 0912345678" in filer.text


async def test_the_review_keeps_within_what_zalo_shows_as_buttons(filer: Filer) -> None:
    for _ in range(2):
        last = filer.replies[-1].buttons
        assert len(last) <= MOST_BUTTONS and all(len(one.title) <= MOST_TITLE_CHARS for one in last)
        await posted(filer)


# ---- where it goes


async def test_it_stands_in_the_form_the_sheet_and_the_hand_over(filer: Filer, store: Store, store_settings) -> None:
    dossier = await (await posted(filer)).dossier()
    assert {HOME, "0905123456"} <= {answer for _, answer in form_of(dossier, TODAY).rows}
    page = render(dossier, "https://dichvucong.gov.vn", "n0nce", "10:00")
    assert HOME in page and "0905123456" in page
    sent = await Dossiers(store, DAYS).submit(dossier, b"m")
    handover = await to_handover(sent, Attachments(store, store_settings), "web", TODAY)
    assert handover.posted_to == TO and {HOME, "0905123456"} <= set(handover.answers.values())
    assert handover.phone == "0912345678", "the receiver's number is not the applicant's"


async def test_where_the_result_goes_says_nothing_of_the_case(store: Store, store_settings) -> None:
    one = postable(question("name"), code="9.000005")
    conversation, _ = await store.start_conversation("web")
    other = Filer(filing_on(store, records={one.code: one}), conversation.id)
    await (await other.starts(one)).says("một hai ba")
    dossier = await (await posted(other)).dossier()
    assert findings(dossier, False, serves=lambda ward: False) == []
    sent = await Dossiers(store, DAYS).submit(dossier, b"m")
    assert (await to_handover(sent, Attachments(store, store_settings), "web", TODAY)).phone == ""


def test_hand_overs_and_states_kept_before_are_still_read() -> None:
    before = '{"code": "H05", "status": "accepted", "raw_status": "2"}'
    assert state_from_json(before.encode()).posted_to == ""
    blank = {name: "" for name in Handover.__dataclass_fields__ if name not in ("documents", "answers", "costs", "act")}
    blank |= {"submitted_at": "2026-11-25T10:00:00Z"}
    del blank["posted_to"]
    assert handover_from_json(json.dumps(blank).encode()).posted_to == ""


async def test_the_notice_and_my_dossiers_say_that_it_will_be_posted(
    sender: Filer,  # noqa: F811
    mine: object,  # noqa: F811
    world: World,  # noqa: F811
    records: Records,  # noqa: F811
    clock: Clock,
) -> None:
    await sender.starts(BIRTH)
    await posted(await sender.answers(*REVIEWED))
    [draft] = await mine.of(sender.conversation_id)
    assert f"gửi bưu điện tới {TO}" in draft.text
    await sender.presses("Đồng ý")
    await world.sending.hand_over_due()
    received = records.latest()[0]
    [waiting] = await mine.of(sender.conversation_id)
    assert f"gửi bưu điện tới {TO}" in waiting.text
    records.move(received.code, 4, "Hạnh", "")
    records.move(received.code, 9, "Hạnh", "", finished_at=datetime(2026, 11, 25, 11, tzinfo=VIETNAM).isoformat())
    clock.advance(minutes=20)
    await told(sender, world)
    assert f"sẽ được gửi qua bưu điện tới {TO}" in sender.text
    assert "Hẹn giờ đến quầy" not in titles(sender)
    [done] = await mine.of(sender.conversation_id)
    assert done.text.count(TO) == 1
