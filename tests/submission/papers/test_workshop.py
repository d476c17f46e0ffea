"""Files are opened in processes of their own: one that stalls, dies or lies holds up nobody."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator

import pytest

from bot.settings import Settings
from bot.store import Store
from bot.submission.attachments import Attachments
from bot.submission.papers import worker, workshop
from bot.submission.papers.limits import Limits
from bot.submission.papers.opening import Opening, opening
from bot.submission.papers.refusals import RefusedFile
from bot.submission.papers.workshop import Workshop
from tests.submission.papers.pictures import CARD_TEXT, card, jpeg, opened, page
from tests.submission.papers.test_pdf import plain
from tests.uploads import upload


@pytest.fixture
async def shop() -> AsyncIterator[Workshop]:
    async with Workshop(places=1).running() as shop:
        yield shop


async def test_photo_pdf_paper_and_form_come_back_from_the_worker(settings: Settings) -> None:
    async with opening(settings) as work:
        photo = await work.open(jpeg(card()), "image/jpeg")
        assert (photo.media_type, photo.details.card) == ("image/jpeg", CARD_TEXT)
        pdf = await work.open(plain(2), "application/pdf")
        assert (pdf.media_type, pdf.details.pages) == ("application/pdf", 2)
        paper = await work.bind([(one.media_type, one.content) for one in (photo, pdf)])
        assert paper.details.pages == 3 and paper.content.startswith(b"%PDF")
        with pytest.raises(RefusedFile, match="broken"):
            await work.open(jpeg(page())[:500], "image/jpeg")


async def test_attachments_keep_what_was_seen_and_not_what_was_sent(
    store: Store, settings: Settings, shop: Workshop
) -> None:
    files = Attachments(store, settings, Opening(shop, Limits()).open)
    conversation, _ = await store.start_conversation("web")
    kept = await files.accept(conversation.id, "giấy.heic", upload(jpeg(page(), comment=b"at home")))
    content = b"".join([piece async for piece in files.read(kept)])
    assert opened(content).format == "JPEG" and b"at home" not in content
    assert (kept.name, kept.size_bytes) == ("giấy.jpg", len(content))
    assert await files.find(conversation.id, kept.id) == kept
    with pytest.raises(RefusedFile, match="password|broken"):
        await files.accept(conversation.id, "a.pdf", upload(b"%PDF-1.7 and then nothing"))
    assert len(list(settings.attachments_dir.iterdir())) == 1


JOB = {"do": "pdf", "limits": {}}  # its libraries are the quickest to load


async def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_taken() -> None:
    shop = Workshop(places=1, job_seconds=0.01)
    with pytest.raises(RefusedFile) as refused:
        await shop.do(JOB, [plain()])
    assert refused.value.key == "slow" and shop._idle == []
    shop._job_seconds = 30
    assert (await shop.do(JOB, [plain()]))[0]["pages"] == 2
    await shop.close()


async def test_a_worker_that_dies_takes_only_its_own_file_with_it(shop: Workshop) -> None:
    await shop.do(JOB, [plain()])
    [bench] = shop._idle
    bench._process.kill()
    await bench._process.wait()
    with pytest.raises(RefusedFile, match="broken"):
        await shop.do(JOB, [plain()])
    with pytest.raises(RefusedFile, match="broken"):
        await shop.do({"do": "nothing we know"}, [])
    assert (await shop.do(JOB, [plain()]))[0]["pages"] == 2, "an error of ours does not end it"


async def test_when_all_places_are_taken_for_long_it_says_so(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "QUEUE_SECONDS", 0.05)
    await shop._free.acquire()
    with pytest.raises(RefusedFile) as refused:
        await shop.do(JOB, [plain()])
    assert (refused.value.key, refused.value.status) == ("busy", 503)
    shop._free.release()


async def test_a_worker_is_replaced_after_many_files_and_ends_when_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "MOST_JOBS", 2)
    monkeypatch.setattr(workshop, "IDLE_SECONDS", 0.04)
    async with Workshop().running() as shop:
        await shop.do(JOB, [plain()])
        [bench] = shop._idle
        async with asyncio.timeout(10):
            await bench._process.wait()
        bench = await workshop._Bench.open()
        bench.jobs = 1
        shop._idle.append(bench)
        await shop.do(JOB, [plain()])
        assert shop._idle == [] and bench._process.returncode is not None


def test_frames_are_read_as_they_were_written() -> None:
    source = io.BytesIO(worker.framed([b"{}", b"", b"x" * 5]) + b"\0\0")
    assert worker.read_frames(source) == [b"{}", b"", b"x" * 5]
    assert worker.read_frames(source) is None


def test_what_a_job_raises_is_told_by_name_only() -> None:
    def fails(ask: dict, files: list[bytes]) -> tuple[dict, bytes]:
        raise ValueError("the number 054190001234")

    said, _ = worker._do({"x": fails}, {"do": "x"}, [])
    assert json.dumps(said) == '{"failed": "ValueError"}'
