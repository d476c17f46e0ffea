"""Filling in a dossier in the conversation: answers, orders, asides, bad input, and the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.store import Store, open_store
from bot.submission.dossiers import Dossiers
from bot.wording import say
from tests.databases import put_at_head
from tests.submission.filer import DAYS, FILE, Filer, filing_on
from tests.submission.journeys import curated, journeys, procedure, question

BIRTH, STAY, BUSINESS, DEATH = "1.001193", "1.004194", "1.001612", "1.000656"
TO_MOTHER_ID = ("Mẹ", "Nguyễn Minh An", "02/11/2026", "nữ", "Bệnh viện Phú Yên", "Trần Thị Hoa")
ALL_OF_BIRTH = (*TO_MOTHER_ID, "054195001234", "có", "Nguyễn Văn Bình", "054093005678", FILE)


@pytest.fixture
async def filer(store: Store) -> Filer:
    return Filer(filing_on(store), (await store.start_conversation("web"))[0].id)


@pytest.fixture
async def embedded_filer(settings, clock, migrated_file) -> AsyncIterator[Filer]:
    """On SQLite only: for what says nothing about a database and is tried often."""
    store = await open_store(put_at_head(settings, migrated_file), clock)
    yield Filer(filing_on(store), (await store.start_conversation("web"))[0].id)
    await store.close()


async def another(filer: Filer, store: Store, channel: str = "web") -> Filer:
    return Filer(filer.filing, (await store.start_conversation(channel))[0].id, channel)


# ---- walking


@pytest.mark.parametrize("one", journeys(), ids=lambda one: one.code)
async def test_every_curated_journey_is_walked_by_sending_its_examples_back(one, embedded_filer: Filer) -> None:
    filer = embedded_filer
    await filer.starts(one)
    for _ in range(60):
        if filer.question is None:
            break
        asked, pages = filer.asked, (FILE, "e" * 32)
        await (filer.sends(*pages) if filer.question.kind == "file" else filer.says(filer.question.example))
        assert not filer.asides and filer.asked != asked, f"{asked}: {filer.text}"
    assert filer.question is None
    dossier = await filer.dossier()
    assert dossier.path.waiting is None
    assert say("filing.found.none") in filer.text, "the examples of a journey agree with each other"


@pytest.mark.parametrize("one", journeys(), ids=lambda one: one.code)
def test_no_choice_of_a_journey_is_taken_for_an_order(one) -> None:
    from bot.dialogue.controls import read_text
    from bot.submission.words import order

    for asked in one.questions:
        for choice in asked.choices:
            assert order(choice.label) is None and read_text(choice.label) is None, choice.label


async def test_the_question_is_in_the_turn_as_the_contract_says(filer: Filer) -> None:
    await filer.starts(BIRTH)
    turn = filer.outcome.turn.model_dump(mode="json")
    assert (turn["kind"], turn["procedure_code"]) == ("journey", BIRTH)
    assert turn["question"] == {
        "id": "filer", "kind": "choice", "prompt": "Bạn là ai của bé?", "example": "Mẹ", "optional": False,
        "choices": [
            {"value": "mother", "label": "Mẹ"}, {"value": "father", "label": "Cha"},
            {"value": "relative", "label": "Ông bà hoặc người thân"},
            {"value": "other", "label": "Người khác được nhờ làm thay"},
        ],
    }  # fmt: skip
    await filer.says("mẹ")
    assert "choices" not in filer.outcome.turn.model_dump(mode="json")["question"]


async def test_names_and_short_words_are_answers_not_intents(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.answers("Mẹ", "Nguyễn Văn An", "02/11/2026", "nữ", "ở nhà", "Lê Thị Gặp", "054195001234", "không")
    assert not filer.asides
    told = await filer.told()
    assert (told["child_name"], told["child_sex"], told["father_declared"]) == ("Nguyễn Văn An", "female", "left_blank")


async def test_a_button_answers_as_words_do(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.presses("Cha")
    assert (await filer.told(), filer.asked) == ({"filer": "father"}, "child_name")


async def test_what_was_read_differently_is_told(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.answers("mẹ", "Nguyễn Minh An", "hôm qua")
    assert "24/11/2026" in filer.text


@pytest.mark.parametrize(
    "text", ["lệ phí bao nhiêu vậy?", "le phi bao nhieu vay", "nộp ở đâu", "lệ phí", "là sao", "có người đòi mã otp"]
)
async def test_a_question_in_the_middle_is_left_to_the_dialogue(filer: Filer, text: str) -> None:
    await filer.starts(BIRTH)
    await filer.answers("mẹ")  # a name waits: nearly any words could be one
    await filer.says(text)
    assert filer.asides == [text]
    assert (await filer.told()) == {"filer": "mother"}


async def test_the_question_waits_on_after_something_else_was_told(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.says("mẹ")
    filed = await filer.filing.remind(filer.outcome.model_copy(update={"replies": ()}), filer.heard(text="x"))
    assert filed.outcome.turn.question.id == "child_name"
    assert filed.underway == filer.underway


async def test_a_question_insisted_on_is_an_answer_all_the_same(filer: Filer) -> None:
    await filer.starts(procedure(question("reason", "text")))
    assert (await filer.says("vì sao tôi cần à, để đi làm")).asides
    filer._took(await filer.filing.answer(filer.heard(text="vì sao tôi cần à, để đi làm"), insists=True))
    assert (await filer.told())["reason"] == "vì sao tôi cần à, để đi làm"


# ---- going back, changing, leaving out


async def test_back_and_a_changed_answer_keep_the_later_ones(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.answers(*TO_MOTHER_ID)
    await filer.says("quay lại")
    assert filer.asked == "mother_name" and "Trần Thị Hoa" in filer.text
    await filer.says("quay lai")
    assert filer.asked == "birth_place"
    await filer.says("Bệnh viện Tuy Hòa")
    assert filer.asked == "mother_id"
    told = await filer.told()
    assert (told["birth_place"], told["mother_name"]) == ("Bệnh viện Tuy Hòa", "Trần Thị Hoa")


async def test_back_at_the_first_question_says_so(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.says("quay lại")
    assert say("filing.first") in filer.text and filer.asked == "filer"


async def test_a_changed_branch_asks_only_what_is_new(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.answers(*ALL_OF_BIRTH)
    await filer.says("sửa câu 1")
    assert filer.asked == "filer"
    await filer.says("người khác được nhờ")
    assert filer.asked == "authorisation"
    await filer.sends("e" * 32)
    assert filer.question is None and filer.underway.question is None
    assert (await filer.told())["mother_id"] == "054195001234"


@pytest.mark.parametrize("text", ["sửa câu 2", "sửa 2", "Sua lai cau 2", "đổi câu 2"])
async def test_an_answer_is_changed_by_its_number(filer: Filer, text: str) -> None:
    await filer.starts(BIRTH)
    await filer.answers(*TO_MOTHER_ID)
    await filer.says(text)
    assert filer.asked == "child_name" and "Nguyễn Minh An" in filer.text


@pytest.mark.parametrize("text", ["sửa câu 0", "sửa câu 99"])
async def test_a_number_that_is_no_answer_shows_what_there_is(filer: Filer, text: str) -> None:
    await filer.starts(BIRTH)
    await filer.answers("mẹ")
    await filer.says(text)
    assert say("filing.edit_what") in filer.text and filer.asked == "child_name"


async def test_edit_alone_shows_the_answers_with_their_buttons(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.answers("mẹ", "Nguyễn Minh An")
    await filer.says("sửa")
    await filer.presses("Sửa câu 1")
    assert filer.asked == "filer"


async def test_an_optional_question_is_left_out_by_word_button_or_nothing(filer: Filer) -> None:
    one = procedure(*(question(f"q{n}", "phone", "0912345678", optional=True) for n in range(3)), question("last"))
    await filer.starts(one)
    await filer.says("bỏ qua")
    await filer.presses("Bỏ qua")
    await filer.says("không có")
    assert filer.asked == "last"
    assert set((await filer.told()).values()) == {""}
    await filer.says("bỏ qua")
    assert say("filing.must") in filer.text and filer.asked == "last"


async def test_later_at_a_paper_is_its_button_and_elsewhere_a_pause(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.says("để sau")
    assert filer.underway.is_paused
    await filer.says("làm tiếp")
    await filer.answers(*ALL_OF_BIRTH[:-1])
    assert filer.question.kind == "file"
    await filer.says("Để sau")
    assert filer.asked is None and not filer.underway.is_paused and "nộp sau" in filer.text


async def test_a_paper_may_come_later_and_is_reminded_of(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.answers(*ALL_OF_BIRTH[:-1])
    await filer.presses("Nộp sau")
    assert filer.question is None
    assert say("filing.found.paper", number=11) in filer.text


async def test_a_late_page_goes_to_the_paper_before(filer: Filer) -> None:
    one = procedure(question("paper", "file"), question("name", "person_name"))
    await filer.starts(one)
    await filer.sends("a" * 32)
    await filer.sends("b" * 32, "c" * 32)
    assert filer.asked == "name"
    assert (await filer.told())["paper"] == ",".join(("a" * 32, "b" * 32, "c" * 32))


async def test_a_file_where_words_are_wanted_is_told(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.sends()
    assert say("filing.wrong.no_file") in filer.text and filer.asked == "filer"


# ---- groups


def family():
    return procedure(
        question("has_children", "yes_no", "có", next=({"goto": "end", "answer_is": "no"},)),
        question("child_name", "person_name", "Lê An"),
        question("child_birth_date", "date", "02/11/2020"),
        question("child_id", "citizen_id", "054220001234", repeat={"first": "child_name", "prompt": "Còn bé nào nữa?"}),
        question("phone", "phone", "0912345678"),
    )


async def test_several_children_are_told_one_after_another(filer: Filer) -> None:
    await filer.starts(family())
    await filer.answers("có", "Lê An", "02/11/2020", "054220001234")
    assert (filer.asked, filer.question.kind, filer.question.example) == ("child_id_more", "yes_no", "Không")
    await filer.answers("còn, có", "Lê Bình", "03/04/2022", "054222009999", "không")
    assert filer.asked == "phone"
    told = await filer.told()
    assert (told["child_name"], told["child_name.2"]) == ("Lê An", "Lê Bình")


async def test_a_child_s_number_is_held_against_that_child_s_day(filer: Filer) -> None:
    await filer.starts(family())
    await filer.answers("có", "Lê An", "02/11/2020", "054220001234", "có", "Lê Bình", "03/04/2022", "054220009999")
    assert filer.asked == "child_id.2" and "2020" in filer.text
    await filer.presses("Sửa câu 7")
    assert filer.asked == "child_birth_date.2"


async def test_the_first_answer_ends_a_family_that_has_no_children(filer: Filer) -> None:
    await filer.starts(family())
    await filer.says("ko")
    assert filer.question is None


# ---- bad input


async def test_a_day_in_the_future_is_refused(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.answers("mẹ", "Nguyễn Minh An", "02/11/2030")
    assert filer.asked == "child_birth_date" and "02/11/2030" in filer.text


async def test_a_number_that_contradicts_the_birth_date_is_told_with_both_ways_to_mend_it(filer: Filer) -> None:
    await filer.starts(STAY)
    await filer.answers("Phạm Quốc Việt", "20/08/1990", "066204001122")
    assert filer.asked == "person_id" and "2004" in filer.text and "20/08/1990" in filer.text
    await filer.presses("Sửa câu 2")
    assert filer.asked == "person_birth_date"
    await filer.answers("20/08/2004", "066204001122")
    assert filer.asked == "phone"


async def test_an_earlier_answer_changed_into_a_contradiction_is_found_in_the_review(filer: Filer) -> None:
    await filer.starts(procedure(question("birth_date", "date"), question("citizen_id", "citizen_id")))
    await filer.answers("12/06/1995", "054195002345", "sửa câu 1", "12/06/1985")
    assert filer.question is None
    assert "sinh năm 1995" in filer.text
    await filer.presses("Sửa câu 2")
    assert filer.asked == "citizen_id"


async def test_one_number_for_two_people_is_found(filer: Filer) -> None:
    await filer.starts(procedure(question("buyer_id", "citizen_id"), question("seller_id", "citizen_id")))
    await filer.answers("054195002345", "054195002345")
    assert say("filing.found.same_id", end="2345") in filer.text


async def test_a_name_without_diacritics_and_days_in_the_wrong_order_are_found(filer: Filer) -> None:
    one = procedure(
        question("deceased_name", "person_name"),
        question("deceased_birth_date", "date"),
        question("death_date", "date"),
    )
    await filer.starts(one)
    await filer.answers("vo van sau", "01/07/2020", "10/11/2019")
    assert say("filing.found.no_marks", name="Vo Van Sau") in filer.text
    assert say("filing.found.order", first="01/07/2020", second="10/11/2019") in filer.text


async def test_after_two_bad_answers_there_is_an_explanation_and_a_person(filer: Filer) -> None:
    await filer.starts(STAY)
    await filer.answers("Phạm Quốc Việt", "ngày nảo ngày nào")
    assert "h:" not in [button.payload for button in filer.buttons]
    await filer.says("hôm nọ")
    assert "20/08/2004" in filer.text and "h:" in [button.payload for button in filer.buttons]
    await filer.says("20/08/2004")
    assert filer.underway.misses == 0


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000,
        "😀🎉👍",
        "\u200b\u200b",
        "please help me with this",
        "안녕하세요",
        "}{0}",
        "'; DROP TABLE dossiers;--",
    ],
)
async def test_a_bad_message_is_told_and_changes_nothing(filer: Filer, text: str) -> None:
    await filer.starts(BIRTH)
    await filer.says("mẹ")
    await filer.says(text)
    assert filer.asked == "child_name"
    assert await filer.told() == {"filer": "mother"}


@pytest.mark.parametrize(
    "payload",
    [
        "a:00000000:0.1:mother",
        "j:drop:00000000",
        "a:zzzzzzzz:0.1:mother",
        "a:",
        "j:",
        "j:fly:00000000",
        "a:" + "0" * 60,
    ],
)
async def test_a_forged_button_does_nothing(filer: Filer, payload: str) -> None:
    await filer.starts(BIRTH)
    before = filer.underway
    await filer.presses(payload)
    assert filer.underway == before and await filer.told() == {}


async def test_a_button_with_a_value_that_was_never_offered_does_nothing(filer: Filer) -> None:
    await filer.starts(BIRTH)
    tag = (await filer.dossier()).tag
    await filer.presses(f"a:{tag}:0.1:king")
    await filer.presses(f"a:{tag}:9.1:x")
    await filer.presses(f"a:{tag}:0.1:w~daklak.phuongtuyhoa")
    assert await filer.told() == {} and filer.asked == "filer"


async def test_a_button_of_another_s_dossier_does_nothing(filer: Filer, store: Store) -> None:
    await filer.starts(BIRTH)
    stranger = await another(filer, store)
    await stranger.presses(filer.buttons[0].payload)
    assert say("filing.gone") in stranger.text
    assert await filer.told() == {}


async def test_a_button_of_an_old_question_is_told_so(filer: Filer) -> None:
    await filer.starts(BIRTH)
    father = next(button.payload for button in filer.buttons if button.title == "Cha")
    await filer.presses("Mẹ")
    await filer.presses(father)
    assert filer.asked == "child_name" and say("filing.old", answer="Mẹ", number=1) in filer.text
    assert await filer.told() == {"filer": "mother"}
    await filer.presses("Sửa câu 1")
    await filer.presses(father)
    assert await filer.told() == {"filer": "father"}


async def test_words_for_an_old_question_are_told_so_where_the_client_names_it(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.answers("mẹ", "Nguyễn Minh An")
    await filer.says("Nguyễn Minh Anh", question_id="child_name")
    assert filer.asked == "child_birth_date" and "Nguyễn Minh An" in filer.text
    assert (await filer.told())["child_name"] == "Nguyễn Minh An"
    await filer.says("x", question_id="never_asked")
    assert say("filing.off_path") in filer.text


async def test_two_devices_answering_at_once_never_lose_or_mix_answers(filer: Filer) -> None:
    await filer.starts(procedure(question("one", "person_name"), question("two", "person_name"), question("three")))
    device = Filer(filer.filing, filer.conversation_id, underway=filer.underway)
    await asyncio.gather(filer.says("Nguyễn Văn An"), device.says("Trần Thị Hoa"))
    told = await filer.told()
    assert list(told) == ["one"], "the second was an answer to the first question, not to the next"
    assert say("filing.elsewhere") in filer.text + device.text
    assert {filer.asked, device.asked} == {"two"}


async def test_two_devices_pressing_at_once_keep_the_first(filer: Filer) -> None:
    await filer.starts(BIRTH)
    device = Filer(filer.filing, filer.conversation_id, underway=filer.underway, replies=filer.replies)
    await asyncio.gather(filer.presses("Mẹ"), device.presses("Cha"))
    assert (await filer.told())["filer"] in ("mother", "father")
    assert {filer.asked, device.asked} == {"child_name"}
    assert len((await filer.dossier()).answers) == 1


async def test_a_message_taken_before_a_crash_is_not_taken_twice(filer: Filer) -> None:
    await filer.starts(procedure(question("one", "person_name"), question("two", "person_name")))
    before = filer.underway
    await filer.says("Nguyễn Văn An", change="m1")
    filer.underway = before  # the process died before the conversation's memory was written
    await filer.says("Nguyễn Văn An", change="m1")
    assert filer.asked == "two" and say("filing.elsewhere") not in filer.text
    assert await filer.told() == {"one": "Nguyễn Văn An"}


async def test_a_button_taken_before_a_crash_is_not_taken_twice(filer: Filer) -> None:
    await filer.starts(BIRTH)
    mother, before = filer.buttons[0].payload, filer.underway
    for _ in range(2):
        filer.underway = before
        await filer._hears(filer.heard(payload=mother, change="m1"))
        assert filer.asked == "child_name" and "đã trả lời rồi" not in filer.text


async def test_a_dossier_goes_on_after_a_restart(filer: Filer, store_settings, clock) -> None:
    await filer.starts(BIRTH)
    await filer.answers("mẹ", "Nguyễn Minh An")
    again = await open_store(store_settings, clock)
    filer.filing = filing_on(again)
    await filer.says("02/11/2026")
    assert filer.asked == "child_sex"
    assert (await filer.told())["child_name"] == "Nguyễn Minh An"
    await again.close()


# ---- addresses


async def test_a_ward_of_several_is_chosen_by_button_number_or_words(filer: Filer) -> None:
    one = procedure(question("home", "address", "phường Tuy Hòa, tỉnh Đắk Lắk"), question("last"))
    await filer.starts(one)
    await filer.says("12 Lê Lợi, Hòa An, Phú Yên")
    assert say("filing.which_ward") in filer.text and filer.asked == "home"
    wards = [button for button in filer.buttons if "w~" in button.payload]
    assert len(wards) == 2
    await filer.presses(wards[1].payload)
    assert filer.asked == "last"
    assert (await filer.told())["home"] == wards[1].payload.rpartition("~")[2]
    assert "12 Lê Lợi" in (await filer.dossier()).answers["home"].shown
    await filer.answers("quay lại", "Hòa An, Phú Yên", "2")
    assert (await filer.told())["home"] == wards[1].payload.rpartition("~")[2]
    await filer.answers("quay lại", "Hòa An, Phú Yên", "phường Tuy Hòa, Đắk Lắk")
    assert (await filer.told())["home"] == "daklak.phuongtuyhoa"


# ---- pausing, resuming, dropping


async def test_a_paused_dossier_lets_other_messages_through_and_goes_on_by_word(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.answers("mẹ", "tạm dừng")
    assert filer.underway.is_paused and filer.question is None
    await filer.says("đăng ký tạm trú cần gì")
    assert filer.asides == ["đăng ký tạm trú cần gì"]
    await filer.says("làm tiếp")
    assert filer.asked == "child_name"


async def test_of_several_drafts_the_citizen_chooses(filer: Filer, clock) -> None:
    await filer.starts(BIRTH)
    clock.advance(minutes=1)
    await filer.starts(STAY)
    filer.underway = None
    await filer.says("lam tiep")
    assert len(filer.buttons) == 2
    await filer.presses(filer.buttons[1].payload)
    assert filer.asked == "filer"


async def test_without_a_draft_to_go_on_is_left_to_the_dialogue(filer: Filer) -> None:
    await filer.says("tiếp tục")
    assert filer.asides == ["tiếp tục"]


async def test_starting_again_goes_on_with_the_draft(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.says("mẹ")
    await filer.starts(BIRTH)
    assert filer.asked == "child_name" and await filer.told() == {"filer": "mother"}


@pytest.mark.parametrize("confirm", ["hủy", "có", "Hủy hẳn"])
async def test_a_dossier_is_dropped_only_after_asking(filer: Filer, store: Store, confirm: str) -> None:
    await filer.starts(BIRTH)
    await filer.answers("mẹ", "hủy")
    assert await Dossiers(store, DAYS).drafts(filer.conversation_id)
    await (filer.presses(confirm) if confirm == "Hủy hẳn" else filer.says(confirm))
    assert say("filing.dropped") in filer.text and filer.underway is None
    assert not await Dossiers(store, DAYS).drafts(filer.conversation_id)


async def test_who_does_not_want_to_drop_it_after_all_goes_on(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.answers("mẹ", "hủy", "không")
    assert filer.asked == "child_name"
    await filer.answers("hủy", "Nguyễn Minh An")
    assert filer.asked == "child_birth_date"


async def test_the_code_goes_on_in_another_channel(filer: Filer, store: Store) -> None:
    await filer.starts(BIRTH)
    await filer.answers("mẹ", "lấy mã")
    assert filer.asked == "child_name"
    code = filer.text.split("MC-")[1][:9]
    elsewhere = await another(filer, store, "telegram")
    await elsewhere.says(f"mc-{code.lower()}")
    assert elsewhere.asked == "child_name"
    await elsewhere.says("Nguyễn Minh An")
    assert await elsewhere.told() == {"filer": "mother", "child_name": "Nguyễn Minh An"}
    await filer.says("Nguyễn Minh Anh")
    assert say("filing.gone") in filer.text and filer.underway is None


async def test_a_code_cannot_be_guessed_quickly(filer: Filer) -> None:
    for _ in range(6):
        await filer.says("MC-2345-6789")
    assert say("filing.code_slow") in filer.text


async def test_an_expired_draft_is_told_so(filer: Filer, clock) -> None:
    await filer.starts(BIRTH)
    clock.advance(days=DAYS + 1)
    await filer.says("mẹ")
    assert say("filing.gone") in filer.text and filer.underway is None


# ---- the end


async def test_the_review_shows_every_answer_with_a_way_to_change_it(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.answers(*ALL_OF_BIRTH)
    assert filer.question is None
    assert all(word in filer.text for word in ("Nguyễn Minh An", "02/11/2026", "054195001234", "1 tệp"))
    assert [b.title for b in filer.buttons if b.title.startswith("Sửa")] == [f"Sửa câu {n}" for n in range(1, 12)]
    assert curated()[BIRTH].common_returns[0] in filer.text


async def test_the_dossier_is_handed_to_the_portal_after_consent(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.answers(*ALL_OF_BIRTH)
    await filer.presses("Đồng ý")
    assert (await filer.dossier()).consented_at is not None
    assert curated()[BIRTH].source.url in filer.text and BIRTH in filer.text and "VNeID" in filer.text
    assert filer.replies[0].file_url.startswith("/dossiers/sheets/")
    await filer.presses("Tôi đã nộp xong")
    assert filer.underway is None and say("filing.submitted", what=curated()[BIRTH].spoken_name) in filer.text


async def test_consent_may_be_said_in_words_but_only_at_the_review(filer: Filer) -> None:
    await filer.starts(procedure(question("owner_agrees", "yes_no", "có"), question("last")))
    await filer.says("đồng ý")
    assert filer.asked == "last" and await filer.told() == {"owner_agrees": "yes"}
    await filer.answers("xong", "đồng ý")
    assert (await filer.dossier()).consented_at is not None


async def test_a_change_after_consent_has_to_be_looked_at_again(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.answers(*ALL_OF_BIRTH)
    done = "j:done:" + (await filer.dossier()).tag
    await filer.presses("Đồng ý")
    await filer.presses("Xem lại")
    await filer.presses("Sửa câu 2")
    await filer.says("Nguyễn Minh Anh")
    await filer.presses(done)
    assert "Nguyễn Minh Anh" in filer.text and (await filer.dossier()).is_draft


async def test_nothing_is_sent_while_a_question_is_open(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.presses("j:send:" + (await filer.dossier()).tag)
    assert filer.asked == "filer" and (await filer.dossier()).consented_at is None


async def test_a_record_changed_meanwhile_is_told_at_the_review(filer: Filer, store: Store) -> None:
    await filer.starts(BIRTH)
    await filer.answers(*ALL_OF_BIRTH[:-1])
    newer = curated()[BIRTH].model_copy(update={"cost_note": "mới"})
    filer.filing = filing_on(store, records={BIRTH: newer})
    await filer.sends()
    assert say("filing.found.outdated") in filer.text


async def test_the_link_is_written_out_where_the_address_is_known(filer: Filer, store: Store) -> None:
    filer.filing = filing_on(store, public_url="https://motcua.example")
    await filer.starts(BIRTH)
    await filer.answers(*ALL_OF_BIRTH)
    await filer.presses("Đồng ý")
    assert "https://motcua.example/dossiers/sheets/" in filer.text and filer.replies[0].file_url is None


async def test_a_procedure_that_is_not_online_is_taken_to_the_desk(filer: Filer) -> None:
    one = procedure(question("name")).model_copy(update={"online_level": "none"})
    await filer.starts(one)
    await filer.answers("x", "đồng ý")
    assert say("filing.desk.show") in filer.text and "VNeID" not in filer.text


async def test_every_button_fits_into_its_channel(embedded_filer: Filer) -> None:
    filer = embedded_filer
    for one in journeys():
        await filer.starts(one)
        for button in filer.buttons:
            assert len(button.payload) <= 64 and button.payload.isascii()


@pytest.mark.parametrize("name", ["Lê Phi", "Lê Phí", "Trần Lâm Sao", "Hồ Sơ Hà"])
async def test_a_name_that_sounds_like_a_topic_is_a_name(filer: Filer, name: str) -> None:
    await filer.starts(BIRTH)
    await filer.says("mẹ")
    await filer.says(name)
    if filer.asides:  # it went to the dialogue, which found no question in it
        filer._took(await filer.filing.answer(filer.heard(text=name), insists=True))
    assert (await filer.told())["child_name"] == name


async def test_a_wish_is_no_name(filer: Filer) -> None:
    await filer.starts(BIRTH)
    await filer.says("mẹ")
    await filer.says("đăng ký tạm trú cho em trai")
    assert filer.asides == ["đăng ký tạm trú cho em trai"]
    filer._took(await filer.filing.answer(filer.heard(text="đăng ký tạm trú cho em trai"), insists=True))
    assert filer.asked == "child_name"


async def test_a_button_tapped_twice_says_nothing_about_it(filer: Filer) -> None:
    await filer.starts(BIRTH)
    mother = filer.buttons[0].payload
    await filer.presses(mother)
    await filer.presses(mother)
    assert filer.asked == "child_name" and "đã trả lời rồi" not in filer.text


async def test_a_yes_after_something_else_was_told_drops_nothing(filer: Filer) -> None:
    await filer.starts(procedure(question("has_house", "yes_no", "có"), question("last")))
    await filer.says("hủy")
    filed = await filer.filing.remind(filer.outcome, filer.heard(text="x"))
    filer._took(filed)
    await filer.says("có")
    assert filer.asked == "last"


async def test_others_see_the_end_of_a_citizen_id_only(filer: Filer) -> None:
    from bot.submission.telling import lines

    await filer.starts(procedure(question("person_id", "citizen_id"), question("last")))
    await filer.says("054195001234")
    dossier = await filer.dossier()
    assert "054195001234" in lines(dossier)[0]
    assert "1234" in lines(dossier, for_others=True)[0] and "0541" not in lines(dossier, for_others=True)[0]
