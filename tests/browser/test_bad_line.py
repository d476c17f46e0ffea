"""On a bad line nothing a citizen said is lost, and nothing is taken twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Widget
from tests.browser.fake_gateway import FakeGateway

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("fault", [500, 503, 429, "drop", "drop-after", "html"])
def test_a_failed_sending_is_tried_again_under_the_same_id(
    fault: int | str, widget: Widget, gateway: FakeGateway
) -> None:
    gateway.faults.next = [fault]
    widget.says("gửi lại nhé")
    widget.hears("Bạn vừa hỏi: gửi lại nhé")
    widget.page.wait_for_timeout(2_000)  # the second try, where an event was faster than it
    assert len(gateway.received) == 2
    assert len({body["message_id"] for body in gateway.received}) == 1
    assert gateway.acted_on() == ["gửi lại nhé"]
    expect(widget.log.get_by_text("Bạn vừa hỏi: gửi lại nhé")).to_have_count(1)
    expect(widget.mine("gửi lại nhé")).to_contain_text("Đã gửi")


def test_after_some_tries_it_says_so_and_offers_to_try_at_once(page: Page, gateway: FakeGateway) -> None:
    page.clock.install()
    widget = Widget(page).open()
    gateway.faults.next = [500] * 4
    widget.says("khó gửi")
    for _ in range(4):
        page.wait_for_timeout(150)
        page.clock.run_for(6_000)
    expect(widget.mine("khó gửi")).to_contain_text("Có trục trặc phía hệ thống.")
    widget.mine("khó gửi").get_by_role("button", name="Thử lại").click()
    widget.hears("Bạn vừa hỏi: khó gửi")
    assert gateway.acted_on() == ["khó gửi"]
    assert len({body["message_id"] for body in gateway.received}) == 1


def test_what_is_said_offline_is_sent_once_and_in_order_when_the_line_is_back(
    widget: Widget, gateway: FakeGateway, page: Page
) -> None:
    page.context.set_offline(True)
    expect(widget.panel).to_contain_text("Mất mạng, tin sẽ được gửi khi có mạng lại.")
    for text in ("một", "hai", "ba"):
        widget.says(text)
    expect(widget.log.locator(".mine")).to_have_count(3)
    assert gateway.received == []
    page.context.set_offline(False)
    widget.hears("Bạn vừa hỏi: ba")
    expect(widget.panel).not_to_contain_text("Mất mạng")
    page.wait_for_timeout(1_500)
    assert gateway.acted_on() == ["một", "hai", "ba"]
    assert len(gateway.conversations) == 1
    turns = [text for text in widget.log.locator(".bubble").all_inner_texts() if "Chào bạn" not in text]
    assert [text.split()[-1] for text in turns] == ["một", "một", "hai", "hai", "ba", "ba"]


def test_what_waits_outlives_the_page(widget: Widget, gateway: FakeGateway, page: Page) -> None:
    widget.says("đã gửi rồi")
    widget.hears("Bạn vừa hỏi: đã gửi rồi")
    gateway.faults.next = ["drop"]
    page.route("**/messages", lambda route: route.abort())
    widget.says("chưa gửi được")
    expect(widget.mine("chưa gửi được")).to_be_visible()
    page.unroute("**/messages")
    gateway.faults.next = []
    again = Widget(page)
    again.hears("Bạn vừa hỏi: chưa gửi được")
    assert gateway.acted_on() == ["đã gửi rồi", "chưa gửi được"]
    expect(again.log.locator(".mine")).to_have_count(2)


def test_a_page_left_while_an_answer_is_on_its_way_shows_it_once_after_coming_back(
    widget: Widget, gateway: FakeGateway, page: Page
) -> None:
    gateway.faults.slow_seconds = 2.0
    widget.says("đang đợi")
    expect(widget.panel.get_by_text("Đang trả lời…")).to_be_visible()
    gateway.faults.slow_seconds = 0.0
    again = Widget(page)
    again.hears("Bạn vừa hỏi: đang đợi")
    page.wait_for_timeout(500)
    assert gateway.acted_on() == ["đang đợi"]
    expect(again.log.get_by_text("Bạn vừa hỏi: đang đợi")).to_have_count(1)
    expect(again.log.locator(".mine")).to_have_count(1)


def test_a_refused_message_is_told_why_and_does_not_block_the_next(widget: Widget, gateway: FakeGateway) -> None:
    gateway.faults.next = [422]
    widget.says("không nhận")
    expect(widget.mine("không nhận")).to_contain_text("Có trục trặc phía hệ thống.")  # the gateway's own words
    widget.says("nhận")
    widget.hears("Bạn vừa hỏi: nhận")
    widget.mine("không nhận").get_by_role("button", name="Sửa lại").click()
    expect(widget.input).to_have_value("không nhận")
    expect(widget.mine("không nhận")).to_have_count(0)
    assert gateway.acted_on() == ["nhận"]


def test_a_gateway_that_refuses_every_token_is_not_besieged(widget: Widget, gateway: FakeGateway) -> None:
    gateway.faults.next = [401] * 50
    widget.says("bị từ chối")
    widget.page.wait_for_timeout(3_000)
    assert len(gateway.received) <= 5
    assert len(gateway.conversations) <= 3
    expect(widget.mine("bị từ chối")).to_be_visible()


def test_without_storage_it_still_talks(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }")
    widget = Widget(page).open()
    widget.says("bộ nhớ đầy")
    widget.hears("Bạn vừa hỏi: bộ nhớ đầy")
    widget.says("vẫn nói được")
    widget.hears("Bạn vừa hỏi: vẫn nói được")
    assert len(gateway.conversations) == 1
