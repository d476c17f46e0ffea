"""Conversations whose channel refuses us: since when, and what of theirs waits meanwhile; nothing of who they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.handoff.chats import CHANNEL as HELPERS_CHATS
from bot.handoff.forgetting import has_live_case
from bot.handoff.people import Helper
from bot.linking.tables import linked_conversations
from bot.payment.references import masked
from bot.store import Store
from bot.stories.areas import Areas, is_of
from bot.submission.dossier import Status
from bot.tables import conversations, dossiers, outbox, status_notices

MOST_READ = 2_000  # the newest; their places lie sealed and have to be opened
MOST_SHOWN = 100
UNDER_WAY = (Status.submitted, Status.accepted, Status.processing)
NEEDS_THEM = (Status.supplement_requested, Status.payment_requested, Status.completed)


@dataclass(frozen=True)
class Closed:
    """One of them; `letters` were given up, `news` of their dossiers reached nobody since."""

    channel: str
    since: datetime
    province: str
    letters: int
    news: int
    dossiers: tuple[tuple[str, str], ...]  # (masked number, status), what needs the citizen first
    has_case: bool
    is_reached_elsewhere: bool  # by a linked channel


@dataclass(frozen=True)
class ClosedChannels:
    """`counts` by channel are of those read; `is_all`: there were no more."""

    counts: Mapping[str, int]
    rows: Sequence[Closed]
    is_all: bool


async def closed_channels(store: Store, areas: Areas, helper: Helper) -> ClosedChannels:
    """Those of the helper's province and those who have not told where they live, the newest first."""
    found = await store.database.read(lambda connection: connection.execute(_CLOSED.limit(MOST_READ)).all())
    provinces = await areas.of_conversations([row.id for row in found])
    mine = [row for row in found if is_of(helper, provinces[row.id])]
    shown = mine[:MOST_SHOWN]
    waits = await store.database.read(lambda connection: _waits(connection, [row.id for row in shown]))
    rows = [_closed(row, provinces[row.id], waits) for row in shown]
    return ClosedChannels(Counter(row.channel for row in mine), rows, len(found) < MOST_READ)


_own, _other, _open = (
    linked_conversations.alias("own"),
    linked_conversations.alias("other"),
    conversations.alias("open"),
)
_ELSEWHERE = sa.exists().where(
    _own.c.conversation_id == conversations.c.id,
    _other.c.citizen_id == _own.c.citizen_id,
    _open.c.id == _other.c.conversation_id,
    _open.c.closed_at.is_(None),
    _open.c.address.is_not(None),
)
_CLOSED = (
    sa.select(
        conversations.c.id,
        conversations.c.channel,
        conversations.c.closed_at,
        has_live_case(conversations.c.id).label("has_case"),
        _ELSEWHERE.label("is_reached_elsewhere"),
    )
    .where(conversations.c.closed_at.is_not(None), conversations.c.erased_at.is_(None))
    .where(conversations.c.address.is_not(None), conversations.c.channel != HELPERS_CHATS)
    .order_by(conversations.c.closed_at.desc(), conversations.c.id)
)


@dataclass(frozen=True)
class _Waits:
    letters: Mapping[str, int]
    news: Mapping[str, int]
    dossiers: Sequence[Any]


def _waits(connection: sa.Connection, ids: Collection[str]) -> _Waits:
    dead = sa.select(outbox.c.conversation_id, sa.func.count()).where(outbox.c.status == "dead")
    dead = dead.where(outbox.c.conversation_id.in_(ids)).group_by(outbox.c.conversation_id)
    # What became due while the channel was closed was crossed off without being told.
    missed = (
        sa.select(dossiers.c.conversation_id, sa.func.count())
        .join(status_notices, status_notices.c.reference == dossiers.c.reference)
        .join(conversations, conversations.c.id == dossiers.c.conversation_id)
        .where(dossiers.c.conversation_id.in_(ids), status_notices.c.told_at >= conversations.c.closed_at)
        .group_by(dossiers.c.conversation_id)
    )
    filed = sa.select(dossiers.c.conversation_id, dossiers.c.reference, dossiers.c.status)
    filed = filed.where(dossiers.c.conversation_id.in_(ids), dossiers.c.status.in_((*NEEDS_THEM, *UNDER_WAY)))
    counts = [dict(map(tuple, connection.execute(one))) for one in (dead, missed)]
    return _Waits(*counts, connection.execute(filed.order_by(dossiers.c.changed_at.desc())).all())


def _closed(row: Any, province: str, waits: _Waits) -> Closed:
    filed = [(one.reference, one.status) for one in waits.dossiers if one.conversation_id == row.id]
    filed.sort(key=lambda one: one[1] not in NEEDS_THEM)
    return Closed(
        channel=row.channel,
        since=row.closed_at,
        province=province,
        letters=waits.letters.get(row.id, 0),
        news=0 if row.is_reached_elsewhere else waits.news.get(row.id, 0),
        dossiers=tuple((masked(reference or ""), status) for reference, status in filed),
        has_case=row.has_case,
        is_reached_elsewhere=row.is_reached_elsewhere,
    )
