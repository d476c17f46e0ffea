"""Values as people read them: days, money, a long line cut at a word."""

from __future__ import annotations

import datetime as dt

SHOWN_CHARS = 180  # of one line in a reply; imported records carry whole paragraphs


def clip(text: str, limit: int = SHOWN_CHARS) -> str:
    """At most `limit` characters, cut at a word."""
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def day(value: dt.date) -> str:
    return value.strftime("%d/%m/%Y")


def money(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")


def capitalised(text: str | None) -> str | None:
    return text[:1].upper() + text[1:] if text else None
