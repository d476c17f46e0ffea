"""The look-up tool on a phone: found as people type, ticked, compared, counted, printed, also without a line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from knowledge import costs
from knowledge.catalogue import load_curated
from knowledge.costs import Vehicle
from tests.browser.conftest import PHONE
from tests.desk.lookup_server import LookupServer, lookup_server
from tests.serving import served

pytestmark = pytest.mark.slow

ROOT = "/desk/tra-cuu"
# What people type, and the procedure that must be the first of those found.
TYPED = {
    "khai sih": "1.001193",
    "lam giay khai sinh cho con": "1.001193",
    "đăng ký tạm trú": "1.004194",
    "dk tam tru": "1.004194",
    "mất hộ chiếu": "1.010386",
    "ket hon": "1.000894",
    "doi bang lai xe": "1.002804",
    "sao y": "2.000815",
    "1.001193": "1.001193",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> LookupServer:
    return lookup_server(tmp_path_factory.mktemp("lookup"))


@pytest.fixture(scope="module")
def address(server: LookupServer) -> Iterator[str]:
    with served(server.app) as base:
        httpx.get(f"{base}{ROOT}/goi.json", timeout=60).raise_for_status()  # built once, which takes seconds
        yield base


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=address, locale="vi-VN", viewport=PHONE)
    context.set_default_timeout(15_000)
    context.add_init_script("window.print = () => { window.printed = (window.printed || 0) + 1 }")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(error))
    page.goto(ROOT)
    expect(page.locator("#status")).to_contain_text("thủ tục.")
    return page


def wait_until_kept(page: Page) -> None:
    """The service worker is there and has the tool and the pack."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    for _ in range(100):
        if page.evaluate("caches.match('/desk/tra-cuu/goi.json').then(Boolean)"):
            return
        page.wait_for_timeout(100)
    raise AssertionError("the pack was not kept")


def first_found(page: Page, typed: str) -> str:
    page.locator("#query").fill(typed)
    return page.locator(".results a").first.get_attribute("href").removeprefix("#")


def test_it_finds_what_people_type_at_once_and_forgives(page: Page) -> None:
    known = {one.code for one in load_curated()}
    for typed, code in TYPED.items():
        if code in known:
            assert first_found(page, typed) == code, typed
    page.locator("#query").fill("qwzx kjh")
    expect(page.locator("#noi-dung")).to_contain_text("Chưa thấy việc này")
    assert not page.errors


def test_the_server_is_asked_for_more_and_what_it_finds_comes_below(page: Page, server: LookupServer) -> None:
    page.locator("#query").fill("thủ tục hiếm")
    expect(page.get_by_role("heading", name="Tìm thêm trên máy chủ")).to_be_visible()
    assert server.searched[-1] == "thủ tục hiếm"


def test_a_card_fits_a_phone_and_shows_the_papers_of_the_chosen_case(page: Page) -> None:
    page.goto(f"{ROOT}#1.004194")
    expect(page.get_by_role("heading", level=1)).to_have_text("Đăng ký tạm trú")
    papers = page.locator(".checklist li")
    assert papers.count() == 4
    page.get_by_label("Trường hợp").select_option(label="Công an, bộ đội ở nơi đóng quân")
    expect(papers).to_have_count(3)
    page.get_by_role("checkbox").first.check()
    for text in ("7.000 đồng/lần", "3 ngày làm việc", "Nguồn:", "Dữ liệu lấy lúc"):
        expect(page.locator("article")).to_contain_text(text)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Mã QR").click()
    expect(page.get_by_label("Mã QR của trang này").first).to_be_visible()
    page.get_by_role("button", name="In").click()
    assert page.evaluate("window.printed") == 1
    assert not page.errors


def test_two_cases_stand_side_by_side(page: Page) -> None:
    page.goto(f"{ROOT}#so-sanh/1.004194")
    table = page.locator("table")
    expect(table).to_contain_text("Giấy đề nghị kèm danh sách")
    expect(table).to_contain_text("Giấy giới thiệu của đơn vị")
    page.get_by_label("Trường hợp thứ hai").select_option(label="Theo danh sách")
    expect(table).to_contain_text("5.000 đồng/người")
    expect(page.locator("article")).to_contain_text("Giấy tờ ai cũng cần")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_life_event_leads_to_its_procedures(page: Page) -> None:
    page.get_by_role("link", name="Việc đời").click()
    page.get_by_role("link", name="Chuyển nhà").click()
    page.get_by_role("heading", name="Đăng ký tạm trú").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Đăng ký tạm trú")


def test_without_a_line_all_of_it_still_works_and_says_as_of_when(
    page: Page, context: BrowserContext, server: LookupServer
) -> None:
    wait_until_kept(page)
    context.set_offline(True)
    page.reload()
    expect(page.locator("#status")).to_contain_text("không có mạng")
    expect(page.locator("#status")).to_contain_text("Dữ liệu lấy lúc")
    assert first_found(page, "tam tru") == "1.004194"
    page.locator(".results a").first.click()
    expect(page.locator("article")).to_contain_text("Tờ khai thay đổi thông tin cư trú")
    page.get_by_role("link", name="Tính phí").click()
    page.get_by_label("Số trang của bản chính").fill("5")
    page.get_by_label("Số bản").fill("2")
    expect(page.locator(".total")).to_have_text("14.000 đồng")
    fresh = context.new_page()
    fresh.goto(f"{ROOT}#1.001193")
    expect(fresh.get_by_role("heading", level=1)).to_have_text("Đăng ký khai sinh cho con")
    fresh.goto(f"{ROOT}#9.999999")
    expect(fresh.locator("#noi-dung")).to_contain_text("Không mở được thủ tục này")
    assert not page.errors
    context.set_offline(False)


def test_back_on_the_line_it_takes_newer_data_over(page: Page, context: BrowserContext, server: LookupServer) -> None:
    wait_until_kept(page)
    context.set_offline(True)
    page.reload()
    expect(page.locator("#status")).to_contain_text("không có mạng")
    known = load_curated()
    server.publish("newer", [one for one in known if one.code != "1.004194"])
    try:
        context.set_offline(False)
        expect(page.locator("#status")).to_contain_text(f"{len(known) - 1} thủ tục.", timeout=30_000)
        expect(page.get_by_text("Đã cập nhật dữ liệu mới.")).to_be_visible()
    finally:
        server.publish("first again", known)


def test_its_sums_are_those_of_the_law(page: Page, address: str) -> None:
    """The same figures, the same days: the tool's arithmetic against the one that answers in the conversation."""
    today, prices = costs_day(page), (0, 999, 17_500_001, 300_000_000, 120_000_000_000)
    asked, wanted = [], []
    for pages in (1, 2, 3, 99, 5_000):
        asked.append(["copies", {"pages": pages, "count": 3}, None])
        wanted.append(costs.certified_copies(pages, 3, today).total_vnd)
    for price in prices:
        for reduced in (False, True):
            asked.append(["land", {"price": price, "isReduced": reduced}, None])
            wanted.append(costs.land_registration_fee(price, today, is_reduced=reduced).total_vnd)
            for vehicle in Vehicle:
                for first in (False, True):
                    for province in (None, "Hà Nội"):
                        asked.append(
                            [vehicle.value, {"price": price, "isFirst": first, "isReduced": reduced}, province]
                        )
                        told = costs.vehicle_registration_fee(vehicle, price, first, today, province, reduced)
                        wanted.append(told.total_vnd)
    got = page.evaluate(
        """async (asked) => {
            const { sum } = await import('/desk/tra-cuu/cards.js');
            const { figures } = await (await fetch('/desk/tra-cuu/goi.json')).json();
            return asked.map(([kind, told, province]) => sum(figures, kind, told, province)?.total ?? null);
        }""",
        asked,
    )
    assert got == [None if total is None else int(Decimal(total)) for total in wanted]


def costs_day(page: Page) -> dt.date:
    return dt.date.fromisoformat(page.evaluate("import('/desk/tra-cuu/figures.js').then(({ today }) => today())"))
