"""What the messengers share: a reply's words and card as plain text, addresses that a phone opens, and lengths."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.channels.reply import Card, Reply

CARD_ITEMS_IN_TEXT = 8  # what the reply's own text already lists
MOST_URL_CHARS = 1_000


def whole_text(reply: Reply) -> str:
    """Its words, under the name of the person who says them."""
    return f"{reply.from_person}: {reply.text}" if reply.from_person else reply.text


def card_apart(reply: Reply) -> str | None:
    """The card as a text of its own, where it holds more than the reply's text lists already."""
    return _card_text(reply.card) if reply.card and len(reply.card.items) > CARD_ITEMS_IN_TEXT else None


def _card_text(card: Card) -> str:
    lines, case = [card.title], None
    for number, item in enumerate(card.items, 1):
        if item.case and item.case != case:
            lines.append(f"\n{item.case}")
        case = item.case
        mark = "☐" if card.kind == "checklist" else f"{number}."
        lines.append(f"{mark} {item.text}" + (f" ({item.note})" if item.note else ""))
    return "\n".join([*lines, *([f"\n{card.footer}"] if card.footer else [])])


def units(text: str) -> int:
    """In UTF-16: what Telegram counts, and the larger of the two ways in which Zalo may."""
    return len(text) + sum(ord(char) > 0xFFFF for char in text)


def fitting(text: str, limit: int) -> int:
    """How many characters of `text` are at most `limit` UTF-16 units."""
    used = 0
    for place, char in enumerate(text):
        used += 2 if ord(char) > 0xFFFF else 1
        if used > limit:
            return place
    return len(text)


def address(url: str | None, public_url: str = "") -> str | None:
    """None when a phone could not open it: no address at all, or one of our own while ours is unknown."""
    whole = f"{public_url}{url}" if url and url.startswith("/") and public_url else url
    try:
        parts = urlsplit(whole or "")
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and bool(parts.netloc)
    return whole if whole and is_web and len(whole) <= MOST_URL_CHARS else None
