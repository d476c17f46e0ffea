"""A citizen who files by Telegram: updates go to the webhook, what comes back stands in the fake Bot API server."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx

from bot.sandbox.telegram import TelegramSandbox
from tests.browser.filer import photo_of_a_paper

PATIENCE_SECONDS = 20.0


@dataclass
class TelegramFiler:
    gateway: str
    telegram: TelegramSandbox
    secret: str
    chat: int = 77
    heard: int = 0  # messages of the bot read so far

    def says(self, text: str, expects: str) -> str:
        return self._sends(self.telegram.says(self.chat, text), expects)

    def presses(self, title: str, expects: str) -> str:
        """The button of this title that was shown last."""
        keys = [key for sent in self._mine() for row in sent.get("keyboard", ()) for key in row]
        payload = next(key["callback_data"] for key in reversed(keys) if key["text"] == title)
        return self._sends(self.telegram.presses(self.chat, payload), expects)

    def sends_photo(self, expects: str) -> str:
        return self._sends(self.telegram.sends_photo(self.chat, photo_of_a_paper()), expects)

    def hears(self, expects: str) -> str:
        """Waits for a message that says this, among those not read yet."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            texts = [sent.get("text", "") for sent in self._mine()]
            for number in range(self.heard, len(texts)):
                if expects in texts[number]:
                    self.heard = number + 1
                    return texts[number]
            time.sleep(0.02)
        raise AssertionError(f"{expects!r} was not told; the last was: {texts[-1:]}")

    def _sends(self, update: dict[str, Any], expects: str) -> str:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret}
        answer = httpx.post(f"{self.gateway}/channels/telegram/webhook", json=update, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return self.hears(expects)

    def _mine(self) -> list[dict[str, Any]]:
        return [sent for sent in self.telegram.sent if sent["chat_id"] == self.chat]
