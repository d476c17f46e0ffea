"""The clocks of people's help: how long a case may wait, counted in the hours in which its team works."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, Field

from knowledge.working_days import VIETNAM, holiday_name

DAYS = {"T2": 0, "T3": 1, "T4": 2, "T5": 3, "T6": 4, "T7": 5, "CN": 6}
FARTHEST_DAYS = 60  # Tết is long, but not as long as that
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class BadHours(ValueError):
    """Not hours as they are written: 'T2-T6 07:30-11:30 13:30-17:00; T7 08:00-11:30'."""


class Tier(StrEnum):
    village = "village"
    ward = "ward"
    province = "province"

    @property
    def above(self) -> Tier | None:
        return {Tier.village: Tier.ward, Tier.ward: Tier.province}.get(self)


@dataclass(frozen=True)
class Span:
    start: dt.time
    end: dt.time


@dataclass(frozen=True)
class Hours:
    """When a team works in a week; never on a public holiday."""

    spans: Mapping[int, tuple[Span, ...]]

    def is_open(self, moment: dt.datetime) -> bool:
        opens = next(self._from(moment), None)
        return opens is not None and opens[0] <= moment

    def opens_at(self, moment: dt.datetime) -> dt.datetime | None:
        """`moment` itself while they work, else when they begin; None for a team that never does."""
        opens = next(self._from(moment), None)
        return max(opens[0], moment) if opens else None

    def later(self, moment: dt.datetime, minutes: float) -> dt.datetime:
        """`minutes` of work after `moment`; a team that never works is waited for by the plain clock."""
        left = dt.timedelta(minutes=minutes)
        for start, end in self._from(moment):
            begin = max(start, moment)
            if end - begin >= left:
                return begin + left
            left -= end - begin
        return moment + left

    def _from(self, moment: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """The spans of work that end after `moment`, one after another."""
        local = moment.astimezone(VIETNAM)
        for ahead in range(FARTHEST_DAYS):
            day = local.date() + dt.timedelta(days=ahead)
            for span in () if holiday_name(day) else self.spans.get(day.weekday(), ()):
                start, end = (dt.datetime.combine(day, time, VIETNAM) for time in (span.start, span.end))
                if end > moment:
                    yield start, end


@lru_cache(maxsize=512)
def read_hours(text: str) -> Hours:
    """Raises BadHours."""
    spans: dict[int, tuple[Span, ...]] = {}
    for part in filter(str.strip, text.split(";")):
        days, *times = part.split()
        for day in _days(days):
            spans[day] = tuple(_span(time) for time in times)
    if not any(spans.values()):
        raise BadHours(f"'{text[:60]}' names no hours")
    return Hours(spans)


def _days(text: str) -> range:
    first, _, last = text.upper().partition("-")
    if first not in DAYS or (last or first) not in DAYS or DAYS[last or first] < DAYS[first]:
        raise BadHours(f"'{text[:20]}' names no days: T2 to T7 and CN")
    return range(DAYS[first], DAYS[last or first] + 1)


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise BadHours(f"'{text[:20]}' is no time like 07:30-11:30")
    first, first_minute, last, last_minute = map(int, found.groups())
    span = Span(dt.time(first, first_minute), dt.time(last, last_minute))
    if span.end <= span.start:
        raise BadHours(f"'{text}' ends before it begins")
    return span


class TierClocks(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    hours: str
    unclaimed_minutes: int = Field(ge=1)
    unanswered_minutes: int = Field(ge=1)


class Clocks(BaseModel):
    """`clocks.yml`, read once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tiers: Mapping[Tier, TierClocks]
    present_minutes: int = Field(ge=1)
    most_cases: int = Field(ge=1)
    idle_hours: int = Field(ge=1)
    expire_hours: int = Field(ge=1)
    consent_minutes: int = Field(ge=1)
    reopen_days: int = Field(ge=0)

    def hours(self, tier: Tier, own: str = "") -> Hours:
        """A team's own hours, or those of its tier."""
        return read_hours(own or self.tiers[tier].hours)

    def unclaimed_at(self, tier: Tier, own: str, since: dt.datetime) -> dt.datetime:
        return self.hours(tier, own).later(since, self.tiers[tier].unclaimed_minutes)

    def unanswered_at(self, tier: Tier, own: str, since: dt.datetime) -> dt.datetime:
        return self.hours(tier, own).later(since, self.tiers[tier].unanswered_minutes)

    def idle_at(self, since: dt.datetime) -> dt.datetime:
        return since + dt.timedelta(hours=self.idle_hours)

    def expires_at(self, opened: dt.datetime) -> dt.datetime:
        return opened + dt.timedelta(hours=self.expire_hours)

    def present_since(self, now: dt.datetime) -> dt.datetime:
        return now - dt.timedelta(minutes=self.present_minutes)


@lru_cache(maxsize=1)
def load_clocks() -> Clocks:
    data = yaml.safe_load(resources.files("bot.handoff").joinpath("clocks.yml").read_text("utf-8"))
    clocks = Clocks.model_validate(data)
    for tier in Tier:
        clocks.hours(tier)
    return clocks
