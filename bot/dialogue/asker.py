"""Who asks and when, and what a told facet looks like."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bot.channels.reply import Card
from knowledge.desks import Desk

SHOWN_ROWS = 8  # lines of a list told in the text; the card holds all


@dataclass(frozen=True)
class Section:
    """One facet, told: `text` stands alone; `card` keeps the whole list."""

    text: str
    card: Card | None = None


@dataclass(frozen=True)
class Asker:
    """What we know of the one who asks and of the day; decides which rows are told."""

    today: dt.date
    ward: str | None = None
    province: str | None = None
    desk: Desk | None = None  # of that ward, where an operator has listed it
