"""Pages of a paper: one after another, in order, replaced, taken back, never lost and never for the wrong paper."""

from __future__ import annotations

import pytest

from bot.settings import Settings
from bot.store import Store
from bot.submission.dossier import Dossier
from bot.submission.dossiers import Dossiers
from bot.submission.leaving import to_handover
from bot.submission.papers import payloads
from bot.submission.papers.expired import forget_expired
from bot.submission.papers.paging import Paging
from bot.submission.papers.shelf import FileShelf
from tests.clock import Clock
from tests.submission.filer import DAYS
from tests.submission.journeys import TODAY, procedure, question
from tests.submission.papers.papered import PaperedFiler, papered

PAPERS = procedure(
    question("birth_paper", "file"), question("marriage_paper", "file"), question("note", "text", "xin cảm ơn")
)

OTHER = procedure(question("land_paper", "file")).model_copy(update={"code": "1.009999"})


@pytest.fixture
async def filer(store: Store, settings: Settings) -> PaperedFiler:
    filer = await papered(store, settings, PAPERS)
    await filer.starts(PAPERS)
    return filer


async def pages(filer: PaperedFiler, step: str = "birth_paper") -> list[str]:
    return (await dossier_of(filer)).answers[step].value.split(",")


async def dossier_of(filer: PaperedFiler) -> Dossier:
    return await filer.filing._dossiers.find(filer.conversation_id, filer.underway.dossier)


async def test_files_answer_the_question_and_the_next_is_asked(filer: PaperedFiler) -> None:
    ids = await filer.sends_photos(2)
    assert await pages(filer) == ids and filer.asked == "marriage_paper"
    bound = await filer.files.find_paper(filer.conversation_id, ids)
    assert (bound.media_type, bound.details.pages, bound.name) == ("application/pdf", 2, "Giấy tờ câu 1.pdf")
    assert filer.opening.bound == [2]


async def test_what_is_odd_about_a_photo_is_told_and_holds_nobody_up(filer: PaperedFiler) -> None:
    await filer.sends_photos(hints=("blurry", "dark"))
    assert "hơi mờ" in filer.text and filer.asked == "marriage_paper"


async def test_a_button_adds_pages_to_the_paper_before(filer: PaperedFiler) -> None:
    first = await filer.sends_photos()
    await filer.presses("Thêm trang vào câu 1")
    assert filer.asked == "birth_paper" and "thêm trang" in filer.text
    more = await filer.sends_photos(2)
    assert await pages(filer) == first + more and filer.asked == "marriage_paper"
    assert await filer.files.find_paper(filer.conversation_id, first) is None, "what was bound before is gone"
    assert await filer.files.find_paper(filer.conversation_id, first + more)


async def test_photos_of_one_album_belong_to_one_paper_in_their_order(filer: PaperedFiler) -> None:
    ids = []
    for _ in range(3):
        ids += await filer.sends_photos(album="album-1")
    assert await pages(filer) == ids and filer.asked == "marriage_paper"
    other = await filer.sends_photos(album="album-2")
    assert await pages(filer, "marriage_paper") == other and await pages(filer) == ids
    late = await filer.sends_photos(album="album-2")
    assert await pages(filer, "marriage_paper") == other + late and filer.asked == "note"


async def test_the_last_photo_of_an_album_may_come_after_the_last_question(store: Store, settings: Settings) -> None:
    only = procedure(question("birth_paper", "file"))
    filer = await (await papered(store, settings, only)).starts(only)
    first = await filer.sends_photos(album="a")
    assert filer.asked is None
    second = await filer.sends_photos(album="a")
    third = await filer.sends_photos()
    assert await pages(filer) == first + second + third


async def test_a_page_that_comes_late_goes_to_the_paper_before(filer: PaperedFiler) -> None:
    await filer.sends_photos()
    second = await filer.sends_photos()
    late = await filer.sends_photos()
    assert await pages(filer, "marriage_paper") == second + late
    assert filer.asked == "note" and "thêm vào giấy của câu 2" in filer.text


async def test_a_paper_is_replaced_when_its_question_is_answered_anew(filer: PaperedFiler) -> None:
    old = await filer.sends_photos(2)
    await filer.says("sửa câu 1")
    assert [title for title in filer.titles if "tệp" in title] == ["Bỏ tệp 1", "Bỏ tệp 2"]
    new = await filer.sends_photos()
    assert await pages(filer) == new
    assert await filer.files.find_all(filer.conversation_id, old) == [], "what was replaced is not kept"
    assert await filer.stored() == 2


async def test_a_page_is_taken_back_and_without_pages_the_question_waits_again(filer: PaperedFiler) -> None:
    first, second = await filer.sends_photos(2)
    await filer.says("sửa câu 1")
    cut = next(button.payload for button in filer.buttons if button.title == "Bỏ tệp 1")
    await filer.presses(cut)
    assert await pages(filer) == [second] and "đã bỏ tệp" in filer.text
    await filer.presses(cut)
    assert "đã bỏ rồi" in filer.text and await pages(filer) == [second]
    await filer.says("sửa câu 1")
    await filer.presses("Bỏ tệp 1")
    assert "birth_paper" not in (await dossier_of(filer)).answers and filer.asked == "birth_paper"
    assert await filer.stored() == 0


async def test_a_message_that_comes_twice_changes_nothing(filer: PaperedFiler) -> None:
    ids = await filer.sends_photos()
    await filer.presses("Thêm trang vào câu 1")
    one = (await filer.photo(),)
    for _ in range(2):
        await filer._hears(filer.heard(attachment_ids=one, change="same"))
    assert await pages(filer) == [*ids, *one]


async def test_a_paper_that_never_fits_is_refused_and_leaves_the_old_one(filer: PaperedFiler) -> None:
    old = await filer.sends_photos()
    await filer.says("sửa câu 1")
    await filer.sends_photos(size=50_000)
    assert "gộp lại lớn quá" in filer.text and filer.asked == "birth_paper"
    assert await pages(filer) == old and await filer.stored() == 2


async def test_more_than_twenty_files_are_no_paper(filer: PaperedFiler) -> None:
    await filer.sends_photos(21)
    assert "chỉ nhận 20 tệp" in filer.text and filer.asked == "birth_paper" and await filer.stored() == 0


async def test_a_file_where_words_are_asked_is_told_so_and_not_kept(store: Store, settings: Settings) -> None:
    words = procedure(question("note", "text", "xin cảm ơn"), question("applicant_name", "person_name", "Lê Thị Mây"))
    filer = await (await papered(store, settings, words)).starts(words)
    await filer.sends_photos()
    assert "cần ghi bằng chữ" in filer.text and await filer.stored() == 0
    await filer.says("xin cảm ơn")
    await filer.sends_photos()
    assert "mã QR" in filer.text and filer.asked == "applicant_name"


async def test_old_and_forged_buttons_change_nothing(filer: PaperedFiler) -> None:
    await filer.sends_photos()
    dossier = await dossier_of(filer)
    for payload in (f"g:cut:{dossier.tag}:0.1", f"g:cut:{dossier.tag}:9.1:00000000", f"g:more:{dossier.tag}:2.1"):
        await filer.presses(payload)
        assert (await dossier_of(filer)).answers == dossier.answers
    await filer.presses("g:cut:00000000:0.1:00000000")
    assert "không còn mở ở đây" in filer.text
    for payload in (None, "", "g:cut", "g:drop:00000000:0.1", "g:use:00000000:0.1:" + "0" * 50, "p:1.001193"):
        assert payloads.read(payload) is None


async def test_a_paper_goes_along_when_the_dossier_goes_on_elsewhere(filer: PaperedFiler, store: Store) -> None:
    ids = await filer.sends_photos(2)
    code = await Dossiers(store, DAYS).issue_code(await dossier_of(filer))
    other, _ = await store.start_conversation("web")
    await Dossiers(store, DAYS).continue_here(code, other.id)
    assert await filer.files.find_paper(other.id, ids)
    await store.erase(filer.conversation_id)
    assert len(await filer.files.find_all(other.id, ids)) == 2


async def test_the_agency_gets_each_paper_as_one_file(filer: PaperedFiler) -> None:
    ids = await filer.sends_photos(3)
    await filer.answers("để sau", "xin cảm ơn")
    handover = await to_handover(await dossier_of(filer), filer.files, "web", TODAY)
    paper = await filer.files.find_paper(filer.conversation_id, ids)
    assert [(one.attachment_id, one.media_type) for one in handover.documents] == [(paper.id, "application/pdf")]


async def test_bound_papers_do_not_count_among_the_files_a_citizen_may_send(store: Store, settings: Settings) -> None:
    filer = await papered(store, settings.model_copy(update={"max_upload_files": 3}), PAPERS)
    await filer.starts(PAPERS)
    await filer.sends_photos(2)
    await filer.sends_photos(1)
    assert filer.asked == "note"


@pytest.mark.parametrize("way", ["button", "words"])
async def test_the_pages_of_a_dossier_that_is_dropped_go_with_it(filer: PaperedFiler, way: str) -> None:
    await filer.sends_photos(2)
    await filer.says("hủy")
    assert await filer.stored() == 3
    await (filer.presses("Hủy hẳn") if way == "button" else filer.says("hủy"))
    assert await filer.stored() == 0


async def test_the_pages_of_an_expired_draft_go_before_the_sweep_and_nobody_elses(
    store: Store, settings: Settings, clock: Clock
) -> None:
    filer, neighbour = [await papered(store, settings, PAPERS, OTHER) for _ in range(2)]
    dossiers = Dossiers(store, DAYS)
    paging = Paging(dossiers, FileShelf(filer.files, filer.opening))
    await filer.starts(PAPERS)
    shared = await filer.sends_photos(2)
    alone = await filer.sends_photos(1)
    clock.advance(days=DAYS - 1)
    await filer.starts(OTHER)
    await filer._hears(filer.heard(attachment_ids=tuple(shared)))  # the same pages, for another dossier
    await neighbour.starts(PAPERS)
    theirs = await neighbour.sends_photos(1)
    assert await forget_expired(dossiers, paging, clock()) == 0
    clock.advance(days=1, seconds=1)
    assert await forget_expired(dossiers, paging, clock()) == 1
    kept = await filer.files.find_all(filer.conversation_id, shared + alone)
    assert [one.id for one in kept] == shared and len(await pages(neighbour)) == 1
    assert await neighbour.files.find_all(neighbour.conversation_id, theirs)
    assert not (settings.attachments_dir / alone[0]).exists() and (settings.attachments_dir / theirs[0]).exists()
    await store.sweep(clock(), 180)
    assert await forget_expired(dossiers, paging, clock()) == 0


async def test_one_file_of_many_pages_is_not_taken_for_one_photo(store: Store, settings: Settings) -> None:
    book = question("land_book", "file").model_copy(update={"prompt": "Bạn gửi ảnh các trang sổ đỏ."})
    filer = await (await papered(store, settings, procedure(book))).starts(procedure(book))
    await filer.sends_photos(pages=3)
    assert "1 tệp, 3 trang" in filer.text and "mới có 1 ảnh" not in filer.text
    await filer.says("sửa câu 1")
    await filer.sends_photos()
    assert "mới có 1 ảnh" in filer.text
