"""Who may be told news of a ward: conversations that can be reached, whose citizens have said where they live."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.conversation import open_context
from bot.privacy import CannotDecrypt, KeyRing
from bot.tables import conversations
from knowledge.text import fold

log = logging.getLogger(__name__)

ACTIVE_WITHIN = timedelta(days=180)  # whoever has not written for longer has moved on

Place = tuple[str, str]  # ward and province, folded: as they are compared


def place(ward: str, province: str) -> Place:
    return fold(ward), fold(province)


def page_of(connection: sa.Connection, after: str, now: datetime, most: int) -> list[Any]:
    """Some of them (id, channel, context), in the order in which they are told."""
    table = conversations.c
    page = (
        sa.select(table.id, table.channel, table.context)
        .where(table.id > after, table.closed_at.is_(None), table.erased_at.is_(None), table.context.is_not(None))
        .where(table.last_active_at > now - ACTIVE_WITHIN)
        .order_by(table.id)
        .limit(most)
    )
    return list(connection.execute(page))


def home_of(keys: KeyRing, row: Any) -> Place:
    """Where the citizen of a conversation lives; nowhere when they have not said so."""
    try:
        context = open_context(keys, row.id, row.context)
    except CannotDecrypt as reason:
        log.error("a conversation cannot be read: %s", reason)
        return "", ""
    return place(context.get("ward") or "", context.get("province") or "")
