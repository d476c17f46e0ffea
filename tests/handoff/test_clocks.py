"""Clocks run only while a team works: not at noon, not on Sunday, not at Tết."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.handoff.clocks import BadHours, Tier, load_clocks, read_hours
from knowledge.working_days import VIETNAM

HOURS = read_hours("T2-T6 07:30-11:30 13:30-17:00; T7 08:00-11:30")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-25 10:00", "2026-11-25 10:00"),
        ("2026-11-25 12:00", "2026-11-25 13:30"),
        ("2026-11-28 12:00", "2026-11-30 07:30"),  # Saturday noon
        ("2026-11-24 10:00", "2026-11-25 07:30"),  # a holiday since 2026
        ("2027-02-05 18:00", "2027-02-11 07:30"),  # Tết
    ],
)
def test_a_team_opens_when_it_works_next(moment: str, opens: str) -> None:
    assert HOURS.opens_at(at(moment)) == at(opens)
    assert HOURS.is_open(at(moment)) == (moment == opens)


def test_minutes_are_those_of_work() -> None:
    assert HOURS.later(at("2026-11-25 11:25"), 10) == at("2026-11-25 13:35")
    assert HOURS.later(at("2026-11-25 20:00"), 30) == at("2026-11-26 08:00")


@pytest.mark.parametrize("text", ["", "T2-T6", "T8 07:00-08:00", "T6-T2 07:00-08:00", "T2 9-10", "T2 10:00-09:00"])
def test_hours_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(BadHours):
        read_hours(text)


def test_every_tier_has_its_clock_and_the_nearest_waits_least() -> None:
    clocks = load_clocks()
    waits = [clocks.tiers[tier].unclaimed_minutes for tier in Tier]
    assert waits == sorted(waits)
