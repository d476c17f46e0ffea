"""Keyboard, screen reader, small screen, large letters, high contrast: the widget is for everybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Widget

pytestmark = pytest.mark.slow

FOCUSED = """() => {
  let node = document.activeElement;
  while (node && node.shadowRoot && node.shadowRoot.activeElement) node = node.shadowRoot.activeElement;
  return node.getAttribute('aria-label') || node.textContent || node.id }"""
NOTE_LIVENESS = """
  window.live = [];
  const note = () => window.live.push(document.querySelector('motcua-chat').shadowRoot.querySelector('.log').ariaLive);
  new MutationObserver(() => {
    const chat = document.querySelector('motcua-chat');
    if (!chat || window.isWatched) return;
    window.isWatched = true;
    new MutationObserver(note).observe(chat.shadowRoot, {subtree: true, childList: true});
  }).observe(document, {subtree: true, childList: true})"""
COMPOSING_ENTER = """node => node.dispatchEvent(
  new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, composed: true}))"""
READABLE = (
    "h2",
    "header p",
    ".mine .bubble",
    ".theirs .bubble >> nth=1",
    ".meta a >> nth=0",
    ".meta span >> nth=0",
    ".note >> nth=0",
    ".case >> nth=0",
    ".footer",
    ".latest .chip >> nth=0",
    ".chip:disabled",
    ".privacy",
    ".tools .quiet >> nth=0",
)
LUMINANCE = """color => {
  const [r, g, b] = color.match(/[0-9.]+/g).slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b }"""


def contrast(node: Locator) -> float:
    """Of the letters of `node` with the first opaque ground behind them."""
    colors = node.evaluate(
        """(node) => { const ink = getComputedStyle(node).color; let ground = 'rgba(0, 0, 0, 0)';
        for (let at = node; at && /, 0\\)$/.test(ground); at = at.parentElement || (at.getRootNode() || {}).host)
          ground = getComputedStyle(at).backgroundColor;
        return [ink, ground] }"""
    )
    light, dark = sorted((node.page.evaluate(LUMINANCE, color) for color in colors), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_everything_works_with_the_keyboard_alone(page: Page) -> None:
    widget = Widget(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert "Hỏi thủ tục" in page.evaluate(FOCUSED)
    page.keyboard.press("Enter")
    expect(widget.input).to_be_focused()
    page.keyboard.type("dòng một")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("dòng hai")
    expect(widget.input).to_have_value("dòng một\ndòng hai")
    page.keyboard.press("Enter")
    widget.hears("Bạn vừa hỏi: dòng một")
    page.keyboard.press("Escape")
    expect(widget.panel).to_be_hidden()
    assert "Hỏi thủ tục" in page.evaluate(FOCUSED)


def test_focus_stays_inside_while_it_is_open(widget: Widget, page: Page) -> None:
    stops = []
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "MOTCUA-CHAT"
        stops.append(page.evaluate(FOCUSED))
    for label in ("Chữ to hơn", "Tùy chọn", "Đóng cửa sổ trò chuyện", "Làm giấy khai sinh", "Viết câu hỏi của bạn"):
        assert label in stops
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.activeElement.tagName") == "MOTCUA-CHAT"


def test_escape_closes_the_innermost_thing_only(widget: Widget, page: Page) -> None:
    widget.menu("Xóa cuộc trò chuyện")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    expect(widget.panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(widget.panel).to_be_hidden()


def test_enter_that_ends_a_syllable_of_an_input_method_does_not_send(widget: Widget) -> None:
    widget.input.fill("khai sinh")
    widget.input.evaluate(COMPOSING_ENTER)
    expect(widget.input).to_have_value("khai sinh")
    expect(widget.log.locator(".mine")).to_have_count(0)


def test_the_keys_typed_do_not_reach_the_portals_own_shortcuts(widget: Widget, page: Page) -> None:
    page.evaluate("window.keys = 0; document.addEventListener('keydown', () => { window.keys += 1 })")
    widget.input.press_sequentially("abc")
    assert page.evaluate("window.keys") == 0


def test_a_screen_reader_is_told_what_everything_is(widget: Widget, page: Page) -> None:
    expect(widget.panel).to_have_accessible_name("Trợ lý Một Cửa")
    expect(widget.panel).to_have_attribute("aria-modal", "true")
    expect(widget.panel).to_have_attribute("lang", "vi")
    expect(widget.log).to_have_attribute("aria-live", "polite")
    expect(widget.log).to_have_accessible_name("Nội dung trò chuyện")
    expect(widget.input).to_have_accessible_description("Đừng gửi mã OTP hay mật khẩu cho bất cứ ai.")
    for control in widget.panel.get_by_role("button").all():
        expect(control).to_have_accessible_name(re.compile(r"\S"))
    widget.says("làm giấy khai sinh")
    expect(widget.log.locator(".mine")).to_contain_text("Bạn: làm giấy khai sinh")
    widget.hears("Trợ lý:")


def test_an_old_conversation_is_not_read_out_again(widget: Widget, page: Page) -> None:
    widget.says("một")
    widget.hears("Bạn vừa hỏi: một")
    expect(widget.log).to_have_attribute("aria-live", "polite")
    page.add_init_script(NOTE_LIVENESS)
    again = Widget(page)
    again.hears("Bạn vừa hỏi: một")
    assert "off" in page.evaluate("window.live")
    expect(again.log).to_have_attribute("aria-live", "polite")


@pytest.mark.parametrize("size", [PHONE, {"width": 320, "height": 568}, DESKTOP], ids=["phone", "tiny", "desktop"])
@pytest.mark.parametrize("letters", [0, 2], ids=["normal", "largest"])
def test_nothing_sticks_out_sideways(
    size: Any, letters: int, new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    page = new_context(viewport=size).new_page()
    widget = Widget(page).open()
    for _ in range(letters):
        page.get_by_role("button", name="Chữ to hơn").click()
    widget.says("làm giấy khai sinh " + "rấtdài" * 40 + " https://example.vn/" + "a" * 200)
    widget.hears("Để làm giấy khai sinh")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert widget.log.evaluate("node => node.scrollWidth <= node.clientWidth")
    box = widget.panel.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
    expect(widget.input).to_be_in_viewport(ratio=1)
    assert page.screenshot(path=tmp_path / "widget.png")


def test_targets_are_large_enough_for_a_thumb(new_context: Callable[..., BrowserContext]) -> None:
    widget = Widget(new_context(viewport=PHONE).new_page())
    assert widget.launcher.bounding_box()["height"] >= 44
    widget.open()
    widget.says("làm giấy khai sinh")
    widget.hears("Để làm giấy khai sinh")
    for control in widget.panel.get_by_role("button").all() + widget.log.locator("label").all():
        box = control.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44, control.inner_text()


def test_the_size_of_letters_is_remembered(widget: Widget, page: Page) -> None:
    def size() -> str:
        return page.locator("motcua-chat .panel").evaluate("node => getComputedStyle(node).fontSize")

    before = float(size().removesuffix("px"))
    page.get_by_role("button", name="Chữ to hơn").click()
    larger = size()
    assert float(larger.removesuffix("px")) > before
    Widget(page)
    assert size() == larger


SCHEMES = {"light": {}, "dark": {"color_scheme": "dark"}}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("is_high", [False, True], ids=["plain", "high-contrast"])
def test_letters_stand_out_from_their_ground(
    scheme: str, is_high: bool, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(**SCHEMES[scheme]).new_page()
    widget = Widget(page).open()
    if is_high:
        widget.menu("Tương phản cao")
        page.keyboard.press("Escape")
    widget.says("làm giấy khai sinh")
    widget.hears("Để làm giấy khai sinh")
    widget.chip("Lệ phí").click()
    widget.hears("Đúng hạn: miễn phí")
    least = 7 if is_high else 4.5
    for what in READABLE:
        found = contrast(page.locator("motcua-chat").locator(what).first)
        assert found >= least, f"{what}: {found:.1f}"


def test_high_contrast_is_remembered(widget: Widget, page: Page) -> None:
    widget.menu("Tương phản cao")
    expect(page.get_by_role("button", name="Tương phản cao")).to_have_attribute("aria-pressed", "true")
    Widget(page)
    ground = page.locator("motcua-chat .log").evaluate(
        "node => getComputedStyle(node.parentElement.parentElement).backgroundColor"
    )
    assert ground == "rgb(0, 0, 0)"


def test_nothing_moves_for_those_who_asked_for_stillness(new_context: Callable[..., BrowserContext]) -> None:
    widget = Widget(new_context(reduced_motion="reduce").new_page()).open()
    assert widget.panel.evaluate("node => getComputedStyle(node).animationName") == "none"


def test_near_the_limit_characters_are_counted_and_beyond_it_nothing_is_sent(widget: Widget, page: Page) -> None:
    send = page.get_by_role("button", name="Gửi", exact=True)
    expect(send).to_be_disabled()
    widget.input.fill("a" * 1_790)
    expect(widget.panel).not_to_contain_text("ký tự")
    widget.input.fill("a" * 1_900)
    expect(widget.panel).to_contain_text("Còn 100 ký tự")
    widget.input.fill("a" * 2_001)
    expect(widget.panel).to_contain_text("Dài quá 1 ký tự")
    expect(send).to_be_disabled()
    widget.input.press("Enter")
    expect(widget.input).to_have_value("a" * 2_001)
    widget.input.fill("   \n ")
    widget.input.press("Enter")
    expect(widget.log.locator(".mine")).to_have_count(0)
