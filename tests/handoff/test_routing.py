"""The nearest team where somebody is there; skills and load decide between equals."""

from __future__ import annotations

import datetime as dt

from bot.handoff.clocks import Tier, load_clocks
from bot.handoff.directory import Crew
from bot.handoff.people import Team
from bot.handoff.routing import choose
from knowledge.working_days import VIETNAM

WORKING = dt.datetime(2026, 11, 25, 10, 0, tzinfo=VIETNAM)
EVENING = dt.datetime(2026, 11, 25, 19, 0, tzinfo=VIETNAM)
CLOCKS = load_clocks()


def crew(name: str, tier: Tier = Tier.village, present: int = 0, live: int = 0, members: int = 3, skills: str = ""):
    named = Team(name, tier, name, "Tỉnh Đắk Lắk", "Phường Tuy Hòa", tuple(filter(None, skills.split(";"))), "")
    return Crew(named, members, present, live)


def chosen(*crews: Crew, sector: str = "Hộ tịch", now: dt.datetime = WORKING, **more) -> str | None:
    route = choose(crews, sector, now, CLOCKS, **more)
    return route.team.name if route else None


def test_a_ward_with_somebody_there_goes_before_a_village_with_nobody() -> None:
    assert chosen(crew("tổ"), crew("phường", Tier.ward, present=1)) == "phường"


def test_where_nobody_is_there_the_nearest_that_works_now_is_told() -> None:
    assert chosen(crew("phường", Tier.ward), crew("tổ")) == "tổ"
    assert chosen(crew("tổ"), crew("phường", Tier.ward), now=EVENING) == "tổ"  # volunteers work in the evening


def test_skills_go_before_load_and_load_decides_between_equals() -> None:
    skilled = crew("hộ tịch", present=1, live=5, skills="Hộ tịch;Cư trú")
    assert chosen(crew("đất đai", present=1, skills="Đất đai"), crew("mọi việc", present=1), skilled) == "hộ tịch"
    assert chosen(crew("bận", present=1, live=3), crew("rảnh", present=1, live=1)) == "rảnh"
    assert chosen(crew("đông", present=4, live=4), crew("một người", present=1, live=2)) == "đông"


def test_a_team_without_people_is_no_team() -> None:
    assert chosen(crew("trống", members=0)) is None
    assert chosen() is None


def test_raising_looks_only_above() -> None:
    assert chosen(crew("tổ", present=2), crew("tỉnh", Tier.province), lowest=Tier.ward) == "tỉnh"
