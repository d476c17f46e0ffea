"""What is known already is offered, after one question for consent, and never used before it is pressed."""

from __future__ import annotations

import pytest

from bot.settings import Settings
from bot.store import Store
from bot.submission.journey import Answer, replay
from bot.submission.papers.card import read
from bot.submission.papers.meaning import from_card, meaning_of, nearness
from knowledge.schema import Procedure
from tests.submission.journeys import TODAY, procedure, question
from tests.submission.papers.papered import PaperedFiler, papered
from tests.submission.papers.pictures import CARD_TEXT

SEX = [{"value": "male", "label": "Nam"}, {"value": "female", "label": "Nữ"}]
HOME = "Thôn Phú Hòa, xã Tuy An Đông, tỉnh Đắk Lắk"


def named(code: str, *questions: object) -> Procedure:
    return procedure(*questions).model_copy(update={"code": code})


FIRST = named(
    "9.000001",
    question("applicant_name", "person_name", "Lê Thị Mây"),
    question("applicant_id", "citizen_id", "054190001234"),
    question("phone", "phone", "0905123456"),
    question("residence", "address", HOME),
    question("birth_paper", "file"),
)
SECOND = named(
    "9.000002",
    question("filer_name", "person_name", "Lê Thị Mây"),
    question("filer_birth_date", "date", "15/03/1990"),
    question("filer_id", "citizen_id", "054190001234"),
    question("filer_sex", "choice", "Nữ", choices=SEX),
    question("phone", "phone", "0905123456"),
    question("residence", "address", HOME),
    question("birth_paper", "file"),
    question("agrees", "yes_no", "có"),
)


@pytest.fixture
async def filer(store: Store, settings: Settings) -> PaperedFiler:
    return await papered(store, settings, FIRST, SECOND)


async def filled(filer: PaperedFiler) -> list[str]:
    """An earlier dossier; the pages of its paper."""
    await filer.starts(FIRST)
    await filer.answers("Lê Thị Mây", "054190001234", "0905123456", HOME)
    return await filer.sends_photos(2)


def offered(filer: PaperedFiler) -> list[str]:
    return [title.removeprefix("Dùng: ") for title in filer.titles if title.startswith("Dùng: ")]


async def told(filer: PaperedFiler) -> dict[str, str]:
    dossier = await filer.filing._dossiers.find(filer.conversation_id, filer.underway.dossier)
    return {step: answer.value for step, answer in dossier.path.answers.items()}


async def test_consent_is_asked_once_and_then_every_answer_is_offered(filer: PaperedFiler) -> None:
    pages = await filled(filer)
    await filer.starts(SECOND)
    assert offered(filer) == [] and "nhắc lại các câu trả lời" in filer.text
    await filer.presses("Được, nhắc giúp tôi")
    assert filer.asked == "filer_name" and offered(filer) == ["Lê Thị Mây"]
    assert await told(filer) == {}, "nothing is used before it is pressed"
    await filer.presses("Dùng: Lê Thị Mây")
    assert filer.asked == "filer_birth_date" and offered(filer) == []
    await filer.says("15/03/1990")
    await filer.presses("Dùng: 054190001234")
    await filer.says("nữ")
    await filer.presses("Dùng: 0905123456")
    assert offered(filer) == [HOME]
    await filer.presses(f"Dùng: {HOME}")
    assert filer.asked == "birth_paper"
    await filer.presses(filer.title("Dùng: giấy đã gửi lần trước (2 tệp)"))
    assert (await told(filer))["birth_paper"].split(",") == pages
    assert filer.asked == "agrees" and offered(filer) == [], "an agreement is never offered"
    await filer.says("hủy")
    await filer.presses("Hủy hẳn")
    await filer.starts(SECOND)
    assert "nhắc lại các câu trả lời" in filer.text, "with the dossier its consent has gone"


async def test_a_refusal_holds_for_every_later_question(filer: PaperedFiler) -> None:
    await filled(filer)
    await filer.starts(SECOND)
    await filer.presses("Không, tôi tự điền")
    assert filer.asked == "filer_name"
    for answer in ("Lê Thị Mây", "15/03/1990", "054190001234"):
        assert offered(filer) == [] and "nhắc lại" not in filer.text
        await filer.says(answer)


async def test_who_types_on_is_not_asked_again(filer: PaperedFiler) -> None:
    await filled(filer)
    await filer.starts(SECOND)
    await filer.answers("Trần Văn Bình", "15/03/1990")
    assert filer.asked == "filer_id" and offered(filer) == [] and "nhắc lại" not in filer.text


async def test_what_contradicts_this_dossier_is_not_offered(filer: PaperedFiler) -> None:
    await filled(filer)
    await filer.starts(SECOND)
    await filer.presses("Được, nhắc giúp tôi")
    await filer.answers("Lê Thị Mây", "15/03/1985")
    assert filer.asked == "filer_id" and offered(filer) == []


async def test_an_offer_pressed_late_or_twice_changes_nothing(filer: PaperedFiler) -> None:
    await filled(filer)
    await filer.starts(SECOND)
    await filer.presses("Được, nhắc giúp tôi")
    use = next(button.payload for button in filer.buttons if button.title == "Dùng: Lê Thị Mây")
    await filer.says("Trần Văn Bình")
    await filer.presses(use)
    assert (await told(filer))["filer_name"] == "Trần Văn Bình" and "đã trả lời rồi" in filer.text
    await filer.says("sửa câu 1")
    await filer.presses(use)
    assert (await told(filer))["filer_name"] == "Lê Thị Mây"
    await filer.says("sửa câu 1")
    await filer.presses(use[:-8] + "00000000")
    assert "không còn dùng được" in filer.text


async def test_another_citizen_is_offered_nothing(filer: PaperedFiler, store: Store) -> None:
    await filled(filer)
    other, _ = await store.start_conversation("web")
    filer.conversation_id, filer.underway = other.id, None
    await filer.starts(SECOND)
    assert offered(filer) == [] and "nhắc lại" not in filer.text


async def test_pages_that_are_gone_are_not_offered(filer: PaperedFiler) -> None:
    await filled(filer)
    await filer.files.erase(filer.conversation_id)
    only = named("9.000003", question("birth_paper", "file"))
    await filer.starts(only)
    assert filer.asked == "birth_paper" and offered(filer) == [] and "nhắc lại" not in filer.text


async def test_pages_used_again_stay_when_one_dossier_lets_them_go(filer: PaperedFiler) -> None:
    pages = await filled(filer)
    only = named("9.000003", question("birth_paper", "file"))
    await filer.starts(only)
    await filer.presses("Được, nhắc giúp tôi")
    await filer.presses(filer.title("Dùng: giấy"))
    await filer.says("sửa câu 1")
    await filer.sends_photos()
    assert len(await filer.files.find_all(filer.conversation_id, pages)) == 2
    assert await filer.files.find_paper(filer.conversation_id, pages)


# ---- the card


async def test_a_photo_of_the_card_offers_each_of_its_fields(filer: PaperedFiler) -> None:
    await filer.starts(SECOND)
    assert "mặt thẻ có mã QR" in filer.text
    await filer.sends_photos(card=CARD_TEXT)
    assert filer.asked == "filer_name" and "NGUYỄN THỊ LAN" in filer.text
    assert await told(filer) == {}
    for field in ("Nguyễn Thị Lan", "15/03/1990", "054190001234", "Nữ"):
        assert offered(filer) == [field], filer.asked
        await filer.presses(f"Dùng: {field}")
    assert filer.asked == "phone" and offered(filer) == []
    await filer.says("0905123456")
    await filer.presses(filer.title("Dùng: Thôn Phú Hòa"))
    assert (await told(filer))["filer_birth_date"] == "1990-03-15"
    assert (await told(filer))["filer_sex"] == "female"
    assert filer.asked == "birth_paper" and (await told(filer))["residence"]


async def test_nobody_is_asked_for_the_card_of_a_newborn(filer: PaperedFiler) -> None:
    await filer.starts("1.001193")
    await filer.says("mẹ")
    assert filer.asked == "child_name" and "mã QR" not in filer.text
    await filer.answers("Nguyễn Minh An", "02/11/2026", "nữ", "Bệnh viện")
    assert filer.asked == "mother_name" and "mặt thẻ có mã QR" in filer.text


async def test_the_card_of_somebody_else_is_not_offered(filer: PaperedFiler) -> None:
    await filer.starts(SECOND)
    await filer.says("Trần Văn Bình")
    await filer.sends_photos(card=CARD_TEXT)
    assert filer.asked == "filer_birth_date" and offered(filer) == []


async def test_a_card_that_contradicts_itself_is_no_card(filer: PaperedFiler) -> None:
    await filer.starts(SECOND)
    await filer.sends_photos(card=CARD_TEXT.replace("|Nữ|", "|Nam|"))
    assert "chưa đọc được mã QR" in filer.text and offered(filer) == []


async def test_a_card_sent_as_a_paper_is_a_page_and_fills_what_follows(store: Store, settings: Settings) -> None:
    own = named(
        "9.000004",
        question("id_photo", "file"),
        question("applicant_name", "person_name", "Lê Thị Mây"),
    )
    filer = await (await papered(store, settings, own)).starts(own)
    await filer.sends_photos(card=CARD_TEXT)
    assert filer.asked == "applicant_name" and offered(filer) == ["Nguyễn Thị Lan"]


def test_a_card_answers_for_its_holder_only() -> None:
    card = read(CARD_TEXT, TODAY)
    mother, father = question("mother_id", "citizen_id"), question("father_id", "citizen_id")
    path = replay((mother, father), {"mother_id": Answer(card.number, card.number)})
    assert from_card(path.steps[1], path, card) is None
    free = replay((mother, father), {"mother_id": Answer("054080001234", "")})
    assert from_card(free.steps[1], free, card) == card.number


def test_the_same_is_meant_across_procedures_only_where_it_surely_lasts() -> None:
    def meaning(id: str, kind: str = "text", **more: object) -> object:
        return meaning_of(replay((question(id, kind, **more),), {}).steps[0])

    assert nearness(meaning("mother_name", "person_name"), meaning("mother_name", "person_name")) == 0
    assert nearness(meaning("filer_id", "citizen_id"), meaning("applicant_id", "citizen_id")) == 1
    assert nearness(meaning("mother_id", "citizen_id"), meaning("father_id", "citizen_id")) is None
    assert nearness(meaning("filer_id", "citizen_id"), meaning("filer_name", "person_name")) is None
    assert meaning("start_date", "date") is None and meaning("agrees", "yes_no") is None
    assert meaning("wish", "choice", choices=[{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]) is None
    assert meaning("amount", "money") is None and meaning("note") is None
