"""A channel-free reply as Telegram messages: split by length, buttons under the last, the full card apart."""

from __future__ import annotations

from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels.reply import Button, Card, Reply

MOST_CHARS = 4096  # of a message, counted in UTF-16 units as Telegram does
MOST_BUTTONS = 100
SHORT_TITLE = 18  # two buttons with such titles fit beside each other on a small phone
CARD_ITEMS_IN_TEXT = 8  # what the reply's own text already lists


@dataclass(frozen=True)
class Message:
    """One message to send; plain text, no markup language, so nothing can be injected into it."""

    text: str
    keyboard: InlineKeyboardMarkup | None = None
    image_url: str | None = None
    file_url: str | None = None


def render(reply: Reply) -> list[Message]:
    """In the order in which they are to be sent; never empty."""
    text = f"{reply.from_person}: {reply.text}" if reply.from_person else reply.text
    texts = split(text)
    if reply.card and len(reply.card.items) > CARD_ITEMS_IN_TEXT:
        texts += split(_card_text(reply.card))
    messages = [Message(text=part) for part in texts[:-1]]
    return [*messages, Message(texts[-1], _keyboard(reply.buttons), reply.image_url, reply.file_url)]


def _card_text(card: Card) -> str:
    lines, case = [card.title], None
    for number, item in enumerate(card.items, 1):
        if item.case and item.case != case:
            lines.append(f"\n{item.case}")
        case = item.case
        mark = "☐" if card.kind == "checklist" else f"{number}."
        lines.append(f"{mark} {item.text}" + (f" ({item.note})" if item.note else ""))
    return "\n".join([*lines, *([f"\n{card.footer}"] if card.footer else [])])


def split(text: str, limit: int = MOST_CHARS) -> list[str]:
    """Parts of at most `limit` UTF-16 units, cut at a line, else a word, else anywhere; none is empty."""
    parts = []
    rest = text.strip() or "…"
    while _units(rest) > limit:
        cut = _cut(rest, limit)
        parts.append(rest[:cut].rstrip() or rest[:cut])
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def _cut(text: str, limit: int) -> int:
    end = _fitting(text, limit)
    for mark in ("\n", " "):
        place = text.rfind(mark, end // 2, end)
        if place > 0:
            return place
    return end


def _fitting(text: str, limit: int) -> int:
    """How many characters of `text` are at most `limit` UTF-16 units."""
    units = 0
    for place, char in enumerate(text):
        units += 2 if ord(char) > 0xFFFF else 1
        if units > limit:
            return place
    return len(text)


def _units(text: str) -> int:
    return len(text) + sum(ord(char) > 0xFFFF for char in text)


def _keyboard(buttons: tuple[Button, ...]) -> InlineKeyboardMarkup | None:
    rows: list[list[InlineKeyboardButton]] = []
    for button in buttons[:MOST_BUTTONS]:
        key = InlineKeyboardButton(button.title, callback_data=button.payload)
        short = len(button.title) <= SHORT_TITLE
        if short and rows and len(rows[-1]) == 1 and len(rows[-1][0].text) <= SHORT_TITLE:
            rows[-1].append(key)
        else:
            rows.append([key])
    return InlineKeyboardMarkup(rows) if rows else None
