"""A citizen on a phone and helpers at their desks: called, talked, handed on, closed, rated; the journey goes on."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.handoff.accounts import Accounts
from bot.handoff.clocks import load_clocks
from bot.handoff.directory import Directory
from bot.handoff.people import Role
from bot.handoff.team_list import TeamList
from bot.settings import Settings
from bot.store import open_store
from tests.browser.conftest import DESKTOP, PHONE, Widget
from tests.browser.seats import seats, signs_in
from tests.gateway import serving
from tests.handoff.world import HOA, LAN, listed

pytestmark = pytest.mark.slow
PASSWORD = "mot-mat-khau-dai"
PEOPLE = (
    listed(LAN, "Chị Lan", "Tổ công nghệ số khu phố 1"),
    listed(HOA, "Anh Hòa", "Tổ công nghệ số khu phố 1", role=Role.team_lead),
)


async def people_in(settings: Settings) -> None:
    store = await open_store(settings)
    directory = Directory(store, load_clocks())
    await directory.replace(TeamList(PEOPLE, ()))
    for phone in (LAN, HOA):
        helper = await directory.by_phone(phone)
        await Accounts(store, directory).give_password(helper, PASSWORD, must_change=False)
    await store.close()


@pytest.fixture(scope="module")
def base(prepared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = shutil.copytree(prepared_dir, tmp_path_factory.mktemp("desk") / "data")
    settings = Settings(_env_file=None, env="test", data_dir=data_dir, database_url="")
    # In a thread of its own: the browser's loop runs in this one.
    setting_up = threading.Thread(target=lambda: asyncio.run(people_in(settings)))
    setting_up.start()
    setting_up.join()
    with serving(data_dir) as address:
        yield address


@pytest.fixture
def seat(browser: Browser, base: str) -> Iterator[Callable[..., Page]]:
    """A person's own browser; what breaks on their page is remembered."""
    with seats(browser, base, DESKTOP) as sit:
        yield sit


def asks_for_a_person(widget: Widget) -> None:
    widget.says("gặp người hỗ trợ")
    widget.hears("Bạn đang ở xã, phường nào?")
    widget.says("phường Tuy Hòa, Đắk Lắk")
    widget.hears("Tổ công nghệ số khu phố 1")


def shot(page: Page, name: str) -> None:
    """For eyes, where somebody wants to look."""
    if folder := os.environ.get("MOTCUA_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")


def test_a_citizen_gets_from_the_assistant_to_a_helper_and_back(seat: Callable[..., Page]) -> None:
    lan, phone = signs_in(seat(), LAN, PASSWORD), seat(PHONE)
    widget = Widget(phone, "/").open()
    widget.says("làm giấy khai sinh cho con")
    widget.chip("Làm hồ sơ").first.click()
    widget.hears("Câu 1")
    asks_for_a_person(widget)
    shot(phone, "citizen_called")

    lan.locator("#queue").get_by_role("link", name="khai sinh").click()  # came by itself
    expect(lan.locator("blockquote").last).to_contain_text("phường Tuy Hòa")
    shot(lan, "desk_unclaimed")
    lan.get_by_role("button", name="Nhận việc này").click()
    widget.hears("Chị Lan")
    expect(lan.locator("#lines")).to_contain_text("làm giấy khai sinh cho con")
    expect(lan.get_by_text("Câu đang chờ")).to_be_visible()

    lan.get_by_label("Tin nhắn cho người dân").fill("Chào bạn, bé sinh ngày nào ạ?")
    lan.get_by_role("button", name="Gửi", exact=True).first.click()
    widget.hears("Chào bạn, bé sinh ngày nào ạ?")
    expect(widget.log).to_contain_text("người hỗ trợ")
    widget.says("Bé sinh hôm qua, số em 0912345678")
    expect(lan.locator("#lines")).to_contain_text("Bé sinh hôm qua")
    expect(lan.locator("#lines")).not_to_contain_text("0912345678")  # masked until it is needed
    assert "Câu 1" not in widget.log.locator(".theirs").last.inner_text()  # the assistant keeps quiet

    lan.get_by_label("Tìm thủ tục để gửi").fill("tam tru")
    lan.get_by_role("button", name="Gửi Đăng ký tạm trú", exact=True).click()
    widget.hears("đăng ký tạm trú")
    expect(lan.locator("#lines .sending")).to_have_count(0)
    lan.get_by_role("button", name="Gợi ý trả lời").click()
    expect(lan.locator("#drafts button").first).to_be_visible()
    shot(lan, "desk_talking")
    shot(phone, "citizen_talking")

    hoa = signs_in(seat(PHONE), HOA, PASSWORD)
    lan.get_by_text("Chuyển cho người khác").click()
    lan.get_by_label("Chuyển tới").select_option(label="Anh Hòa")
    lan.get_by_label("Lời dặn (chỉ đồng nghiệp đọc)").fill("Bé sinh hôm qua")
    lan.get_by_role("button", name="Chuyển", exact=True).click()
    widget.hears("Anh Hòa")
    hoa.locator("#queue").get_by_role("link", name="khai sinh").click()
    expect(hoa.get_by_text("Bé sinh hôm qua").first).to_be_visible()
    shot(hoa, "desk_phone")
    hoa.locator("summary", has_text="Kết thúc").click()
    hoa.get_by_role("button", name="Kết thúc, mời chấm điểm").click()
    widget.hears("Bạn thấy được giúp tốt không?")
    widget.hears("Câu 1")  # back at the same question
    widget.chip("5 ★ Rất tốt").click()
    widget.hears("Bạn muốn nhắn thêm một lời")
    widget.says("Anh chị nhiệt tình lắm")
    widget.hears("Mình đã ghi lại lời của bạn")
    shot(phone, "citizen_rated")
    hoa.goto("/desk/so-lieu")
    expect(hoa.locator("tbody")).to_contain_text("5")
    hoa.goto("/desk/da-xong")
    expect(hoa.get_by_text("“Anh chị nhiệt tình lắm”")).to_be_visible()
    shot(hoa, "desk_over")
    assert (lan.errors, hoa.errors, phone.errors) == ([], [], [])


def test_what_a_helper_typed_waits_for_the_line_and_goes_once_in_order(seat: Callable[..., Page]) -> None:
    lan, phone = signs_in(seat(), LAN, PASSWORD), seat(PHONE)
    widget = Widget(phone, "/").open()
    asks_for_a_person(widget)
    lan.locator("#queue").get_by_role("link", name="Phường Tuy Hòa").first.click()
    lan.get_by_role("button", name="Nhận việc này").click()
    widget.hears("Chị Lan")
    lan.context.set_offline(True)
    for text in ("tin một", "tin hai"):
        lan.get_by_label("Tin nhắn cho người dân").fill(text)
        lan.get_by_role("button", name="Gửi", exact=True).first.click()
    expect(lan.locator("#lines .sending")).to_have_count(2)
    lan.context.set_offline(False)
    widget.hears("tin hai")
    expect(lan.locator("#lines .sending")).to_have_count(0)
    told = [text for text in widget.log.locator(".theirs .bubble").all_inner_texts() if "tin " in text[-8:]]
    assert [text.splitlines()[-1][-7:] for text in told] == ["tin một", "tin hai"]
    assert lan.errors == []
