"""The demo page of a ward's portal: says what it is, and every example really asks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Widget
from tests.browser.fake_gateway import FakeGateway

pytestmark = pytest.mark.slow


def test_the_page_says_that_it_is_a_trial_and_how_to_try(page: Page) -> None:
    Widget(page, "/")
    expect(page).to_have_title("Cổng dịch vụ công xã, phường (trang thử nghiệm)")
    expect(page.get_by_text("Đây không phải trang của cơ quan nhà nước")).to_be_visible()
    expect(page.get_by_text("Hãy bấm nút")).to_be_visible()
    assert page.get_by_role("link", name="Tài liệu API").first.get_attribute("href") == "/docs"
    assert page.errors == []


def test_each_example_opens_the_widget_and_asks_it(page: Page, gateway: FakeGateway) -> None:
    widget = Widget(page, "/")
    examples = page.locator("main [data-motcua-ask]:not([data-motcua-ask=''])")
    questions = examples.evaluate_all("nodes => nodes.map(node => node.dataset.motcuaAsk)")
    assert len(questions) >= 8
    for number, question in enumerate(questions, 1):
        examples.nth(number - 1).click()
        expect(widget.panel).to_be_visible()
        expect(widget.log.locator(".mine .bubble").nth(number - 1)).to_contain_text(question)
        page.keyboard.press("Escape")
    expect(page.locator("motcua-chat .mine.sent")).to_have_count(len(questions))
    assert gateway.acted_on() == questions


def test_the_named_button_in_the_text_only_opens_it(page: Page, gateway: FakeGateway) -> None:
    widget = Widget(page, "/")
    named = page.locator("main").get_by_role("button", name="Hỏi thủ tục")
    named.click()
    expect(widget.panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(named).to_be_focused()
    assert gateway.received == []


def test_the_line_to_copy_names_this_server(page: Page, address: str) -> None:
    Widget(page, "/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Chép").click()
    expect(page.get_by_text("Đã chép.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f'<script src="{address}/widget/motcua-widget.js" data-ward="Phường Mẫu" async></script>'


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_page_does_not_scroll_sideways(size: dict[str, int], new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(viewport=size).new_page()
    Widget(page, "/")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_closed_widget_shows_nothing_but_its_button(page: Page) -> None:
    widget = Widget(page, "/")
    expect(widget.launcher).to_be_visible()
    expect(widget.panel).to_be_hidden()


def test_a_question_asked_from_the_page_script_is_heard(page: Page) -> None:
    widget = Widget(page, "/")
    expect(widget.launcher).to_be_visible()
    page.evaluate("document.querySelector('motcua-chat').ask('từ trang')")
    widget.hears("Bạn vừa hỏi: từ trang")
