"""The doors of money: each provider is answered in its own words, and a page is for the holder of its link."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from bot import problems
from bot.payment.accounts import Accounts
from bot.payment.payment import Payments
from bot.payment.providers.emvco import decode
from bot.payment.providers.wire import Wire
from bot.payment.routes import create_router
from bot.ratelimit import RateLimiter
from bot.sandbox import payment_notices as sandbox_notices
from bot.sandbox.payment_notices import Sent
from tests.payment.world import ALL, BASE, TOTAL, World

HOTLINE = "1800 1096"


def app_of(world: World, payments: Payments) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.state.services = SimpleNamespace(limiter=RateLimiter(100_000))
    app.include_router(create_router(world.store, payments, world.reconciliation, HOTLINE))
    return app


@pytest.fixture
def database_url() -> str:
    """The doors are the same over each database; what settles behind them is tried on both elsewhere."""
    return ""


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app_of(world, world.payments))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


async def send(http: httpx.AsyncClient, sent: Sent) -> httpx.Response:
    return await http.request(sent.method, f"{sent.url}?{sent.query}" if sent.query else sent.url, content=sent.body)


def told(answer: httpx.Response) -> tuple:
    read = json.loads(answer.content) if answer.content else {}
    return answer.status_code, *(
        read.get(name) for name in ("RspCode", "return_code", "MaLoi", "success") if name in read
    )


@pytest.mark.parametrize(
    ("provider", "first", "second", "forged"),
    [
        ("national", (200, "00"), (200, "00"), (200, "97")),
        ("vietqr", (200, True), (200, True), (401, False)),
        ("vnpay", (200, "00"), (200, "02"), (200, "97")),
        ("momo", (204,), (204,), (401,)),
        ("zalopay", (200, 1), (200, 2), (200, -1)),
    ],
)
async def test_each_provider_is_answered_in_its_own_words(
    world: World, http: httpx.AsyncClient, provider: str, first: tuple, second: tuple, forged: tuple
) -> None:
    payment, _, order = await world.begun(provider)
    _, sent = world.pay(order)
    assert told(await send(http, sandbox_notices.forged(sent))) == forged
    assert await world.status(payment) == "pending"
    assert told(await send(http, sent)) == first
    assert told(await send(http, sent)) == second
    assert await world.status(payment) == "paid"


async def test_vnpay_hears_of_a_wrong_amount_and_of_an_order_we_do_not_know(
    world: World, http: httpx.AsyncClient
) -> None:
    _, _, order = await world.begun("vnpay")
    assert told(await send(http, world.pay(order, "wrong_amount")[1])) == (200, "04")
    order.reference = "TTAAAAAAA01"
    assert told(await send(http, world.pay(order)[1])) == (200, "01")


@pytest.mark.parametrize("provider", ALL)
async def test_what_is_no_notice_changes_nothing(world: World, http: httpx.AsyncClient, provider: str) -> None:
    payment, _, order = await world.begun(provider)
    _, sent = world.pay(order)
    cut = Sent(sent.method, sent.url, sent.query[: len(sent.query) // 2], sent.body[: len(sent.body) // 2])
    strange = [cut, Sent(sent.method, sent.url), Sent(sent.method, sent.url, "a=1&a=2", b'{"a":1,"a":2}')]
    strange += [Sent(sent.method, sent.url, "a=%00%ff", body) for body in (b"[]", b"[" * 9000, b'{"a":NaN}', b"\xff")]
    strange += [Sent(sent.method, sent.url, "vnp_TxnRef=%C4%90", b'{"data":"\\ud800","mac":"x","signature":"\\u0000"}')]
    for one in strange:
        answer = await send(http, one)
        assert answer.status_code in (200, 400, 401), one
        assert told(answer)[1:] in ((), ("97",), (-1,), (False,)), one
    assert await world.status(payment) == "pending"


async def test_a_door_without_a_secret_does_not_exist(world: World) -> None:
    async with httpx.AsyncClient() as nobody:
        off = Payments(world.store, Accounts().providers(Wire(nobody)), BASE)
    transport = httpx.ASGITransport(app=app_of(world, off))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
        for provider in (*ALL, "paypal"):
            assert (await http.get(f"/payments/{provider}/notice")).status_code == 404
            assert (await http.post(f"/payments/{provider}/notice", content=b"{}")).status_code == 404


async def test_the_browsers_return_shows_and_never_settles(world: World, http: httpx.AsyncClient) -> None:
    payment, _, order = await world.begun("vnpay")
    _, sent = world.pay(order)
    back = await http.get(f"/payments/{payment.reference}/return?{sent.query}")
    assert back.status_code == 200 and "Đang chờ tiền" in back.text and "58.000" not in back.text
    assert await world.status(payment) == "pending"
    await http.get(world.payments.link(payment))  # the browser that began it holds the token in a cookie
    back = await http.get(f"/payments/{payment.reference}/return?{sent.query}")
    assert back.status_code == 303 and back.headers["location"].startswith(f"/payments/{payment.reference}?t=")


async def test_a_page_is_for_the_holder_of_its_link(world: World, http: httpx.AsyncClient) -> None:
    payment, other = await world.asked(), await world.asked("MC-261124-XYZ567")
    link = world.payments.link(payment)
    shown = await http.get(link)
    assert shown.status_code == 200
    for text in (
        "Đăng ký khai sinh",
        "50.000 đồng",
        "8.000 đồng",
        "58.000 đồng",
        "còn 3 ngày",
        "quầy một cửa",
        HOTLINE,
    ):
        assert text in shown.text
    assert shown.headers["referrer-policy"] == "no-referrer" and "no-store" in shown.headers["cache-control"]
    http.cookies.clear()
    token = link.partition("?t=")[2]
    for path in (
        f"{other.reference}?t={token}",
        payment.reference,
        f"{payment.reference}?t=",
        "TTAAAAAAA?t=x",
    ):
        assert (await http.get(f"/payments/{path}")).status_code == 404, path
    for verb in ("start", "check"):
        refused = await http.post(f"/payments/{payment.reference}/{verb}?t=wrong", data={"provider": "momo"})
        assert refused.status_code == 404


async def test_a_citizen_scans_a_code_pays_and_checks(world: World, http: httpx.AsyncClient) -> None:
    zxing, image = pytest.importorskip("zxingcpp"), pytest.importorskip("PIL.Image")
    import io

    payment = await world.asked()
    base, _, query = world.payments.link(payment).partition("?")
    assert (await http.get(f"{base}/qr.png?{query}")).status_code == 404
    begun = await http.post(f"{base}/start?{query}", data={"provider": "vietqr"})
    assert begun.status_code == 303 and begun.headers["location"].startswith("/payments/")
    picture = await http.get(f"{base}/qr.png?{query}&save=1")
    assert "attachment" in picture.headers["content-disposition"]
    read = zxing.read_barcodes(image.open(io.BytesIO(picture.content)))
    scanned = decode(read[0].text)
    assert (scanned.amount_vnd, scanned.purpose) == (TOTAL, payment.reference)
    page = (await http.get(f"{base}?{query}")).text
    assert "Lưu ảnh mã QR" in page and "kiểm tra lại" in page and 'http-equiv="refresh"' in page
    (attempt,) = await world.payments.attempts(payment.reference)
    world.pay(await world.order_of(attempt))
    checked = await http.post(f"{base}/check?{query}")
    assert checked.status_code == 303
    page = (await http.get(f"{base}?{query}")).text
    assert "Đã nhận tiền" in page and "Chọn cách trả" not in page and "refresh" not in page


async def test_the_national_platform_gives_the_receipt_that_the_collecting_body_issued(
    world: World, http: httpx.AsyncClient
) -> None:
    payment, _, order = await world.begun("national")
    base, _, query = world.payments.link(payment).partition("?")
    assert (await http.get(f"{base}/receipt.pdf?{query}")).status_code == 404
    await send(http, world.pay(order)[1])
    assert "Tải biên lai" in (await http.get(f"{base}?{query}")).text
    assert (await http.get(f"{base}/receipt.pdf?{query}")).content.startswith(b"%PDF-")


async def test_a_provider_that_leads_to_its_own_page_is_followed(world: World, http: httpx.AsyncClient) -> None:
    payment = await world.asked()
    base, _, query = world.payments.link(payment).partition("?")
    begun = await http.post(f"{base}/start?{query}", data={"provider": "momo"})
    assert begun.status_code == 303 and begun.headers["location"].startswith("http://sandbox.test/orders/momo/")
    assert (await http.post(f"{base}/start?{query}", data={"provider": "paypal"})).status_code == 404


@pytest.mark.parametrize("status", ["open", "pending", "paid", "failed", "expired", "mismatched", "refunded"])
async def test_every_status_has_a_page_with_a_next_step(world: World, http: httpx.AsyncClient, status: str) -> None:
    import sqlalchemy as sa

    from bot.payment.tables import payments

    payment = await world.asked()
    changed = sa.update(payments).values(status=status)
    await world.store.database.write(lambda connection: connection.execute(changed))
    shown = await http.get(world.payments.link(payment))
    assert shown.status_code == 200 and HOTLINE in shown.text
