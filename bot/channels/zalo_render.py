"""A channel-free reply as Zalo messages: split by length, at most five buttons, more choices as a numbered list."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.channels.messenger_text import address, card_apart, fitting, units, whole_text
from bot.channels.reply import Button, Reply
from bot.wording import say
from knowledge.text import fold

Message = dict[str, Any]

MOST_CHARS = 2_000  # of a text
MOST_BUTTONS = 5
MOST_TITLE_CHARS = 100
MOST_NUMBER_CHARS = 20
PICTURES = (".jpg", ".jpeg", ".png")  # Zalo fetches no others
_NUMBER = re.compile(r"(?:so|cau|muc|chon)?\s*(\d{1,3})\s*[.)]?")  # folded
# Where a text is cut, best first: between paragraphs, lines, sentences, words.
_CUTS = (re.compile(r"\n\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?…])\s"), re.compile(r"\s"))


def render(reply: Reply, public_url: str = "") -> list[Message]:
    """In the order in which they are to be sent; never empty. `public_url` is put before addresses of our own."""
    card = card_apart(reply)
    texts = split(whole_text(reply)) + (split(card) if card else [])
    if is_numbered(reply.buttons):
        texts += split(_numbered_text(reply.buttons))
    messages = [text_message(text) for text in texts]
    if reply.buttons and not is_numbered(reply.buttons):
        messages[-1] = text_message(texts[-1], [_query(button) for button in reply.buttons])
    return messages + _files(reply, public_url) + _contact(reply.contact_button)


def is_numbered(buttons: Sequence[Button]) -> bool:
    """Whether they are too many to be pressed, so that a number answers."""
    return len(buttons) > MOST_BUTTONS


def number_said(text: str) -> int | None:
    """The number of "3" or "số 3", which answers a numbered list; None for any other text."""
    found = _NUMBER.fullmatch(fold(text).strip()) if len(text) <= MOST_NUMBER_CHARS else None
    return int(found[1]) if found else None


def numbered(number: int, buttons: Sequence[Button]) -> str | None:
    """The payload of that number; None when these buttons were no numbered list, or a shorter one."""
    return buttons[number - 1].payload if is_numbered(buttons) and 1 <= number <= len(buttons) else None


def text_message(text: str, buttons: Sequence[Message] = ()) -> Message:
    if not buttons:
        return {"text": text}
    return {"text": text, "attachment": {"type": "template", "payload": {"buttons": list(buttons)}}}


def _query(button: Button) -> Message:
    """Pressed, it comes back as a text that the citizen does not see."""
    title = _plain(button.title)[:MOST_TITLE_CHARS] or "…"
    return {"title": title, "type": "oa.query.hide", "payload": f"#{button.payload}"}


def _numbered_text(buttons: Sequence[Button]) -> str:
    rows = [f"{number}. {_plain(button.title)}" for number, button in enumerate(buttons, 1)]
    return "\n".join([say("zalo.choose_by_number"), *rows])


def _files(reply: Reply, public_url: str) -> list[Message]:
    picture, file = address(reply.image_url, public_url), address(reply.file_url, public_url)
    messages = []
    if picture and urlsplit(picture).path.lower().endswith(PICTURES):
        messages.append(_picture(picture))
    elif picture:
        messages.append(_link(picture, "zalo.picture", "zalo.open_picture"))
    if file:
        messages.append(_link(file, "zalo.file", "zalo.open_file"))
    return messages


def _contact(title: str | None) -> list[Message]:
    """Pressed, Zalo shows the citizen a form and sends what they agree to share (`user_submit_info`)."""
    if title is None:
        return []
    element = {"title": _plain(title)[:MOST_TITLE_CHARS] or "…", "subtitle": say("zalo.share_form")}
    payload = {"template_type": "request_user_info", "elements": [element]}
    return [{"attachment": {"type": "template", "payload": payload}}]


def _picture(url: str) -> Message:
    element = {"media_type": "image", "url": url}
    payload = {"template_type": "media", "elements": [element]}
    return {"text": say("zalo.picture"), "attachment": {"type": "template", "payload": payload}}


def _link(url: str, text_key: str, title_key: str) -> Message:
    """A file as a button that opens it: no upload to count, and nothing that expires after seven days at Zalo's."""
    return text_message(say(text_key), [{"title": say(title_key), "type": "oa.open.url", "payload": {"url": url}}])


def split(text: str, limit: int = MOST_CHARS) -> list[str]:
    """Parts of at most `limit` characters as Zalo counts them, cut after a sentence where there is one; none empty."""
    rest, parts = _plain(text) or "…", []
    while units(rest) > limit:
        cut = _cut(rest, fitting(rest, limit))
        parts.append(rest[:cut].strip() or "…")
        rest = rest[cut:].strip()
    return [*parts, rest] if rest else parts


def _cut(text: str, end: int) -> int:
    for mark in _CUTS:
        places = [found.start() for found in mark.finditer(text, end // 2, end)]
        if places:
            return places[-1]
    return end


def _plain(text: str) -> str:
    """Composed letters (Zalo counts the pieces of decomposed ones), and no characters that JSON or people choke on."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        char for char in composed if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs")
    ).strip()
