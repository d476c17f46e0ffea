"""A citizen talks with the assistant in the widget: questions, buttons, coming back, forgetting."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PHONE, Widget
from tests.browser.fake_gateway import FakeGateway

pytestmark = pytest.mark.slow


def test_a_question_is_answered_and_marked_as_sent(widget: Widget, gateway: FakeGateway, page: Page) -> None:
    widget.says("Tôi hỏi một việc")
    widget.hears("Bạn vừa hỏi: Tôi hỏi một việc")
    expect(widget.mine("Tôi hỏi một việc")).to_contain_text("Đã gửi")
    expect(widget.input).to_have_value("")
    assert gateway.acted_on() == ["Tôi hỏi một việc"]
    assert page.errors == []


def test_no_conversation_is_begun_before_something_is_said(widget: Widget, gateway: FakeGateway) -> None:
    expect(widget.chip("Làm giấy khai sinh")).to_be_visible()
    assert gateway.conversations == {}


def test_a_suggestion_is_asked_with_one_tap_and_the_others_go(widget: Widget, gateway: FakeGateway) -> None:
    widget.chip("Đăng ký tạm trú").click()
    widget.hears("Bạn vừa hỏi: Đăng ký tạm trú")
    expect(widget.chip("Sao y giấy tờ")).to_have_count(0)
    assert gateway.acted_on() == ["Đăng ký tạm trú"]


def test_a_button_sends_its_payload_shows_its_title_and_is_used_once(widget: Widget, gateway: FakeGateway) -> None:
    widget.says("làm giấy khai sinh")
    chip = widget.chip("Lệ phí")
    chip.dblclick()  # the second click falls on whatever has moved there
    widget.hears("Đúng hạn: miễn phí")
    expect(chip).to_be_disabled()
    expect(widget.mine("Lệ phí")).to_have_count(1)
    assert gateway.received[-1]["payload"] == "f:cost:1.001193" and "text" not in gateway.received[-1]
    assert gateway.acted_on() == ["làm giấy khai sinh", "f:cost:1.001193"]


def test_the_answer_pushed_by_an_event_and_the_one_in_the_response_stand_once(
    widget: Widget, gateway: FakeGateway
) -> None:
    gateway.faults.slow_seconds = 0.5  # the event comes first
    widget.says("một")
    widget.hears("Bạn vừa hỏi: một")
    gateway.faults.slow_seconds = 0.0
    widget.says("hai")
    widget.hears("Bạn vừa hỏi: hai")
    widget.page.wait_for_timeout(800)  # time for second copies to arrive
    expect(widget.log.locator(".mine")).to_have_count(2)
    expect(widget.log.get_by_text("Bạn vừa hỏi")).to_have_count(2)


def test_after_a_reload_the_conversation_goes_on(widget: Widget, gateway: FakeGateway, page: Page) -> None:
    widget.says("làm giấy khai sinh")
    widget.chip("Lệ phí").click()
    widget.hears("Đúng hạn: miễn phí")
    again = Widget(page)
    again.hears("Đúng hạn: miễn phí")  # the panel was open, so it is again
    expect(again.log.locator(".mine")).to_have_count(2)
    expect(again.mine("Lệ phí")).to_be_visible()
    expect(again.chip("Lệ phí")).to_be_disabled()
    again.says("hỏi thêm")
    again.hears("Bạn vừa hỏi: hỏi thêm")
    assert len(gateway.conversations) == 1


def test_a_long_history_comes_back_whole_and_in_order(widget: Widget, gateway: FakeGateway, page: Page) -> None:
    widget.says("đầu tiên")
    widget.hears("Bạn vừa hỏi: đầu tiên")
    for number in range(130):
        gateway.conversation().add("out", reply_to=None, replies=[{"text": f"tin {number}"}], turn=None)
    again = Widget(page)
    again.hears("tin 129")
    expect(again.log.locator(".theirs .bubble").get_by_text("tin ")).to_have_count(130)
    texts = again.log.locator(".theirs .bubble").all_inner_texts()
    assert [text.split("tin ")[-1] for text in texts[-3:]] == ["127", "128", "129"]


def test_an_expired_conversation_gives_way_to_a_new_one_and_the_message_is_kept(
    widget: Widget, gateway: FakeGateway
) -> None:
    widget.says("câu cũ")
    widget.hears("Bạn vừa hỏi: câu cũ")
    gateway.faults.is_expired = True
    widget.says("câu mới")
    widget.hears("Bạn vừa hỏi: câu mới")
    expect(widget.log).to_contain_text("hết hạn")
    expect(widget.mine("câu mới")).to_contain_text("Đã gửi")
    assert len(gateway.conversations) == 2
    assert gateway.acted_on() == ["câu cũ", "câu mới"]


def test_a_conversation_unknown_at_reload_is_let_go_politely(widget: Widget, gateway: FakeGateway, page: Page) -> None:
    widget.says("câu cũ")
    widget.hears("Bạn vừa hỏi: câu cũ")
    page.goto("about:blank")  # an open page would notice first, and the reload would have nothing to tell
    gateway.conversations.clear()
    again = Widget(page)
    expect(again.log).to_contain_text("đã hết hạn")
    assert gateway.conversations == {}
    again.says("câu mới")
    again.hears("Bạn vừa hỏi: câu mới")


def test_the_words_of_a_helper_arrive_by_themselves_under_their_name(widget: Widget, gateway: FakeGateway) -> None:
    widget.says("cho gặp người")
    widget.hears("Bạn vừa hỏi")
    gateway.push(text="Chào anh, em là Hoa đây ạ.", from_person="Chị Hoa")
    widget.hears("Chào anh, em là Hoa đây ạ.")
    expect(widget.log).to_contain_text("Chị Hoa · người hỗ trợ")


def test_a_closed_panel_counts_what_a_helper_wrote(widget: Widget, gateway: FakeGateway, page: Page) -> None:
    widget.says("cho gặp người")
    widget.hears("Bạn vừa hỏi")
    page.keyboard.press("Escape")
    gateway.push(text="Em đây ạ.", from_person="Chị Hoa")
    launcher = page.get_by_role("button", name="Hỏi thủ tục, 1 tin mới")
    expect(launcher).to_be_visible()
    launcher.click()
    widget.hears("Em đây ạ.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Hỏi thủ tục", exact=True)).to_be_visible()


def test_where_events_do_not_get_through_news_are_asked_for(page: Page, gateway: FakeGateway) -> None:
    gateway.faults.events_status = 502
    page.clock.install()
    widget = Widget(page).open()
    widget.says("cho gặp người")
    widget.hears("Bạn vừa hỏi")
    gateway.push(text="Em đây ạ.", from_person="Chị Hoa")
    for _ in range(10):
        page.clock.run_for(5_000)
        page.wait_for_timeout(100)
    widget.hears("Em đây ạ.")
    expect(widget.log.get_by_text("Em đây ạ.")).to_have_count(1)
    assert gateway.event_requests < 8


def test_erasing_asks_first_and_then_nothing_is_left(widget: Widget, gateway: FakeGateway, page: Page) -> None:
    widget.says("chuyện riêng")
    widget.hears("Bạn vừa hỏi: chuyện riêng")
    widget.menu("Xóa cuộc trò chuyện")
    page.get_by_role("button", name="Giữ lại").click()
    assert len(gateway.conversations) == 1
    widget.menu("Xóa cuộc trò chuyện")
    page.get_by_role("button", name="Xóa", exact=True).click()
    expect(widget.log).to_contain_text("Đã xóa cuộc trò chuyện.")
    expect(widget.log).not_to_contain_text("chuyện riêng")
    assert gateway.conversations == {}
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert "token" not in kept and "chuyện riêng" not in kept


def test_an_erasure_that_did_not_reach_the_gateway_is_not_called_done(
    widget: Widget, gateway: FakeGateway, page: Page
) -> None:
    widget.says("chuyện riêng")
    widget.hears("Bạn vừa hỏi: chuyện riêng")
    page.context.set_offline(True)
    widget.menu("Xóa cuộc trò chuyện")
    page.get_by_role("button", name="Xóa", exact=True).click()
    expect(page.get_by_role("alertdialog")).to_contain_text("Chưa xóa được")
    expect(widget.log).to_contain_text("chuyện riêng")
    page.context.set_offline(False)
    page.get_by_role("button", name="Xóa", exact=True).click()
    expect(widget.log).to_contain_text("Đã xóa cuộc trò chuyện.")
    assert gateway.conversations == {}


def test_two_tabs_share_one_conversation(new_context: Callable[..., BrowserContext], gateway: FakeGateway) -> None:
    context = new_context()
    one = Widget(context.new_page()).open()
    one.says("từ thẻ một")
    one.hears("Bạn vừa hỏi: từ thẻ một")
    two = Widget(context.new_page()).open()
    two.hears("Bạn vừa hỏi: từ thẻ một")
    two.says("từ thẻ hai")
    one.hears("Bạn vừa hỏi: từ thẻ hai")
    assert len(gateway.conversations) == 1
    two.menu("Xóa cuộc trò chuyện")
    two.page.get_by_role("button", name="Xóa", exact=True).click()
    expect(one.log).not_to_contain_text("từ thẻ một")


def test_on_a_shared_computer_nothing_stays_behind(new_context: Callable[..., BrowserContext]) -> None:
    context = new_context()
    first = Widget(context.new_page(), "/plain?attributes=data-kiosk").open()
    first.says("chuyện riêng")
    first.hears("Bạn vừa hỏi: chuyện riêng")
    first.page.close()
    second = Widget(context.new_page(), "/plain?attributes=data-kiosk").open()
    expect(second.chip("Làm giấy khai sinh")).to_be_visible()
    expect(second.log).not_to_contain_text("chuyện riêng")


def test_a_file_is_sent_where_the_portal_allows_it(page: Page, gateway: FakeGateway) -> None:
    widget = Widget(page, "/plain?attributes=data-attachments").open()
    expect(widget.panel.get_by_role("button", name="Gửi ảnh hoặc tệp PDF")).to_be_visible()
    picker = widget.panel.locator("input[type=file][multiple]")
    picker.set_input_files({"name": "don.txt", "mimeType": "text/plain", "buffer": b"khong phai anh"})
    expect(widget.mine("don.txt")).to_contain_text("Chỉ nhận ảnh")
    picker.set_input_files({"name": "don.png", "mimeType": "image/png", "buffer": b"\x89PNG....."})
    expect(widget.mine("don.png")).to_contain_text("Đã gửi")
    assert gateway.received[-1]["attachment_ids"] == ["a1"]
    assert len(gateway.received) == 1


def test_no_file_button_unless_the_portal_asks_for_it(widget: Widget) -> None:
    expect(widget.panel.get_by_role("button", name="Gửi ảnh hoặc tệp PDF")).to_have_count(0)


def test_on_a_phone_the_page_below_does_not_scroll_and_comes_back(new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    widget = Widget(page)
    page.evaluate("document.documentElement.style.overflow = 'auto'")
    widget.open()
    assert page.evaluate("document.documentElement.style.overflow") == "hidden"
    widget.panel.get_by_role("button", name="Đóng cửa sổ trò chuyện").click()
    assert page.evaluate("document.documentElement.style.overflow") == "auto"
