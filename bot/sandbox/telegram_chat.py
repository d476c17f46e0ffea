"""The pretended Telegram with a page on which a person chats with the bot."""

from __future__ import annotations

import secrets
from collections import deque
from typing import Any

from fastapi import FastAPI

from bot.sandbox import chat_pages
from bot.sandbox.telegram import TelegramSandbox, create_sandbox

PATH = "/sandbox/telegram"
CONTACT = "contact"  # pressed: the citizen's own card is sent
PHONE = "84912345678"  # the same as in the pretended Zalo, so that the two can be linked by it
MOST_LINES, MOST_CHATS = 500, 2_000


class TelegramChat:
    """The citizens' side: what a person does on the page waits for the bot as an update."""

    name, accent, takes_files = "Telegram", "telegram", True
    deeds = (("contact", "Gửi số của mình"), ("block", "Chặn bot"), ("unblock", "Bỏ chặn"))

    def __init__(self, state: TelegramSandbox) -> None:
        self._state = state
        self._lines: dict[int, deque[dict[str, Any]]] = {}
        self._count = 0

    def lines(self, who: str, after: int) -> list[dict[str, Any]]:
        self._collect()
        return [line for line in self._lines.get(int(who), ()) if line["number"] > after]

    def act(self, who: str, kind: str, text: str) -> bool:
        deed = getattr(self, f"_{kind}", None) if kind in ("say", "press") or kind in dict(self.deeds) else None
        if deed is None:
            return False
        self._collect()
        deed(int(who), text)
        return True

    def send_file(self, who: str, name: str, media_type: str, content: bytes) -> None:
        self._add(int(who), False, name)
        if media_type == "image/jpeg":
            self._state.sends_photo(int(who), content)
        else:
            self._state.sends_document(int(who), content, name)

    def _say(self, chat_id: int, text: str) -> None:
        self._add(chat_id, False, text)
        self._state.says(chat_id, text)

    def _press(self, chat_id: int, payload: str) -> None:
        if payload == CONTACT:
            self._contact(chat_id, "")
        else:
            self._state.presses(chat_id, payload)

    def _contact(self, chat_id: int, text: str) -> None:
        self._add(chat_id, False, "[đã gửi số điện thoại]")
        self._state.shares_contact(chat_id, PHONE)

    def _block(self, chat_id: int, text: str) -> None:
        self._state.blocks(chat_id)

    def _unblock(self, chat_id: int, text: str) -> None:
        self._state.blocked_by.discard(chat_id)

    def _collect(self) -> None:
        """Takes over what the bot has sent, so that the pretended server does not grow with every message."""
        for sent in self._state.sent:
            keys = [key for row in sent.get("keyboard", []) for key in row]
            buttons = [{"title": key["text"], "payload": key["callback_data"]} for key in keys]
            if "contact" in sent:
                buttons.append({"title": sent["contact"], "payload": CONTACT})
            self._add(sent["chat_id"], True, sent.get("text", ""), buttons, sent.get("photo"))
        self._state.sent.clear()
        self._state.calls.clear()

    def _add(
        self, chat_id: int, is_ours: bool, text: str, buttons: list[dict[str, str]] | None = None, image: Any = None
    ) -> None:
        if chat_id not in self._lines and len(self._lines) >= MOST_CHATS:
            del self._lines[next(iter(self._lines))]
        self._count += 1
        line = {"number": self._count, "is_ours": is_ours, "text": text, "buttons": buttons or [], "image": image}
        self._lines.setdefault(chat_id, deque(maxlen=MOST_LINES)).append(line)


def create_telegram_sandbox() -> tuple[TelegramSandbox, FastAPI]:
    """The server with a token of its own drawing, and its page at "/"."""
    state = TelegramSandbox(f"{10**8 + secrets.randbelow(9 * 10**8)}:{secrets.token_urlsafe(26)}")
    app = create_sandbox(state)
    app.include_router(chat_pages.create_router(TelegramChat(state)))
    return state, app
