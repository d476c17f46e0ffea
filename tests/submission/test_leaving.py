"""A dossier as it leaves for a one-stop system."""

from __future__ import annotations

import pytest

from bot.store import Store
from bot.submission.attachments import Attachments
from bot.submission.dossiers import Dossiers
from bot.submission.leaving import applicant_of, to_handover
from tests.submission.filer import DAYS, Filer, filing_on
from tests.submission.journeys import TODAY
from tests.uploads import JPEG, upload

BIRTH = "1.001193"


@pytest.fixture
async def filer(store: Store) -> Filer:
    return Filer(filing_on(store), (await store.start_conversation("web"))[0].id)


async def test_everything_the_exchange_asks_for_is_there(filer: Filer, store: Store, store_settings) -> None:
    attachments = Attachments(store, store_settings)
    file = await attachments.accept(filer.conversation_id, "giấy.jpg", upload(JPEG))
    await filer.starts(BIRTH)
    await filer.answers("cha", "Nguyễn Minh An", "02/11/2026", "nữ", "Bệnh viện Phú Yên", "Trần Thị Hoa")
    await filer.answers("054195001234", "có", "Nguyễn Văn Bình", "054093005678")
    await filer.sends(file.id)
    await filer.presses("Đồng ý")
    sent = await Dossiers(store, DAYS).submit(await filer.dossier(), b"m")
    handover = await to_handover(sent, attachments, "web", TODAY)
    assert handover.reference == sent.reference and handover.procedure_code == BIRTH
    assert (handover.applicant_name, handover.citizen_id) == ("Nguyễn Văn Bình", "054093005678")
    assert handover.answers["Bé tên đầy đủ là gì?"] == "Nguyễn Minh An"
    [paper] = handover.documents
    assert (paper.attachment_id, paper.media_type) == (file.id, "image/jpeg")
    assert handover.submitted_at == sent.submitted_at


async def test_who_files_is_the_one_with_a_number(filer: Filer) -> None:
    await filer.starts("1.004194")
    await filer.answers("Phạm Quốc Việt", "20/08/2004", "066204001122", "0905123456")
    await filer.answers("12/3 Lê Lợi, phường Tuy Hòa, tỉnh Đắk Lắk", "Nguyễn Thị Lan")
    assert applicant_of(await filer.dossier()) == "person"


async def test_a_paper_that_comes_later_is_no_document(filer: Filer, store: Store, store_settings) -> None:
    await filer.starts(BIRTH)
    await filer.answers(
        "mẹ", "Nguyễn Minh An", "02/11/2026", "nữ", "Bệnh viện", "Trần Thị Hoa", "054195001234", "không"
    )
    await filer.presses("Nộp sau")
    handover = await to_handover(await filer.dossier(), Attachments(store, store_settings), "web", TODAY)
    assert handover.documents == () and handover.citizen_id == "054195001234"
