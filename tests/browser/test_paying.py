"""A dossier with a fee filed on a 360-pixel phone and paid with each provider, the tab closed right after paying."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from bot.app import create_app
from bot.settings import Settings
from tests.browser.conftest import PHONE
from tests.browser.filer import PhoneFiler
from tests.serving import free_port, served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240, func_only=True)]  # not the loading of the models
WIDGET = "/"
WISH, START = "xin giấy bán thuốc thú y", "Làm hồ sơ"
FEE = "230.000"
NAMES = {
    "national": "Cổng thanh toán quốc gia",
    "vietqr": "Chuyển khoản bằng mã QR (mọi ngân hàng)",
    "vnpay": "VNPAY",
    "momo": "Ví MoMo",
    "zalopay": "Ví ZaloPay",
}


@pytest.fixture(scope="module")
def demo(prepared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demonstration that knows its own address, so that links to pay lead to it."""
    folder = tmp_path_factory.mktemp("paying")
    for part in ("models", "index"):
        shutil.copytree(prepared_dir / part, folder / part)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = Settings(
        _env_file=None,
        env="demo",
        data_dir=folder,
        public_url=address,
        quiet_hours="00:00-00:00",
        rate_limit_per_minute=100_000,
    )
    with served(create_app(settings), 2, port) as base:
        yield base


@pytest.fixture
def context(browser: Browser, demo: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=demo, locale="vi-VN", viewport=PHONE, has_touch=True, is_mobile=True)
    context.set_default_timeout(20_000)
    yield context
    context.close()


def photograph(page: Page, name: str) -> None:
    """For whoever wants to look at the pages: set MOTCUA_SCREENSHOTS to a folder."""
    folder = os.environ.get("MOTCUA_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page="/payments/" in page.url)


def filed(page: Page) -> PhoneFiler:
    """The journey to its end; the dossier is sent and its fee told."""
    filer = PhoneFiler(page, WIDGET)
    filer.open()
    filer.says(WISH)
    filer.taps(START)
    question = filer.asked()
    while question is not None:
        if question["kind"] == "file":
            filer.taps("Nộp sau")
            question = filer.asked(other_than=question["id"])
        else:
            question = filer.answers(question)
    filer.taps("Đồng ý")
    filer.is_told("Nộp phí:")
    return filer


def pay_page(filer: PhoneFiler, context: BrowserContext) -> Page:
    """Opened by the link in the conversation, beside it."""
    link = filer.log.get_by_role("link", name="/payments/").last
    with context.expect_page() as opened:
        link.click()
    return opened.value


def pays_and_leaves(platform: Page) -> None:
    """The platform takes the money; its answer never reaches the tab, which is closed."""
    took = []

    def take(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        took.append(route.fetch(max_redirects=0).status)
        return route.abort()

    platform.route("**/sandbox/pay/orders/**", take)
    with platform.expect_event("requestfailed"):
        platform.get_by_role("button", name="Trả tiền").click(no_wait_after=True)
    assert took == [303]
    platform.close()


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("provider", NAMES)
def test_paid_with_the_tab_closed_at_once_is_paid_and_confirmed(
    context: BrowserContext, provider: str, demo: str
) -> None:
    filer = filed(context.new_page())
    photograph(filer.page, f"chat-{provider}")
    paying = pay_page(filer, context)
    expect(paying.get_by_role("status")).to_contain_text("Chưa trả")
    expect(paying.get_by_text(f"{FEE} đồng").first).to_be_visible()
    assert fits(paying)
    photograph(paying, f"pay-{provider}")
    address = paying.url
    paying.get_by_role("button", name=NAMES[provider]).click()
    if provider == "vietqr":
        expect(paying.get_by_alt_text(f"Mã QR chuyển khoản {FEE} đồng")).to_be_visible()
        assert fits(paying)
        photograph(paying, "pay-qr")
        paying.get_by_role("link", name="Mở trang của ngân hàng").click()
    paying.get_by_role("button", name="Trả tiền").wait_for()
    photograph(paying, f"platform-{provider}")
    pays_and_leaves(paying)
    filer.page.close()

    later = context.new_page()
    later.goto(WIDGET)
    back = PhoneFiler(later, WIDGET)
    back.open()
    back.is_told(f"Đã nhận {FEE} đồng")
    photograph(later, f"told-{provider}")
    later.goto(address)
    expect(later.get_by_role("status")).to_contain_text("Đã nhận tiền")
    assert fits(later)
    photograph(later, f"paid-{provider}")
    with later.expect_download() as downloading:
        later.get_by_role("link", name="Tải xác nhận").click()
    body = Path(downloading.value.path()).read_bytes()
    if os.environ.get("MOTCUA_SCREENSHOTS"):
        Path(os.environ["MOTCUA_SCREENSHOTS"], "confirmation.pdf").write_bytes(body)
    assert FEE in text_of(body)
    later.get_by_role("link", name="TT").click()
    expect(later.get_by_role("status")).to_contain_text("Đã nhận tiền")
    assert fits(later)
    photograph(later, f"check-{provider}")
    if provider == "national":
        later.goto(address)
        with later.expect_download() as downloading:
            later.get_by_role("link", name="Tải biên lai của cơ quan").click()
        assert Path(downloading.value.path()).read_bytes().startswith(b"%PDF-")


def test_a_citizen_who_says_it_was_paid_hears_what_the_provider_says(context: BrowserContext, demo: str) -> None:
    page = context.new_page()
    filer = filed(page)
    platform = context.new_page()
    platform.goto("/sandbox/pay/")
    platform.get_by_label("Không bao giờ báo").check()
    platform.get_by_role("button", name="Áp dụng").click()
    paying = pay_page(filer, context)
    paying.get_by_role("button", name=NAMES["momo"]).click()
    paying.get_by_role("button", name="Trả tiền").wait_for()
    pays_and_leaves(paying)
    page.bring_to_front()
    filer.says("tôi trả tiền rồi mà chưa thấy")
    filer.is_told(f"đã nhận {FEE} đồng")
    photograph(page, "asked")
    platform.goto("/sandbox/pay/")
    platform.get_by_label("Không bao giờ báo").uncheck()
    platform.get_by_role("button", name="Áp dụng").click()


def text_of(body: bytes) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
