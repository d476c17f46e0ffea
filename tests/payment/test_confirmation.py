"""A confirmation can be checked by anybody who holds it, tells nothing private, and is never called a receipt."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

import httpx
import pytest

from bot.payment.confirmation import as_pdf
from bot.payment.records import Line
from bot.payment.references import check_code, checked, masked
from tests.payment.test_routes import HOTLINE, app_of
from tests.payment.world import BASE, DOSSIER, World


@pytest.fixture
def database_url() -> str:
    """The doors are the same over each database; what settles behind them is tried on both elsewhere."""
    return ""


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app_of(world, world.payments))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


async def paid(world: World):
    payment, _, order = await world.begun("momo")
    await world.hears("momo", world.pay(order)[1])
    return await world.payments.state(payment.reference)


def text_of(body: bytes) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)


async def test_a_paid_payment_has_a_sheet_whose_code_leads_to_the_check(world: World, http: httpx.AsyncClient) -> None:
    image, zxing = pytest.importorskip("PIL.Image"), pytest.importorskip("zxingcpp")
    from pypdf import PdfReader

    payment = await paid(world)
    base, _, query = world.payments.link(payment).partition("?")
    answer = await http.get(f"{base}/confirmation.pdf?{query}")
    assert answer.headers["content-type"] == "application/pdf"
    told = text_of(answer.content)
    for words in (
        "Xác nhận đã nhận tiền",
        "Đăng ký khai sinh",
        "58.000 đồng",
        payment.reference,
        "không phải biên lai",
    ):
        assert words in told
    (picture,) = PdfReader(io.BytesIO(answer.content)).pages[0].images
    read = zxing.read_barcodes(image.open(io.BytesIO(picture.data)))
    checking = await http.get(read[0].text)
    assert checking.status_code == 200
    for words in ("Đã nhận tiền", "58.000 đồng", payment.reference, masked(DOSSIER)):
        assert words in checking.text
    assert DOSSIER not in checking.text and "khai sinh" not in checking.text


async def test_what_is_not_paid_has_no_sheet_and_the_check_says_so(world: World, http: httpx.AsyncClient) -> None:
    payment = await world.asked()
    base, _, query = world.payments.link(payment).partition("?")
    assert (await http.get(f"{base}/confirmation.pdf?{query}")).status_code == 404
    assert "Chưa trả" in (await http.get(world.payments.check_link(payment))).text
    assert "confirmation.pdf" not in (await http.get(world.payments.link(payment))).text


async def test_a_code_that_was_made_up_checks_nothing(world: World, http: httpx.AsyncClient) -> None:
    payment = await paid(world)
    code = check_code(world.store.keys, payment.reference)
    assert checked(world.store.keys, code.lower()) == payment.reference
    other = f"TT2222222-{code[-8:]}"
    for made_up in (payment.reference, f"{payment.reference}-22222222", other, f"{code}x", "return", "%00", "a" * 500):
        answer = await http.get(f"/payments/check/{made_up}")
        assert answer.status_code in (404, 422), made_up


async def test_a_long_list_of_lines_goes_on_to_another_page(world: World) -> None:
    lines = tuple(
        Line(f"lệ phí dài dòng số {number} với nhiều chữ", 1_000, "fee", "Thông tư số 1", date(2027, 1, 1))
        for number in range(30)
    )
    payment = await world.payments.ask("MC-261124-XYZ234", lines, "việc có tên rất dài " * 10)
    payment = replace(payment, provider="momo", paid_at=world.clock())
    told = text_of(as_pdf(payment, "https://example.vn/payments/check/TT2222222-22222222", HOTLINE))
    assert "số 29" in told and "Quét mã" in told


def test_a_dossier_is_shown_by_its_last_letters() -> None:
    assert masked("MC-261124-ABC234") == "**-******-***234"
