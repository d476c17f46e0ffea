"""Who helps: teams, helpers and what each role may see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.handoff.clocks import Clocks, Hours, Tier
from bot.handoff.places import name_place, phone_place
from bot.privacy import KeyRing


class Role(StrEnum):
    helper = "helper"
    team_lead = "team_lead"
    ward_officer = "ward_officer"
    province_admin = "province_admin"


@dataclass(frozen=True)
class Team:
    id: str
    tier: Tier
    name: str
    province: str
    ward: str  # empty for a province's own
    skills: tuple[str, ...]
    own_hours: str

    @classmethod
    def read(cls, row: Any) -> Team:
        skills = tuple(filter(None, row.skills.split(";")))
        return cls(row.id, Tier(row.tier), row.name, row.province, row.ward, skills, row.hours)

    def hours(self, clocks: Clocks) -> Hours:
        return clocks.hours(self.tier, self.own_hours)


@dataclass(frozen=True)
class Helper:
    """One person; their name and number are personal data, too."""

    id: str
    role: Role
    team: Team
    name: str = field(repr=False)
    phone: str = field(repr=False)
    is_away: bool = False
    seen_at: datetime | None = None

    @property
    def shown_name(self) -> str:
        """How a citizen sees them."""
        return f"{self.name} ({self.team.name})"

    def may_see(self, team: Team | None, province: str, ward: str) -> bool:
        """A helper and a team's lead see their team, a ward's officer the ward, the province's the province."""
        if province != self.team.province:
            return False
        match self.role:
            case Role.province_admin:
                return True
            case Role.ward_officer:
                return ward == self.team.ward
            case _:
                return team is not None and team.id == self.team.id

    @property
    def sees_figures(self) -> bool:
        return self.role is not Role.helper

    @property
    def answers_petitions(self) -> bool:
        """Answers of the authority, not of volunteers."""
        return self.role in (Role.ward_officer, Role.province_admin)

    @property
    def handles_money(self) -> bool:
        return self.role is Role.province_admin


def read_helper(row: Any, team: Team, keys: KeyRing) -> Helper:
    return Helper(
        id=row.id,
        role=Role(row.role),
        team=team,
        name=keys.open(row.name, name_place(row.id)).decode(),
        phone=keys.open(row.phone, phone_place(row.id)).decode(),
        is_away=row.is_away,
        seen_at=row.seen_at,
    )
