"""Where the agency's system is connected, consent submits the dossier and queues it in one step."""

from __future__ import annotations

import asyncio

import pytest

from bot.store import Store
from bot.submission.attachments import Attachments
from bot.submission.dossier import Status
from bot.submission.dossiers import Dossiers
from bot.submission.handing_in import HandingIn
from bot.submission.one_stop.handovers import Handovers
from tests.submission.filer import DAYS, Filer, filing_on
from tests.submission.journeys import procedure, question

BIRTH = "1.001193"
REVIEWED = ("mẹ", "Nguyễn Minh An", "02/11/2026", "nữ", "Bệnh viện", "Trần Thị Hoa", "054195001234", "không", "nộp sau")


@pytest.fixture
async def handovers(store: Store) -> Handovers:
    return Handovers(store)


@pytest.fixture
async def filer(store: Store, store_settings, handovers: Handovers) -> Filer:
    filing = filing_on(store)
    filing.hand_over_through(HandingIn(Dossiers(store, DAYS), handovers, Attachments(store, store_settings)))
    filer = Filer(filing, (await store.start_conversation("web"))[0].id)
    await filer.starts(BIRTH)
    return await filer.answers(*REVIEWED)


async def test_consent_sends_the_dossier_and_tells_where(filer: Filer, handovers: Handovers, store: Store) -> None:
    assert "gửi hồ sơ tới" in filer.text
    dossier_id = filer.underway.dossier
    await filer.presses("Đồng ý")
    sent = await Dossiers(store, DAYS).find(filer.conversation_id, dossier_id)
    assert sent.status is Status.submitted and sent.consented_at and sent.reference in filer.text
    assert filer.underway is None
    assert await handovers.counts() == {"waiting": 1}
    assert await handovers.status_of(sent.reference) == "waiting"


async def test_consent_twice_or_at_once_hands_over_once(filer: Filer, handovers: Handovers) -> None:
    device = Filer(filer.filing, filer.conversation_id, underway=filer.underway, replies=filer.replies)
    await asyncio.gather(filer.presses("Đồng ý"), device.presses("Đồng ý"))
    await device.says("đồng ý")
    assert await handovers.counts() == {"waiting": 1}


async def test_consent_taken_before_a_crash_is_told_again_and_hands_over_once(
    filer: Filer, handovers: Handovers
) -> None:
    before, send = filer.underway, next(b.payload for b in filer.buttons if b.title == "Đồng ý")
    for said in ({"payload": send}, {"payload": send}, {"text": "đồng ý"}):
        filer.underway = before
        await filer._hears(filer.heard(**said, change="m1"))
        assert "không còn mở" not in filer.text
    assert await handovers.counts() == {"waiting": 1}


async def test_a_hand_over_that_cannot_be_queued_leaves_the_draft(
    filer: Filer, handovers: Handovers, monkeypatch
) -> None:
    def full(*parts: object) -> bool:
        raise OSError("disk full")

    monkeypatch.setattr(handovers, "add_in", full)
    with pytest.raises(OSError):
        await filer.presses("Đồng ý")
    dossier = await filer.dossier()
    assert dossier.is_draft and dossier.reference is None


async def test_what_cannot_be_filed_online_goes_to_the_desk_all_the_same(filer: Filer, handovers: Handovers) -> None:
    await filer.starts(procedure(question("name")).model_copy(update={"code": "1.000001", "online_level": "none"}))
    await filer.answers("x", "đồng ý")
    assert "nộp tại quầy" in filer.text and await handovers.counts() == {}


async def test_the_answers_are_what_is_handed_over(filer: Filer, handovers: Handovers) -> None:
    from datetime import timedelta

    await filer.presses("Đồng ý")
    [parcel] = await handovers.take(1, timedelta(minutes=1))
    handover = handovers.unseal(parcel)
    assert (handover.procedure_code, handover.citizen_id, handover.channel) == (BIRTH, "054195001234", "web")
    assert handover.answers["Bé tên đầy đủ là gì?"] == "Nguyễn Minh An"
