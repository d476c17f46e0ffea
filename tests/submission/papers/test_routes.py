"""Papers and the filled form are seen again by whoever holds the private link, until it ends, and by nobody else."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from pypdf import PdfReader

from bot import problems
from bot.ratelimit import RateLimiter
from bot.settings import Settings
from bot.store import Store
from bot.submission.dossiers import Dossiers
from bot.submission.papers.form import write
from bot.submission.papers.refusals import RefusedFile
from bot.submission.papers.routes import create_router
from tests.clock import Clock
from tests.submission.filer import DAYS
from tests.submission.journeys import procedure, question
from tests.submission.papers.papered import PaperedFiler, papered
from tests.uploads import JPEG

PAPERS = procedure(question("applicant_name", "person_name", "Lê Thị Mây"), question("birth_paper", "file"))


class Writing:
    """Writes forms here rather than in a process of its own."""

    is_busy = False

    async def write(self, form: object) -> bytes:
        if self.is_busy:
            raise RefusedFile("busy")
        return write(form)


@pytest.fixture
async def filer(store: Store, settings: Settings) -> PaperedFiler:
    filer = await (await papered(store, settings, PAPERS)).starts(PAPERS)
    await filer.says("Lê Thị Mây")
    return filer


@pytest.fixture
def writing() -> Writing:
    return Writing()


@pytest.fixture
async def http(store: Store, filer: PaperedFiler, writing: Writing) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    problems.install(app)
    app.include_router(create_router(writing))
    app.state.services = SimpleNamespace(
        store=store, dossiers=Dossiers(store, DAYS), attachments=filer.files, limiter=RateLimiter(1000)
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


def link(filer: PaperedFiler) -> str:
    return next(reply.file_url for reply in filer.replies if reply.file_url)


async def test_the_review_leads_to_the_papers_and_the_form(filer: PaperedFiler, http: httpx.AsyncClient) -> None:
    first, second = await filer.sends_photos(2)
    assert "tờ khai đã điền" in filer.text
    page = await http.get(link(filer))
    assert page.status_code == 200 and page.text.count("<img") == 2 and "birth_paper?" in page.text
    assert page.text.index(first) < page.text.index(second) and 'href="form.pdf"' in page.text
    assert (
        page.headers["cache-control"] == "no-store" and "default-src 'none'" in page.headers["content-security-policy"]
    )
    photo = await http.get(f"{link(filer)}/{first}")
    assert (photo.content, photo.headers["content-type"]) == (JPEG, "image/jpeg")
    assert "sandbox" in photo.headers["content-security-policy"]
    form = await http.get(link(filer).removesuffix("papers") + "form.pdf")
    assert form.headers["content-type"] == "application/pdf"
    text = PdfReader(io.BytesIO(form.content)).pages[0].extract_text()
    assert "Lê Thị Mây" in text and "24 tháng 11 năm 2026" in text


async def test_pages_are_looked_at_while_they_are_changed_and_the_form_waits_for_the_end(
    filer: PaperedFiler, http: httpx.AsyncClient
) -> None:
    await filer.sends_photos(1)
    await filer.says("sửa câu 2")
    assert "xem lại giấy tờ" in filer.text
    cut = filer.title("Bỏ tệp 1")
    papers = link(filer)
    await filer.presses(cut)
    page = await http.get(papers)
    assert page.status_code == 200 and "<img" not in page.text and "form.pdf" not in page.text
    assert (await http.get(papers.removesuffix("papers") + "form.pdf")).status_code == 404


async def test_the_form_is_offered_again_when_all_is_said(filer: PaperedFiler, http: httpx.AsyncClient) -> None:
    await filer.sends_photos(1)
    await filer.presses("Đồng ý")
    assert "in ra ký được" in filer.text
    await filer.presses("Tôi đã nộp xong")
    assert "in ra ký được" in filer.text
    assert (await http.get(link(filer))).status_code == 200


async def test_a_link_that_is_forged_over_or_erased_opens_nothing(
    filer: PaperedFiler, http: httpx.AsyncClient, store: Store, clock: Clock
) -> None:
    [photo] = await filer.sends_photos(1)
    papers = link(filer)
    other = await filer.photo()
    for path in (
        papers.replace("/papers", "x/papers"),
        papers[:20] + papers[21:],
        "/dossiers/sheets/x/papers",
        f"/dossiers/sheets/{'x' * 500}/papers",
        f"{papers}/{other}",
        f"{papers}/{photo}x",
        f"{papers}/..%2f..%2fsecret.key",
    ):
        assert (await http.get(path)).status_code == 404, path
    assert (await http.get(f"{papers}/{photo}")).status_code == 200
    clock.advance(hours=25)
    assert (await http.get(papers)).status_code == (await http.get(f"{papers}/{photo}")).status_code == 404
    clock.advance(hours=-25)
    await store.erase(filer.conversation_id)
    assert (await http.get(papers)).status_code == 404


async def test_when_no_form_can_be_written_now_it_says_so(
    filer: PaperedFiler, http: httpx.AsyncClient, writing: Writing
) -> None:
    await filer.sends_photos(1)
    writing.is_busy = True
    answer = await http.get(link(filer).removesuffix("papers") + "form.pdf")
    assert answer.status_code == 503 and "Bạn đợi một phút" in answer.json()["detail"]


async def test_where_nobody_could_open_a_link_none_is_told(store: Store, settings: Settings) -> None:
    filer = await papered(store, settings, PAPERS)
    filer.channel = "telegram"
    await filer.starts(PAPERS)
    await filer.says("Lê Thị Mây")
    await filer.sends_photos(1)
    assert not any(reply.file_url for reply in filer.replies) and "tờ khai đã điền" not in filer.text
