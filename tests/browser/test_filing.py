"""Four procedures filed to the end on a 360-pixel phone: photos, a changed answer, a reload, a supplement, a result."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.sandbox.telegram import TelegramSandbox, create_sandbox
from tests.browser.conftest import PHONE
from tests.browser.filer import Officer, PhoneFiler
from tests.browser.telegram_filer import TelegramFiler
from tests.gateway import serving
from tests.serving import served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # a loaded machine takes minutes to start the server
MINE = "/demo/ho-so.html"
SECRET = "s3cret_value"


@pytest.fixture(scope="module")
def telegram() -> TelegramSandbox:
    return TelegramSandbox("123:ABC-def")


@pytest.fixture(scope="module")
def demo(prepared_dir: Path, tmp_path_factory: pytest.TempPathFactory, telegram: TelegramSandbox) -> Iterator[str]:
    """A demonstration: the gateway with its own one-stop system, and no hours in which notices wait."""
    folder = tmp_path_factory.mktemp("demo")
    for part in ("models", "index"):
        shutil.copytree(prepared_dir / part, folder / part)
    secrets = {"telegram_bot_token": telegram.token, "telegram_webhook_secret": SECRET}
    with (
        served(create_sandbox(telegram)) as api,
        serving(folder, env="demo", quiet_hours="00:00-00:00", telegram_api_base=api, **secrets) as base,
    ):
        yield base


@pytest.fixture
def context(browser: Browser, demo: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=demo, locale="vi-VN", viewport=PHONE, has_touch=True, is_mobile=True)
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(error))
    yield page
    assert errors == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def hand_in(filer: PhoneFiler, context: BrowserContext) -> Officer:
    """The citizen agrees; the officer has it before them and takes it on."""
    filer.taps("Đồng ý")
    filer.is_told("Mã hồ sơ: H15")
    officer = Officer(context.new_page())
    officer.accepts()
    filer.is_told("đã được tiếp nhận")
    return officer


def supplement(filer: PhoneFiler, officer: Officer, what: str, paper: str) -> None:
    officer.asks_for(what, paper)
    filer.is_told(f"Cần thêm: {what}")
    filer.taps("Gửi bổ sung")
    assert filer.asked()["kind"] == "file"
    filer.sends_photo()
    filer.is_told("Mình đã giữ: 1 tệp")
    filer.taps("Gửi bổ sung")
    filer.is_told("đang được giải quyết")
    officer.page.reload()
    officer.sees("đã bổ sung")


def closes(filer: PhoneFiler) -> None:
    filer.panel.get_by_role("button", name="Đóng cửa sổ trò chuyện").click()


def test_a_birth_is_registered(page: Page, context: BrowserContext) -> None:
    filer = PhoneFiler(page, MINE)
    question = filer.begins("Tôi muốn nộp hồ sơ đăng ký khai sinh", "Chưa có, chỉ làm giấy khai sinh")
    filer.goes_on(question, until="mother_id")
    question = filer.comes_back()
    assert question["id"] == "mother_id"
    expect(filer.panel.get_by_text("Câu 7/11")).to_be_visible()
    expect(filer.input).to_have_attribute("inputmode", "numeric")
    assert filer.goes_on(question) is None
    filer.changes(2, "Nguyễn Bảo An")
    officer = hand_in(filer, context)
    officer.sees("Nguyễn Bảo An")
    officer.sees("câu 11.pdf")  # the pages of a paper, bound
    supplement(filer, officer, "Ảnh giấy chứng sinh bị mờ", "Giấy chứng sinh chụp lại")
    officer.finishes("Giấy khai sinh")
    filer.is_told("đã có kết quả")
    closes(filer)
    card = page.locator(".dossier")
    expect(card).to_contain_text("Có kết quả")
    expect(card.get_by_role("link", name="Mở: Giấy khai sinh")).to_be_visible()
    page.goto(card.get_by_role("link", name="Kiểm tra kết quả").get_attribute("href"))
    expect(page.locator("body")).to_contain_text("Kết quả này có thật")
    expect(page.locator("body")).to_contain_text("T*** T*** H***")
    expect(page.locator("body")).not_to_contain_text("Trần Thị Hoa")
    assert page.locator("figure img").evaluate("image => image.naturalWidth") > 100


def test_a_residence_is_registered(page: Page, context: BrowserContext) -> None:
    filer = PhoneFiler(page, MINE)
    question = filer.begins("Đăng ký thường trú", "Làm hồ sơ")
    question = filer.goes_on(question, until="new_address")
    question = filer.comes_back()
    assert filer.goes_on(question) is None
    filer.changes(1, "Lê Thị Mai Hương")
    officer = hand_in(filer, context)
    supplement(filer, officer, "Thiếu trang 2 của giấy tờ nhà", "Giấy tờ nhà, đủ các trang")
    officer.finishes("Thông báo kết quả đăng ký thường trú")
    filer.is_told("đã có kết quả")


def test_a_household_business_is_opened(page: Page, context: BrowserContext) -> None:
    filer = PhoneFiler(page, MINE)
    question = filer.begins("Mở hộ kinh doanh", "Làm hồ sơ")
    question = filer.goes_on(question, until="shop_name", owner_kind="Nhiều người trong gia đình")
    question = filer.comes_back()
    assert filer.goes_on(question) is None
    filer.changes(7, "Tạp hóa Hồng Phát Tài")
    officer = hand_in(filer, context)
    officer.sees("Tạp hóa Hồng Phát Tài")
    closes(filer)
    card = page.locator(".dossier")
    expect(card).to_contain_text("Đã tiếp nhận")
    expect(card.locator(".days")).to_contain_text("ngày làm việc")
    officer.asks_for("Giấy ủy quyền chưa chứng thực", "Giấy ủy quyền của gia đình")
    expect(card).to_contain_text("Cần bổ sung", timeout=20_000)
    card.get_by_role("button", name="Gửi bổ sung").click()  # from the list into the conversation
    filer.is_told("Cơ quan cần bạn gửi thêm")
    filer.sends_photo()
    filer.is_told("Mình đã giữ: 1 tệp")
    filer.taps("Gửi bổ sung")
    filer.is_told("đang được giải quyết")
    officer.finishes("Giấy chứng nhận đăng ký hộ kinh doanh")
    filer.is_told("đã có kết quả")


def test_a_certified_copy_is_prepared_and_a_time_at_the_desk_chosen(page: Page, context: BrowserContext) -> None:
    filer = PhoneFiler(page, MINE)
    question = filer.begins("Sao y giấy tờ", "Làm hồ sơ")
    question = filer.goes_on(question, until="paper_copies")
    question = filer.comes_back()
    assert filer.goes_on(question) is None
    filer.changes(3, "4")
    filer.taps("Đồng ý")
    filer.is_told("Việc này nộp tại quầy")
    links = filer.log.get_by_role("link", name="Tải tệp").evaluate_all("links => links.map(link => link.href)")
    assert any("Bằng tốt nghiệp trung học phổ thông" in page.request.get(link).text() for link in links)
    filer.taps("Hẹn giờ đến quầy")
    filer.taps("thứ ", exact=False)
    filer.taps("09:30")
    filer.is_told("Nhớ mang căn cước và bản chính")
    visit = page.request.get(filer.log.get_by_role("link", name="Tải tệp").last.get_attribute("href"))
    assert visit.headers["content-type"].startswith("text/calendar")
    assert "BEGIN:VEVENT" in visit.text() and "Phường Tuy Hòa" in visit.text().replace("\r\n ", "")
    filer.taps("Tôi đã nộp xong")
    filer.is_told("đã ghi là bạn nộp xong")
    closes(filer)
    expect(page.locator(".dossier")).to_contain_text("Bạn đã nộp ngày")


def test_a_dossier_of_another_phone_is_not_shown(page: Page) -> None:
    page.goto(MINE)
    expect(page.get_by_text("Bạn chưa có hồ sơ nào trên máy này")).to_be_visible()
    refused = page.request.get("/api/v1/conversations/somebody/dossiers", headers={"Authorization": "Bearer x"})
    assert refused.status == 401


def test_a_birth_is_registered_by_telegram(demo: str, telegram: TelegramSandbox) -> None:
    filer = TelegramFiler(demo, telegram, SECRET)
    filer.says("Tôi muốn nộp hồ sơ đăng ký khai sinh", expects="đăng ký kết hôn chưa?")
    filer.presses("Chưa có, chỉ làm giấy khai sinh", expects="Câu 1:")
    filer.presses("Mẹ", expects="Câu 2:")
    filer.says("Nguyễn Minh An", expects="Câu 3:")
    filer.says("2/11/2026", expects="Câu 4:")
    filer.presses("Nữ", expects="Câu 5:")
    filer.says("Bệnh viện Đa khoa Phú Yên", expects="Câu 6:")
    filer.says("lệ phí bao nhiêu vậy?", expects="Câu 6:")  # answered, and asked again
    filer.says("Trần Thị Hoa", expects="Câu 7:")
    filer.says("054195001234", expects="Câu 8:")
    filer.presses("Có đăng ký kết hôn", expects="Câu 9:")
    filer.says("Nguyễn Văn Bình", expects="Câu 10:")
    filer.says("054093005678", expects="Câu 11:")
    filer.sends_photo(expects="11. ")
    filer.presses("Sửa câu 2", expects="Câu trả lời cũ: Nguyễn Minh An")
    filer.says("Nguyễn Bảo An", expects="2. Bé tên đầy đủ là gì? → Nguyễn Bảo An")
    filer.presses("Đồng ý", expects="Mình đã nhận hồ sơ")
    told = filer.hears("Mã hồ sơ: H15")
    code = re.search(r"H15[\d.]+-\d{6}-\d{4}", told)[0]
    at = f"/sandbox/one-stop/dossiers/{code}"
    with httpx.Client(base_url=demo, timeout=30) as officer:
        assert "Nguyễn Bảo An" in officer.get(at).text
        officer.post(f"{at}/accept", data={"promised": "2099-01-05"})
        filer.hears("đã được tiếp nhận")
        officer.post(f"{at}/supplement", data={"what": "Ảnh giấy chứng sinh bị mờ", "papers": "Giấy chứng sinh"})
        filer.hears("Cần thêm: Ảnh giấy chứng sinh bị mờ")
        filer.presses("Gửi bổ sung", expects="Bạn gửi ảnh hoặc tệp PDF vào đây")
        filer.sends_photo(expects="Mình đã giữ: 1 tệp")
        filer.presses("Gửi bổ sung", expects="Mình đang gửi phần bổ sung")
        filer.hears("đang được giải quyết")
        assert "đã bổ sung" in officer.get(at).text
        officer.post(f"{at}/finish", data={"name": "Giấy khai sinh"})
        filer.hears("đã có kết quả")
    filer.says(f"hồ sơ {code} tới đâu rồi", expects="Giấy khai sinh")
