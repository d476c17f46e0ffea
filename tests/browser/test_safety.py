"""Whatever data hold, they are shown as text; and a portal's content security policy is kept."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Widget, wait_until_printed
from tests.browser.fake_gateway import INJECTION, FakeGateway

pytestmark = pytest.mark.slow


def test_markup_in_every_field_of_a_reply_stays_text(widget: Widget, page: Page) -> None:
    widget.says("xss")
    widget.hears("hai")
    expect(widget.log).to_contain_text("<b>đậm</b>")
    assert widget.log.locator("script, b, img").count() == 0, "no picture either: javascript: is no picture's address"
    assert widget.chip(INJECTION).count() == 1
    hrefs = widget.log.locator("a").evaluate_all("links => links.map(link => link.href)")
    assert "https://example.vn/a?b=1" in hrefs
    assert all(href.startswith("https://") for href in hrefs)
    assert page.evaluate("window.hacked") is None


def test_markup_in_the_print_view_stays_text(widget: Widget, page: Page) -> None:
    widget.says("xss")
    with page.expect_popup() as opened:
        widget.log.get_by_role("button", name="In danh sách").click()
    view = opened.value
    wait_until_printed(view)
    assert view.locator("script, b, img").count() == 0
    assert view.evaluate("window.hacked") is None


@pytest.mark.parametrize("text", [INJECTION, "dòng một\ndòng hai", "https://example.vn/?q=<b>", "😀" * 50, "‮đảo"])
def test_what_the_citizen_writes_is_shown_and_sent_as_it_is(text: str, widget: Widget, page: Page) -> None:
    widget.says(text)
    widget.hears("Bạn vừa hỏi")
    assert widget.log.locator(".mine .bubble").text_content() == f"Bạn: {text}"
    assert widget.log.locator("script, b, img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_broken_history_lines_are_passed_over(widget: Widget, page: Page, gateway: FakeGateway) -> None:
    widget.says("một")
    widget.hears("Bạn vừa hỏi: một")
    broken = [
        {"replies": None},
        {"replies": [None, {"text": 5, "buttons": "x", "card": {"items": 3}}]},
        {"replies": []},
    ]
    for what in broken:
        gateway.conversation().add("out", reply_to=None, turn={"sources": "x"}, **what)
    gateway.push(text="vẫn chạy")
    widget.hears("vẫn chạy")
    Widget(page).hears("vẫn chạy")
    assert page.errors == []


def test_it_runs_under_a_strict_content_security_policy_with_its_styles(widget: Widget, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    widget.says("làm giấy khai sinh")
    widget.hears("Để làm giấy khai sinh")
    assert widget.panel.evaluate("node => getComputedStyle(node).position") == "fixed"
    assert [text for text in complaints if "Content Security Policy" in text] == []


def test_the_token_is_never_in_an_address(widget: Widget, page: Page) -> None:
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    widget.says("một")
    widget.hears("Bạn vừa hỏi: một")
    page.wait_for_timeout(300)
    assert any("/events" in address for address in addresses)
    assert not any("token" in address for address in addresses)
