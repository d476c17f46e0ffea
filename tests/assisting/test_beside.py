"""A helper and a citizen beside each other, each with a phone: agreed, filled in, read, sent by the citizen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CHROMIUM, PHONE, Widget
from tests.browser.seats import chromium, seats, signs_in
from tests.browser.test_desk import shot
from tests.desk.people import PASSWORD, SEN, People, people  # noqa: F401 — fixtures

pytestmark = pytest.mark.slow


@pytest.fixture
def seat(gateway: str, people: People) -> Iterator[Callable[[], Page]]:  # noqa: F811
    """A phone of somebody's own, on the gateway that other tests of the run use, too."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with chromium() as browser, seats(browser, gateway, PHONE) as sit:
        yield sit


def fits(page: Page, name: str) -> None:
    """Nothing has to be pushed sideways on the smallest phone."""
    shot(page, name)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{name}: {wide}"


def test_a_helper_fills_in_on_a_small_phone_and_the_citizen_sends_it(seat: Callable[[], Page]) -> None:
    helper, phone = signs_in(seat(), SEN, PASSWORD), seat()
    helper.get_by_role("link", name="Làm giúp", exact=True).click()
    helper.get_by_role("searchbox").fill("xac nhan tinh trang hon nhan")
    helper.get_by_role("button", name="Tìm").click()
    fits(helper, "assist_choose")
    helper.get_by_role("button", name="Làm giúp thủ tục này").first.click()
    code = helper.locator(".code strong").inner_text()
    fits(helper, "assist_code")

    widget = Widget(phone, "/").open()
    widget.says(f"giúp {code}")
    widget.hears("xin làm giúp bạn")
    fits(phone, "assist_citizen_asked")
    widget.chip("Đồng ý cho làm giúp").click()
    number = re.search(r"\d{3} \d{3}", widget.hears("Bạn đọc số này").first.inner_text())[0]
    helper.get_by_label("Số gồm 6 chữ số").fill(number)  # the page came by itself
    fits(helper, "assist_number")
    helper.get_by_role("button", name="Tiếp tục").click()
    expect(helper.locator(".question")).to_contain_text("Câu 1")
    widget.hears("bắt đầu làm giúp bạn")
    fits(helper, "assist_first_question")

    for _ in range(40):
        if helper.get_by_role("heading", name="Đã đủ câu trả lời").count():
            break
        before = helper.locator(".question").inner_text()
        box = helper.get_by_label("Câu trả lời của bà con")
        if box.count():
            box.fill(re.search(r"Ví dụ: (.+)", before)[1].strip("“”. "))
            helper.get_by_role("button", name="Ghi câu này").click()
        else:
            helper.locator(".answer .row button").first.click()
        expect(helper.locator(".question")).not_to_have_text(before)
    fits(helper, "assist_all_told")
    helper.get_by_role("button", name="Gửi bà con đọc lại").click()
    widget.hears("Bạn đọc lại từng câu")
    widget.hears("Người làm giúp: Chị Sen")
    fits(helper, "assist_shown")
    fits(phone, "assist_citizen_reads")
    widget.chip("Đồng ý").last.click()
    expect(helper.get_by_text("Bà con đã đọc lại và đồng ý.")).to_be_visible()  # by itself
    fits(helper, "assist_agreed")
    widget.chip("Tôi đã nộp xong").last.click()
    expect(helper.get_by_text("Bà con đã tự bấm nộp hồ sơ")).to_be_visible()  # by itself
    fits(helper, "assist_over")
    assert (helper.errors, phone.errors) == ([], [])
