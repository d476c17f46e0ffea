"""What citizens asked and were not told: questions that ended in "not found", for an operator to put into words."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.conversation import open_inbound, open_said
from bot.dialogue import controls
from bot.privacy import KeyRing, mask
from bot.store import Store
from bot.tables import messages
from knowledge.text import clean, fold

BATCH = 500
MOST_LINES = 200_000
MOST_CHARS = 300
UNMET = "not_found"


@dataclass(frozen=True)
class Unmet:
    """One question, as first typed, with numbers masked; `citizens` is how many conversations asked it."""

    text: str
    times: int
    citizens: int
    last_at: datetime
    asked_in: frozenset[str] = field(default=frozenset(), repr=False)  # the conversations


async def unmet(store: Store, since: datetime, most: int = 50) -> list[Unmet]:
    """The questions since then that found nothing or "none of these"; what many citizens asked comes first."""
    asked: dict[str, list[tuple[str, str, datetime]]] = defaultdict(list)
    async for conversation_id, text, at in _questions(store, since):
        asked[fold(text)].append((conversation_id, text, at))
    return await asyncio.to_thread(_ranked, list(asked.values()), most)


def _ranked(asked: list[list[tuple[str, str, datetime]]], most: int) -> list[Unmet]:
    found = [_together(rows) for rows in asked]
    return sorted(found, key=lambda one: (-one.citizens, -one.times, -one.last_at.timestamp()))[:most]


def _together(rows: list[tuple[str, str, datetime]]) -> Unmet:
    asked_in = frozenset(conversation for conversation, _, _ in rows)
    return Unmet(
        text=mask(rows[0][1])[:MOST_CHARS],
        times=len(rows),
        citizens=len(asked_in),
        last_at=max(at for _, _, at in rows),
        asked_in=asked_in,
    )


async def _questions(store: Store, since: datetime) -> AsyncIterator[tuple[str, str, datetime]]:
    """(conversation, text, moment) of each question that was not met, conversation by conversation."""
    conversation, words = "", ""
    async for row, text, is_unmet in _opened(store, since):
        if row.conversation_id != conversation:
            conversation, words = row.conversation_id, ""
        if row.direction == "in":
            words = text or words  # "none of these", "sai rồi": the question is the one before
        elif words and is_unmet:
            yield conversation, words, row.received_at
            words = ""


async def _opened(store: Store, since: datetime) -> AsyncIterator[tuple[Any, str, bool]]:
    """Each line with its words and whether it was "not found"; opened in a thread, so that a server goes on serving."""
    async for page in _pages(store, since):
        for one in await asyncio.to_thread(_open, store.keys, page):
            yield one


def _open(keys: KeyRing, page: Sequence[Any]) -> list[tuple[Any, str, bool]]:
    return [
        (row, _words(keys, row), False) if row.direction == "in" else (row, "", _is_unmet(keys, row)) for row in page
    ]


async def _pages(store: Store, since: datetime) -> AsyncIterator[Sequence[Any]]:
    """In batches, so that a long history does not have to fit into memory."""
    table, after = messages.c, ("", 0)
    for _ in range(MOST_LINES // BATCH):
        page = (
            sa.select(table.conversation_id, table.seq, table.direction, table.body, table.received_at)
            .where(table.received_at >= since, table.body.is_not(None))
            .where(sa.tuple_(table.conversation_id, table.seq) > after)
            .order_by(table.conversation_id, table.seq)
            .limit(BATCH)
        )
        rows = await store.database.read(lambda connection, page=page: connection.execute(page).all())
        yield rows
        if len(rows) < BATCH:
            return
        after = (rows[-1].conversation_id, rows[-1].seq)


def _words(keys: KeyRing, row: Any) -> str:
    """What was asked; nothing for a button or an order word."""
    text = clean(open_inbound(keys, row.conversation_id, row.seq, row.body).text or "")
    return "" if controls.read_text(text) else text


def _is_unmet(keys: KeyRing, row: Any) -> bool:
    turn = open_said(keys, row.conversation_id, row.seq, row.body).turn
    return turn is not None and turn.kind == UNMET


def as_text(found: Sequence[Unmet], nearest: Mapping[str, Sequence[str]]) -> str:
    """For an operator's terminal; `nearest` names by question the procedures that came closest."""
    lines = []
    for one in found:
        lines.append(f"{one.times} times, {one.citizens} conversations, last {one.last_at:%Y-%m-%d}: {one.text}")
        lines += [f"    {candidate}" for candidate in nearest.get(one.text, ())]
    return "\n".join(lines)
