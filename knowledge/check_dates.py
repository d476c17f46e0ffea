"""What ends: figures that expire soon or have expired with nothing after them, laws, and checks long ago."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from knowledge.schema import Channel, Cost, Procedure
from knowledge.tariffs import Tariff

OLD_AFTER_DAYS = 180
SOON_DAYS = 60


@dataclass(frozen=True)
class End:
    """Something dated that is over, or is over soon (`is_soon`)."""

    field: str
    note: str
    is_soon: bool


def is_old(procedure: Procedure, today: dt.date) -> bool:
    return (today - procedure.checked_on).days > OLD_AFTER_DAYS


def ends(procedure: Procedure, today: dt.date) -> Iterator[End]:
    """Cost rows without a successor and laws of a record that end within `SOON_DAYS` or have ended."""
    for row in procedure.costs:
        if _ends_by(row.valid_to, today) and (row.valid_to >= today or not _has_successor(row, procedure.costs)):
            yield End("costs", f"{row.amount_vnd} {row.case or ''} — {row.valid_to}", row.valid_to >= today)
    for law in procedure.legal_basis:
        if _ends_by(law.valid_to, today):
            yield End("legal_basis", f"{law.number or law.title} — {law.valid_to}", law.valid_to >= today)


def tariff_end(tariff: Tariff, tariffs: Iterable[Tariff], today: dt.date) -> End | None:
    """The same for a figure that the calculators use."""
    if not _ends_by(tariff.valid_to, today):
        return None
    after = tariff.valid_to + dt.timedelta(days=1)
    followed = any(other.name == tariff.name and other.is_valid_on(after) for other in tariffs)
    is_soon = tariff.valid_to >= today
    return End("tariff", f"{tariff.source} — {tariff.valid_to}", is_soon) if is_soon or not followed else None


def _ends_by(day: dt.date | None, today: dt.date) -> bool:
    return day is not None and day <= today + dt.timedelta(days=SOON_DAYS)


def _has_successor(row: Cost, rows: Iterable[Cost]) -> bool:
    """Another row holds on the day after: of the same case, begun on that very day, or behind a reduction for a few."""
    after = row.valid_to + dt.timedelta(days=1)
    return any(other is not row and other.is_valid_on(after) and _follows(row, other, after) for other in rows)


def _follows(row: Cost, other: Cost, after: dt.date) -> bool:
    return (
        other.kind == row.kind
        and other.channel in (Channel.any, row.channel)
        and other.province in (None, row.province)
        and other.identity_level in (None, row.identity_level)
        and (other.case in (None, row.case) or other.valid_from == after or row.identity_level is not None)
    )
