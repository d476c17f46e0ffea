"""A channel-free reply as Telegram messages: split by length, buttons under the last, the full card apart."""

from __future__ import annotations

from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

from bot.channels.messenger_text import address, card_apart, fitting, units, whole_text
from bot.channels.reply import Button, Reply

MOST_CHARS = 4096  # of a message, counted in UTF-16 units as Telegram does
MOST_BUTTONS = 100
SHORT_TITLE = 18  # two buttons with such titles fit beside each other on a small phone


@dataclass(frozen=True)
class Message:
    """One message to send; plain text, no markup language, so nothing can be injected into it."""

    text: str
    keyboard: InlineKeyboardMarkup | ReplyKeyboardMarkup | None = None
    image_url: str | None = None
    file_url: str | None = None


def render(reply: Reply) -> list[Message]:
    """In the order in which they are to be sent; never empty."""
    card = card_apart(reply)
    texts = split(whole_text(reply)) + (split(card) if card else [])
    messages = [Message(text=part) for part in texts[:-1]]
    # Telegram fetches them itself, and what it cannot fetch would refuse the words behind it as well.
    picture, file = address(reply.image_url), address(reply.file_url)
    keyboard, contact = _keyboard(reply.buttons), _contact(reply.contact_button)
    last = Message(texts[-1], keyboard or contact, picture, file)
    # A message carries one keyboard: the second kind comes with a message of its own.
    return [*messages, last, *([Message(_title(reply.contact_button), contact)] if keyboard and contact else [])]


def split(text: str, limit: int = MOST_CHARS) -> list[str]:
    """Parts of at most `limit` UTF-16 units, cut at a line, else a word, else anywhere; none is empty."""
    parts = []
    rest = text.strip() or "…"
    while units(rest) > limit:
        cut = _cut(rest, limit)
        parts.append(rest[:cut].rstrip() or rest[:cut])
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def _cut(text: str, limit: int) -> int:
    end = fitting(text, limit)
    for mark in ("\n", " "):
        place = text.rfind(mark, end // 2, end)
        if place > 0:
            return place
    return end


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


def _contact(title: str | None) -> ReplyKeyboardMarkup | None:
    """Pressed, Telegram asks the citizen and sends their own number."""
    if title is None:
        return None
    key = KeyboardButton(_title(title), request_contact=True)
    return ReplyKeyboardMarkup([[key]], resize_keyboard=True, one_time_keyboard=True)


def _title(title: str) -> str:
    return title.strip() or "…"
