"""Helper and citizen at one table, the citizen with Zalo alone: a code read out, a link opened, sent by their press."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from bot.settings import Settings
from tests.assisting.test_beside import fits
from tests.browser.conftest import CHROMIUM, DESKTOP, PHONE, Widget
from tests.browser.seats import chromium, seats, signs_in
from tests.desk.people import PASSWORD, SEN, People, in_its_own_loop
from tests.gateway import serving

pytestmark = pytest.mark.slow
NUMBER = "0912345678"


@pytest.fixture(scope="module")
def table(prepared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demonstration, whose Zalo is our own, with the helpers of these tests."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    data_dir = shutil.copytree(prepared_dir, tmp_path_factory.mktemp("by_phone") / "data")
    assert in_its_own_loop(People(Settings(_env_file=None, env="demo", data_dir=data_dir, database_url="")).settle)
    with serving(data_dir, env="demo", database_url="") as base:
        yield base


@pytest.fixture
def seat(table: str) -> Iterator[Callable[..., Page]]:
    with chromium() as browser, seats(browser, table, PHONE) as sit:
        yield sit


def sends(helper: Page, number: str) -> None:
    helper.get_by_label("Số điện thoại của bà con").fill(number)
    helper.get_by_role("button", name="Gửi mã").click()


def test_a_citizen_with_zalo_alone_agrees_reads_and_sends(seat: Callable[..., Page]) -> None:
    helper, phone = signs_in(seat(DESKTOP), SEN, PASSWORD), seat()
    helper.goto("/desk/lam-giup?q=xac nhan tinh trang hon nhan")
    helper.get_by_role("button", name="Làm giúp thủ tục này").first.click()
    sends(helper, "0912345000")  # has no Zalo here
    expect(helper.get_by_text("Số này không nhận được tin qua Zalo")).to_be_visible()
    helper.set_viewport_size(PHONE)
    fits(helper, "by_phone_unreachable")
    sends(helper, NUMBER)
    expect(helper.get_by_text("***678")).to_be_visible()
    expect(helper.get_by_text("Tin đã tới máy của bà con")).to_be_visible()  # by itself
    assert "912345678" not in helper.content() and "912345678" not in helper.url
    fits(helper, "by_phone_told")

    phone.goto(f"/sandbox/zalo/?so={NUMBER}")
    told = phone.get_by_text("Mã của bạn").inner_text()
    assert "Chị Sen (Tổ Sa Đéc) xem và điền giúp" in told
    code = re.search(r"\d{3} \d{3}", told)[0]
    wrong = f"{(int(code.replace(' ', '')) + 1) % 10**6:06}"
    for number, heard in ((wrong, "Còn thử được 2 lần"), (code, "Đã gửi đường dẫn vào Zalo")):
        helper.get_by_label("Mã gồm 6 chữ số").fill(number)
        helper.get_by_role("button", name="Tiếp tục").click()
        expect(helper.get_by_text(heard)).to_be_visible()
    fits(helper, "by_phone_first_question")

    link = urlsplit(phone.get_by_role("link", name="Xem hồ sơ của tôi").get_attribute("href")).path
    phone.goto(link)
    fits(phone, "by_phone_link")
    stranger = seat()
    phone.get_by_role("button", name="Mở hồ sơ của tôi").click()
    log = phone.get_by_role("log")
    log.get_by_text("bắt đầu làm giúp bạn").wait_for()
    fits(phone, "by_phone_opened")
    expect(helper.get_by_text("Bà con đã mở hồ sơ trên máy của mình")).to_be_visible()  # by itself
    stranger.goto(link)
    expect(stranger.get_by_text("Đường dẫn này đã mở trên một máy khác")).to_be_visible()

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
    helper.get_by_role("button", name="Gửi bà con đọc lại").click()

    phone.goto(link)  # closed meanwhile: the same button in Zalo, on the same telephone
    widget = Widget.__new__(Widget)
    widget.page, widget.log = phone, log
    widget.hears("Người làm giúp: Chị Sen")
    fits(phone, "by_phone_reads")
    widget.chip("Đồng ý").last.click()
    expect(helper.get_by_text("Bà con đã tự bấm nộp hồ sơ")).to_be_visible()  # by itself
    expect(helper.get_by_text("trang bà con mở từ tin Zalo")).to_be_visible()
    assert (helper.errors, phone.errors) == ([], [])
