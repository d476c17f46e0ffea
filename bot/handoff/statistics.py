"""How teams do: cases, how many were answered, how soon, and what citizens thought of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import mean, median
from typing import Any

import sqlalchemy as sa

from bot.handoff.cases import area_of
from bot.handoff.people import Helper
from bot.handoff.tables import cases, teams
from bot.store import Store

DAYS = 30
MOST_CASES = 50_000


@dataclass(frozen=True)
class TeamFigures:
    """Of the cases opened in these days."""

    team: str
    place: str
    opened: int
    waiting: int  # now, nobody has them
    answered: int
    first_reply_minutes: float | None  # half were answered sooner
    rating: float | None
    rated: int


class Statistics:
    def __init__(self, store: Store) -> None:
        self._database, self._clock = store.database, store.clock

    async def of_area(self, helper: Helper, days: int = DAYS) -> list[TeamFigures]:
        """Per team of the helper's area, the busiest first."""
        since = self._clock() - timedelta(days=days)
        found = (
            sa.select(cases, teams.c.name, teams.c.ward.label("team_ward"))
            .join(teams, teams.c.id == cases.c.team_id)
            .where(area_of(helper), cases.c.opened_at >= since)
            .limit(MOST_CASES)
        )
        rows = await self._database.read(lambda connection: connection.execute(found).all())
        grouped: dict[str, list[Any]] = defaultdict(list)
        for row in rows:
            grouped[row.team_id].append(row)
        return sorted((_figures(rows) for rows in grouped.values()), key=lambda one: (-one.opened, one.team))


def _figures(rows: Sequence[Any]) -> TeamFigures:
    answered = [row for row in rows if row.first_reply_at]
    ratings = [row.rating for row in rows if row.rating is not None]
    return TeamFigures(
        team=rows[0].name,
        place=rows[0].team_ward or rows[0].province,
        opened=len(rows),
        waiting=sum(row.status == "open" for row in rows),
        answered=len(answered),
        first_reply_minutes=_median((row.first_reply_at - row.opened_at).total_seconds() / 60 for row in answered),
        rating=round(mean(ratings), 1) if ratings else None,
        rated=len(ratings),
    )


def _median(values: Iterable[float]) -> float | None:
    listed = list(values)
    return round(median(listed), 1) if listed else None
