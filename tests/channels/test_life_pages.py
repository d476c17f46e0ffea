"""The printable pages: every event and guide is served to anyone, safely, and wrong addresses are told so."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
import yaml
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.wording import say
from knowledge import guides, life_events
from knowledge.advice import Advice
from knowledge.catalogue import load_curated
from knowledge.working_days import VIETNAM
from tests.channels.life_app import life_app
from tests.knowledge.told import our_advice

EVENTS = sorted(path.stem for path in life_events.EVENTS_DIR.glob("*.yml"))
GUIDES = sorted(path.stem for path in guides.GUIDES_DIR.glob("*.yml"))
CODES = {procedure.code for procedure in load_curated()}


class Page(HTMLParser):
    """What a reader of the page can press, and what would run or be fetched."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def told() -> Advice:
    return our_advice()


@pytest.fixture(scope="module")
def app(told: Advice) -> FastAPI:
    return life_app(told)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


def opened(client: TestClient, path: str) -> tuple[httpx.Response, Page]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer, Page(answer.text)


@pytest.mark.parametrize("path", ["/viec-doi", "/huong-dan"])
def test_a_list_links_to_every_page_and_every_link_opens(client: TestClient, path: str) -> None:
    _, page = opened(client, path)
    links = {link["href"] for link in page.all("a") if (link["href"] or "").startswith(f"{path}/")}
    assert links == {f"{path}/{key}" for key in (EVENTS if path == "/viec-doi" else GUIDES)}
    assert all(client.get(link).status_code == 200 for link in links)


def test_a_list_follows_the_alphabet(client: TestClient) -> None:
    text = client.get("/viec-doi").text
    assert text.index("Chuyển nhà") < text.index("Con đi học") < text.index("Đi nước ngoài") < text.index("Xây nhà")


@pytest.mark.parametrize("key", EVENTS)
def test_an_event_shows_its_steps_its_law_and_its_codes(client: TestClient, told: Advice, key: str) -> None:
    event = told.events[key]
    answer, page = opened(client, f"/viec-doi/{key}")
    boxes = [box for box in page.all("input") if box.get("type") == "checkbox"]
    assert len(boxes) == len(event.steps)
    assert all(step.title in answer.text for step in event.steps)
    assert all(basis.title in answer.text for basis in event.legal_basis)
    assert all(say("life_page.code", code=code) in answer.text for code in event.codes)


@pytest.mark.parametrize("key", GUIDES)
def test_a_guide_shows_its_picture_told_in_words(client: TestClient, told: Advice, key: str) -> None:
    guide = told.guide(key)
    _, page = opened(client, f"/huong-dan/{key}")
    [picture] = page.all("img")
    assert picture["alt"] == guide.picture_says
    drawn = client.get(picture["src"])
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert "sandbox" in drawn.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/viec-doi/sinh-con", "/huong-dan/ma-otp", "/viec-doi", "/huong-dan"])
def test_a_page_runs_nothing_and_fetches_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    answer, page = opened(client, path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "frame-ancestors 'none'" in policy
    assert not page.all("script") and not page.all("iframe") and not page.all("link")
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    nonce = re.search(r"'nonce-([^']+)'", policy)[1]
    assert [style["nonce"] for style in page.all("style")] == [nonce]
    assert client.get(path).headers["content-security-policy"] != policy  # a nonce is used once


def test_links_to_the_portal_are_the_states_and_tell_it_nothing(client: TestClient) -> None:
    for key in EVENTS:
        answer, page = opened(client, f"/viec-doi/{key}")
        outside = [link for link in page.all("a") if "://" in (link["href"] or "")]
        assert outside and all(re.match(r"https://[\w.-]+\.gov\.vn/", f"{link['href']}/") for link in outside), key
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert all("noopener" in link["rel"] for link in outside)


@pytest.mark.parametrize("key", ["khong-co", "SINH-CON", "sinh-con.yml", "..%2f..%2fetc%2fpasswd", "x" * 5_000, "%00"])
@pytest.mark.parametrize("kind", ["viec-doi", "huong-dan"])
def test_an_unknown_page_is_a_clear_404(client: TestClient, kind: str, key: str) -> None:
    answer = client.get(f"/{kind}/{key}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_picture_is_a_404(client: TestClient) -> None:
    assert client.get("/huong-dan/khong-co.svg").status_code == 404


def test_a_day_told_in_the_address_gives_dates(client: TestClient) -> None:
    text = client.get("/viec-doi/sinh-con", params={"ngay": "2026-11-03"}).text
    assert "04/01/2027" in text and say("life.counted", name="ngày sinh", day="03/11/2026") in text
    assert "04/01/2027" not in client.get("/viec-doi/sinh-con").text


def test_a_deadline_long_past_is_said_to_be_past_and_what_remains_possible(client: TestClient) -> None:
    text = client.get("/viec-doi/sinh-con", params={"ngay": "2020-01-06"}).text
    assert "đã qua" in text and "Trễ hạn vẫn làm được" in text


@pytest.mark.parametrize(
    "day", ["", "hôm qua", "2026-13-40", "0001-01-01", "9999-12-31", "20261103x", '"><script>', "2026-11-03T00:00"]
)
def test_a_day_that_is_none_is_left_aside(client: TestClient, day: str) -> None:
    answer = client.get("/viec-doi/sinh-con", params={"ngay": day})
    assert answer.status_code == 200
    assert "<script>" not in answer.text and "Tính từ ngày sinh" not in answer.text


def test_a_day_of_endless_length_is_refused(client: TestClient) -> None:
    assert client.get("/viec-doi/sinh-con", params={"ngay": "1" * 100}).status_code == 422


def test_the_day_of_today_is_no_past_day(client: TestClient) -> None:
    today = dt.datetime.now(VIETNAM).date()
    assert "đã qua" not in client.get("/viec-doi/nguoi-than-mat", params={"ngay": today.isoformat()}).text


def test_words_of_a_file_are_text_and_never_markup(told: Advice, tmp_path: Path) -> None:
    event = yaml.safe_load((life_events.EVENTS_DIR / "sinh-con.yml").read_text("utf-8"))
    event |= {"title": "<b>Sinh & con</b>", "lead": "<script>alert('x')</script>", "tips": ['"><img src=x onerror=y>']}
    (tmp_path / "sinh-con.yml").write_text(yaml.safe_dump(event, allow_unicode=True), "utf-8")
    with TestClient(life_app(dataclasses.replace(told, events=life_events.load(tmp_path)))) as client:
        for path in ("/viec-doi", "/viec-doi/sinh-con"):
            answer, page = opened(client, path)
            assert "&lt;b&gt;Sinh &amp; con&lt;/b&gt;" in answer.text and "<b>Sinh" not in answer.text
            assert not page.all("script") and not page.all("img")


def test_a_page_needs_no_screen(client: TestClient) -> None:
    for path in ("/viec-doi/sinh-con", "/huong-dan/vssid"):
        text = client.get(path).text
        assert "@media print" in text and "@page { size: A4" in text
        assert 'class="small screen"' in text  # what helps only on a screen is not printed


def test_too_many_pages_in_a_minute_are_refused(told: Advice) -> None:
    with TestClient(life_app(told, most_per_minute=3)) as client:
        codes = [client.get("/viec-doi").status_code for _ in range(8)]
    assert codes[0] == 200 and codes[-1] == 429
