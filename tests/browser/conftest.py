"""A real Chromium, a fake gateway, and the widget as a citizen sees it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.browser.fake_gateway import FakeGateway
from tests.serving import served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}


@pytest.fixture(scope="package")  # no longer: its loop would be in the way of the asynchronous tests elsewhere
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    expect.set_options(timeout=20_000)  # a crowded machine is slow, not wrong
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
def address(gateway: FakeGateway) -> Iterator[str]:
    with served(gateway.app) as base:
        yield base


@pytest.fixture
def new_context(browser: Browser, address: str) -> Iterator[Callable[..., BrowserContext]]:
    """Browser contexts on the fake gateway; requests to anywhere else are refused."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(base_url=address, locale="vi-VN", **{"viewport": DESKTOP, **options})
        context.set_default_timeout(15_000)
        context.route(lambda url: not url.startswith(address), lambda route: route.abort())
        context.add_init_script("window.print = () => { window.printed = (window.printed || 0) + 1 }")
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    page = new_context().new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(error))
    return page


def wait_until_printed(view: Page) -> None:
    """By asking: a page under a content security policy refuses `wait_for_function`."""
    until = time.monotonic() + 10
    while not view.evaluate("window.printed"):
        assert time.monotonic() < until, "nothing was printed"
        view.wait_for_timeout(50)


class Widget:
    """What a citizen does with the widget on a page, and what stands in it."""

    def __init__(self, page: Page, path: str = "/plain") -> None:
        self.page = page
        page.goto(path)
        self.launcher = page.locator("motcua-chat").get_by_role("button", name="Hỏi thủ tục")
        self.panel = page.locator("motcua-chat").get_by_role("dialog")
        self.log = page.get_by_role("log")
        self.input = page.get_by_role("textbox", name="Viết câu hỏi của bạn")

    def open(self) -> Widget:
        self.launcher.click()
        self.panel.wait_for()
        return self

    def says(self, text: str) -> None:
        self.input.fill(text)
        self.input.press("Enter")

    def hears(self, text: str) -> Locator:
        """Waits until the assistant's words stand in the log."""
        found = self.log.locator(".theirs").get_by_text(text)
        found.first.wait_for()
        return found

    def mine(self, text: str) -> Locator:
        return self.log.locator(".mine", has_text=text)

    def chip(self, title: str) -> Locator:
        return self.log.get_by_role("button", name=title)

    def menu(self, title: str) -> None:
        self.panel.get_by_role("button", name="Tùy chọn").click()
        self.panel.get_by_role("button", name=title).click()


@pytest.fixture
def widget(page: Page) -> Widget:
    return Widget(page).open()
