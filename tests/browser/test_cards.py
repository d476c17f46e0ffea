"""Lists worth keeping: papers to tick and to print, steps in order."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Widget, wait_until_printed

pytestmark = pytest.mark.slow


def test_papers_are_ticked_and_the_ticks_stay_after_a_reload(widget: Widget, page: Page) -> None:
    widget.says("làm giấy khai sinh")
    card = widget.log.get_by_role("region", name="Giấy tờ để làm giấy khai sinh")
    card.get_by_role("checkbox", name="Giấy chứng sinh 1 bản chính").check()
    expect(card).to_contain_text("Đã có 1/4")
    again = Widget(page).log.get_by_role("region", name="Giấy tờ để làm giấy khai sinh")
    expect(again.get_by_role("checkbox", name="Giấy chứng sinh 1 bản chính")).to_be_checked()
    expect(again.get_by_role("checkbox", name="Tờ khai đăng ký khai sinh")).not_to_be_checked()
    expect(again).to_contain_text("Đã có 1/4")
    again.get_by_role("checkbox", name="Giấy chứng sinh 1 bản chính").uncheck()
    expect(again).to_contain_text("Đã có 0/4")


def test_what_the_card_tells_does_not_stand_in_the_text_again(widget: Widget) -> None:
    widget.says("làm giấy khai sinh")
    card = widget.log.get_by_role("region", name="Giấy tờ để làm giấy khai sinh")
    bubble = widget.log.locator(".theirs:not(.welcome) .bubble")
    expect(bubble).to_contain_text("Để làm giấy khai sinh, bạn cần:")
    expect(bubble).not_to_contain_text("Tờ khai đăng ký khai sinh")
    expect(bubble).not_to_contain_text("còn 2 giấy tờ")
    expect(card).to_contain_text("Không có giấy chứng sinh")
    expect(card).to_contain_text("Kiểm tra ngày 20/02/2026")


def test_the_print_view_holds_the_list_its_source_and_the_date_and_nothing_else(widget: Widget, page: Page) -> None:
    widget.says("làm giấy khai sinh")
    card = widget.log.get_by_role("region", name="Giấy tờ để làm giấy khai sinh")
    card.get_by_role("checkbox", name="Giấy chứng sinh 1 bản chính").check()
    with page.expect_popup() as opened:
        card.get_by_role("button", name="In danh sách").click()
    view = opened.value
    wait_until_printed(view)
    expect(view).to_have_title("Giấy tờ để làm giấy khai sinh")
    expect(view.get_by_role("heading", level=1)).to_have_text("Giấy tờ để làm giấy khai sinh")
    text = view.locator("body").inner_text()
    for part in (
        "Giấy chứng sinh",
        "Lấy ở: bộ phận một cửa",
        "Trẻ bị bỏ rơi",
        "https://dichvucong.gov.vn/",
        "In ngày ",
    ):
        assert part in text
    assert text.count("✓") == 1
    assert view.evaluate("window.opener") is None
    assert view.locator("body").evaluate("node => getComputedStyle(node).maxWidth") != "none", (
        "the styles are not there"
    )
    view.emulate_media(media="print")
    expect(view.get_by_role("button")).to_be_hidden()


def test_steps_are_numbered_in_order(widget: Widget) -> None:
    widget.says("làm giấy khai sinh")
    widget.chip("Các bước làm").click()
    steps = widget.log.get_by_role("region", name="Các bước làm giấy khai sinh").get_by_role("listitem")
    expect(steps).to_have_count(3)
    assert [text.split()[0] for text in steps.all_inner_texts()] == ["1", "2", "3"]


def test_the_source_can_be_opened_apart(widget: Widget) -> None:
    widget.says("làm giấy khai sinh")
    source = widget.log.get_by_role("link", name="Cổng Dịch vụ công Quốc gia")
    expect(source).to_have_attribute("href", "https://dichvucong.gov.vn/thu-tuc/1.001193")
    expect(source).to_have_attribute("target", "_blank")
    expect(source).to_have_attribute("rel", "noopener noreferrer")
