"""The question of a journey in the widget: its keyboard, example and buttons, and the name that goes with an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.conftest import PHONE, Widget
from tests.browser.fake_gateway import FakeGateway

pytestmark = pytest.mark.slow
PNG = {"name": "giay.png", "mimeType": "image/png", "buffer": b"\x89PNG....."}


def question(id: str, kind: str, example: str | None = None, **more: Any) -> dict[str, Any]:
    return {"question": {"id": id, "kind": kind, "prompt": "?", "example": example, "optional": False, **more}}


@pytest.fixture
def phone(new_context: Callable[..., BrowserContext]) -> Widget:
    page = new_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    return Widget(page).open()


def asks(widget: Widget, gateway: FakeGateway, **turn: Any) -> None:
    gateway.turn_more = turn
    widget.says("tiếp")
    widget.hears("Bạn vừa hỏi")
    expect(widget.panel.locator(".typing")).to_be_hidden()


def tools(widget: Widget) -> Locator:
    return widget.panel.get_by_role("group", name="Câu hỏi đang chờ")


def test_an_answer_names_the_question_it_was_written_under(phone: Widget, gateway: FakeGateway) -> None:
    asks(phone, gateway, **question("mother_name", "person_name", "Trần Thị Hoa"))
    assert "question_id" not in gateway.received[-1]
    expect(phone.input).to_have_attribute("placeholder", "Ví dụ: Trần Thị Hoa")
    expect(phone.input).to_have_attribute("autocapitalize", "words")
    gateway.faults.slow_seconds = 0.5
    phone.says("Trần Thị Hoa")
    phone.says("viết tiếp khi câu trước chưa tới nơi")
    gateway.turn_more = question("mother_id", "citizen_id", "054195001234")
    expect(phone.mine("viết tiếp")).to_contain_text("Đã gửi")
    assert [body.get("question_id") for body in gateway.received] == [None, "mother_name", "mother_name"]
    gateway.turn_more = {}
    phone.says("054195001234")
    expect(phone.mine("054195001234")).to_contain_text("Đã gửi")
    assert gateway.received[-1]["question_id"] == "mother_id"
    phone.says("câu hỏi khác")
    expect(phone.mine("câu hỏi khác")).to_contain_text("Đã gửi")
    assert "question_id" not in gateway.received[-1]


@pytest.mark.parametrize(
    ("kind", "keyboard"),
    [("date", "numeric"), ("money", "numeric"), ("phone", "tel"), ("email", "email"), ("text", None)],
)
def test_the_keyboard_is_that_of_the_kind(phone: Widget, gateway: FakeGateway, kind: str, keyboard: str | None) -> None:
    asks(phone, gateway, **question("x", kind, "1"))
    assert phone.input.get_attribute("inputmode") == keyboard
    if keyboard in ("numeric", "tel"):
        tools(phone).get_by_role("button", name="Bàn phím chữ").click()
        assert phone.input.get_attribute("inputmode") is None
        expect(phone.input).to_be_focused()


def test_a_day_typed_in_figures_gets_its_strokes(phone: Widget, gateway: FakeGateway) -> None:
    asks(phone, gateway, **question("day", "date", "02/11/2026"))
    phone.input.press_sequentially("02112026")
    expect(phone.input).to_have_value("02/11/2026")
    phone.input.fill("")
    phone.input.press_sequentially("5/3/1985")
    expect(phone.input).to_have_value("5/3/1985")
    phone.input.fill("")
    phone.input.press_sequentially("12/3/85")
    expect(phone.input).to_have_value("12/3/85")


def test_a_paper_is_photographed_or_chosen_and_several_pages_go_together(phone: Widget, gateway: FakeGateway) -> None:
    asks(phone, gateway, **question("paper", "file"), progress={"number": 3, "total": 12})
    expect(tools(phone)).to_contain_text("Câu 3/12")
    camera = phone.panel.locator("input[capture]")
    assert camera.get_attribute("accept") == "image/*"
    expect(tools(phone).get_by_role("button", name="Chụp ảnh")).to_be_visible()
    with phone.page.expect_file_chooser() as chooser:
        tools(phone).get_by_role("button", name="Chọn tệp").click()
    assert chooser.value.is_multiple()
    chooser.value.set_files([PNG, {**PNG, "name": "hai.png"}])
    expect(phone.mine("Đã gửi 2 tệp")).to_contain_text("Đã gửi ·")
    assert (gateway.received[-1]["attachment_ids"], gateway.received[-1]["question_id"]) == (["a1", "a1"], "paper")


def test_a_page_that_is_refused_says_why_and_can_be_sent_again(phone: Widget, gateway: FakeGateway) -> None:
    asks(phone, gateway, **question("paper", "file"))
    phone.panel.locator("input[capture]").set_input_files({**PNG, "buffer": b"khong phai anh"})
    expect(phone.mine("giay.png")).to_contain_text("Chỉ nhận ảnh")
    expect(phone.mine("giay.png").get_by_role("button", name="Thử lại")).to_be_visible()


def test_choices_without_a_button_of_their_own_get_one_and_what_is_optional_can_be_left_out(
    phone: Widget, gateway: FakeGateway
) -> None:
    choices = [{"value": "a", "label": "Một người"}, {"value": "b", "label": "Nhiều người"}]
    asks(phone, gateway, **question("kind", "choice", "Một người", choices=choices, optional=True))
    tools(phone).get_by_role("button", name="Nhiều người").click()
    expect(phone.mine("Nhiều người")).to_contain_text("Đã gửi")
    assert (gateway.received[-1]["text"], gateway.received[-1]["question_id"]) == ("Nhiều người", "kind")
    tools(phone).get_by_role("button", name="Bỏ qua").click()
    expect(phone.mine("Bỏ qua")).to_contain_text("Đã gửi")


def test_after_a_reload_the_question_still_waits_and_erasing_ends_it(phone: Widget, gateway: FakeGateway) -> None:
    asks(phone, gateway, **question("day", "date", "02/11/2026"), progress={"number": 3, "total": 12})
    again = Widget(phone.page).open()
    expect(again.input).to_have_attribute("placeholder", "Ví dụ: 02/11/2026")
    expect(tools(again)).to_contain_text("Câu 3/12")
    again.menu("Xóa cuộc trò chuyện")
    again.panel.get_by_role("button", name="Xóa", exact=True).click()
    expect(again.log).to_contain_text("Đã xóa cuộc trò chuyện")
    expect(tools(again)).to_be_hidden()
    expect(again.input).to_have_attribute("placeholder", "Viết câu hỏi…")
