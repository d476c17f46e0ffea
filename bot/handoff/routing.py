"""Which team a case goes to: the citizen's own ward first, whoever is there now, the least busy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.handoff.clocks import Clocks, Tier
from bot.handoff.directory import Crew
from bot.handoff.people import Team
from knowledge.text import fold


@dataclass(frozen=True)
class Route:
    """Where a case goes, and what may honestly be said about it."""

    team: Team
    is_open: bool  # the team works at this hour
    present: int  # of its helpers, at their desks
    ahead: int  # cases it has already
    opens_at: datetime | None  # when it works next; None: nobody knows


def choose(
    crews: Sequence[Crew], sector: str, now: datetime, clocks: Clocks, lowest: Tier = Tier.village
) -> Route | None:
    """The nearest tier where somebody is there; else the nearest that works now; else the one that opens first."""
    routes = [_route(crew, now, clocks) for crew in _from(crews, lowest) if crew.members]
    if not routes:
        return None
    return min(routes, key=lambda route: _rank(route, sector, now))


def _from(crews: Iterable[Crew], lowest: Tier) -> list[Crew]:
    order = list(Tier)
    return [crew for crew in crews if order.index(crew.team.tier) >= order.index(lowest)]


def _route(crew: Crew, now: datetime, clocks: Clocks) -> Route:
    hours = crew.team.hours(clocks)
    opens_at = hours.opens_at(now)
    return Route(crew.team, opens_at is not None and opens_at <= now, crew.present, crew.live, opens_at)


def _rank(route: Route, sector: str, now: datetime) -> tuple:
    is_there = route.is_open and route.present > 0
    tier = list(Tier).index(route.team.tier)
    wait = (route.opens_at - now).total_seconds() if route.opens_at else float("inf")
    busy = route.ahead / max(route.present, 1)
    return (
        not is_there,
        not route.is_open,
        0.0 if route.is_open else wait,
        tier,
        -_fit(route, sector),
        busy,
        route.team.id,
    )


def _fit(route: Route, sector: str) -> int:
    """2: knows this sector; 1: any; 0: others only."""
    if not route.team.skills:
        return 1
    wanted = fold(sector)
    return 2 if any(fold(skill) in wanted or (wanted and wanted in fold(skill)) for skill in route.team.skills) else 0
