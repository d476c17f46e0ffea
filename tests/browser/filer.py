"""A citizen who files in the widget on a phone, and the officer at the other end."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser.conftest import Widget

PATIENCE_MS = 20_000
MOST_QUESTIONS = 40


@lru_cache(maxsize=1)
def photo_of_a_paper() -> bytes:
    """A sheet with lines of print on a darker table, as a phone sees it."""
    picture = Image.new("RGB", (1200, 1600), (92, 74, 60))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((90, 110, 1110, 1490), fill=(246, 244, 238))
    for line in range(28):
        draw.text((160, 180 + 45 * line), "GIAY CHUNG SINH  No. 0123456789  " * 3, fill=(25, 25, 35), font_size=26)
    out = io.BytesIO()
    picture.crop((0, 0, 1200, 1600)).save(out, "JPEG", quality=85)
    return out.getvalue()


class PhoneFiler(Widget):
    """Answers each question as its kind wants it: by words, by a button, by a photo."""

    may_tap_at = 0.0

    def begins(self, wish: str, *choices: str) -> dict[str, Any]:
        """Says the wish, taps what is asked back, and is asked the first question."""
        self.open()
        self.says(wish)
        for choice in choices:
            self.taps(choice)
        return self.asked()

    def taps(self, title: str, exact: bool = True) -> None:
        """As fast as a person: a second tap at once would count as a double tap."""
        button = self.log.get_by_role("button", name=title, exact=exact).last
        button.wait_for()
        self.page.wait_for_timeout(max(0.0, self.may_tap_at - time.monotonic()) * 1000)
        button.click()
        self.may_tap_at = time.monotonic() + 0.45

    def asked(self, other_than: str | None = None) -> dict[str, Any] | None:
        """The question that waits now, once it is another one; None: none waits."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < until:
            state = self.page.evaluate(
                "() => { const chat = document.querySelector('motcua-chat');"
                " return {question: chat.question, busy: chat.mailbox.waiting.length} }"
            )
            question = state["question"]
            if not state["busy"] and (question or {}).get("id") != other_than:
                return question
            self.page.wait_for_timeout(30)
        raise AssertionError(f"{other_than} is still asked:\n{self.log.inner_text()[-600:]}")

    def answers(self, question: Mapping[str, Any], text: str | None = None) -> dict[str, Any] | None:
        """Gives `text`, or the question's example; the question that follows."""
        given = text or question["example"]
        if question["kind"] == "file":
            self.sends_photo()
        elif question["kind"] in ("choice", "yes_no"):
            self.taps(given[:1].upper() + given[1:])
        else:
            self.says(given)
        return self.asked(other_than=question["id"])

    def sends_photo(self) -> None:
        expect(self.panel.get_by_role("button", name="Chụp ảnh")).to_be_visible()
        picture = {"name": "giay.jpg", "mimeType": "image/jpeg", "buffer": photo_of_a_paper()}
        self.panel.locator("input[type=file][capture]").set_input_files(picture)

    def goes_on(self, question: Mapping[str, Any] | None, until: str | None = None, **told: str) -> Any:
        """Answers until `until` is asked, or nothing more; `told` are answers other than the examples."""
        for _ in range(MOST_QUESTIONS):
            if question is None or question["id"] == until:
                return question
            question = self.answers(question, told.get(question["id"]))
        raise AssertionError("the journey does not end")

    def comes_back(self) -> dict[str, Any] | None:
        """The page is loaded anew, in the middle of everything."""
        self.page.reload()
        self.open()
        self.page.wait_for_function("document.querySelector('motcua-chat').lastSeq > 0")
        return self.asked(other_than="")

    def changes(self, number: int, text: str) -> None:
        self.taps(f"Sửa câu {number}")
        question = self.asked()
        assert self.answers(question, text) is None

    def is_told(self, text: str) -> None:
        """A notice that comes by itself."""
        self.log.locator(".theirs").get_by_text(text).last.wait_for(timeout=PATIENCE_MS)


class Officer:
    """Works on the dossier that came in last, on the sandbox's own pages."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.goto("/sandbox/one-stop/")
        page.locator("a.row").first.click()

    @property
    def text(self) -> str:
        return self.page.locator("main").inner_text()

    def _form(self, title: str, **fields: str) -> None:
        section = self.page.locator("details", has=self.page.get_by_text(title, exact=True))
        if section.get_attribute("open") is None:
            section.locator("summary").click()
        for name, value in fields.items():
            section.locator(f"[name={name}]").fill(value)
        section.locator("button").click()

    def accepts(self) -> None:
        self._form("Tiếp nhận")

    def asks_for(self, what: str, paper: str) -> None:
        self._form("Yêu cầu bổ sung", what=what, papers=paper)

    def finishes(self, name: str) -> None:
        self._form("Trả lời kết quả", name=name)

    def sees(self, text: str) -> None:
        expect(self.page.locator("main")).to_contain_text(text)
