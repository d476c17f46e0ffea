"""The pages of life events and guides on a small phone, in the dark and on paper."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from knowledge import guides, life_events
from tests.browser.test_access import contrast
from tests.channels.life_app import life_app
from tests.knowledge.told import our_advice
from tests.serving import served

pytestmark = pytest.mark.slow

EVENTS, GUIDES = sorted(life_events.load()), sorted(guides.load())
PAGES = ["/viec-doi", "/huong-dan", *(f"/viec-doi/{key}" for key in EVENTS), *(f"/huong-dan/{key}" for key in GUIDES)]
WIDER_THAN_THE_SCREEN = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
TOO_SMALL_TO_PRESS = """[...document.querySelectorAll('.tiles a, nav a, form button, .checklist input')]
  .filter(node => node.getBoundingClientRect().height < 26).map(node => node.textContent)"""
TEXTS_OUTSIDE = """() => { const svg = document.querySelector('svg');
  const [, , width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
  return [...svg.querySelectorAll('text')].filter(text => { const box = text.getBBox();
    return box.x < 2 || box.x + box.width > width - 2 || box.y + box.height > height })
    .map(text => text.textContent) }"""
INK = ("h1", ".lead", ".deadline", ".law", ".checklist p", ".code a", ".joined p", ".small", "footer p", ".tips li")
A4_CSS_PIXELS = {"width": 695, "height": 1024}  # A4 less its margins, at 96 pixels an inch


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served(life_app(our_advice())) as base:
        yield base


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(base_url=site, locale="vi-VN", viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


def test_no_page_is_wider_than_a_small_phone(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    wide = []
    for path in PAGES:
        page.goto(path)
        wide += [path] if page.evaluate(WIDER_THAN_THE_SCREEN) else []
        assert page.evaluate(TOO_SMALL_TO_PRESS) == [], path
    assert wide == []


def test_the_words_of_every_picture_stay_inside_it(page: Page) -> None:
    for key in GUIDES:
        page.goto(f"/huong-dan/{key}.svg")
        assert page.evaluate(TEXTS_OUTSIDE) == [], key


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_kind_of_words_stands_out_from_its_ground(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto("/viec-doi/sinh-con?ngay=2026-11-03")
    for name in INK:
        assert contrast(page.locator(name).first) >= 4.5, name
    page.goto("/huong-dan/ma-otp")
    for name in (".warning li", ".warning h2", ".happened li", ".related a"):
        assert contrast(page.locator(name).first) >= 4.5, name


def test_the_day_is_asked_and_its_dates_are_told(page: Page) -> None:
    page.goto("/viec-doi/sinh-con")
    page.get_by_label("Bé sinh ngày nào?").fill("2026-11-03")
    page.get_by_role("button", name="Tính hạn").click()
    page.get_by_text("04/01/2027").wait_for()


def test_a_ticked_step_stays_ticked_on_paper_and_what_is_for_the_screen_is_not_printed(page: Page) -> None:
    page.set_viewport_size(A4_CSS_PIXELS)
    page.goto("/viec-doi/sinh-con?ngay=2026-11-03")
    page.get_by_label("Làm giấy khai sinh").check()
    page.emulate_media(media="print")
    assert page.get_by_label("Làm giấy khai sinh").is_checked()
    assert page.get_by_text("Tính từ ngày sinh 03/11/2026.").is_visible()
    for name in ("nav", ".screen", "form button", "form label"):
        assert not page.locator(name).first.is_visible(), name


def test_every_checklist_and_guide_fits_on_one_sheet(page: Page) -> None:
    page.set_viewport_size(A4_CSS_PIXELS)
    page.emulate_media(media="print")
    for path in PAGES[2:]:
        page.goto(path)
        assert page.evaluate("document.querySelector('main').scrollHeight") <= A4_CSS_PIXELS["height"], path
