"""People at their own browsers: what breaks on a page is remembered, and a helper signs in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS

Viewport = dict[str, int]
Seat = Callable[..., Page]


@contextmanager
def seats(browser: Browser, base: str, usual: Viewport) -> Iterator[Seat]:
    """Each call is another person; their browsers are closed at the end."""
    made: list[BrowserContext] = []

    def sit(viewport: Viewport = usual) -> Page:
        context = browser.new_context(base_url=base, locale="vi-VN", viewport=viewport)
        context.set_default_timeout(20_000)
        made.append(context)
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        return page

    yield sit
    for context in made:
        context.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """One for a single test, outside the folder of browser tests, which share theirs."""
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def signs_in(page: Page, phone: str, password: str) -> Page:
    page.goto("/desk")
    page.get_by_label("Số điện thoại").fill(phone)
    page.get_by_label("Mật khẩu").fill(password)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("heading", name="Đang chờ người nhận")).to_be_visible()
    return page
