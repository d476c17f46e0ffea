"""The teams and helpers we know, and who of them is there now."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.handoff.clocks import Clocks, Tier
from bot.handoff.identities import let_go
from bot.handoff.people import Helper, Team, read_helper
from bot.handoff.places import PHONE, name_place, phone_place
from bot.handoff.tables import cases, helpers, teams
from bot.handoff.team_list import Listed, TeamList
from bot.store import Store


@dataclass(frozen=True)
class Crew:
    """A team as routing sees it."""

    team: Team
    members: int
    present: int  # desk open, and not said to be away
    live: int  # cases it has


@dataclass
class ImportReport:
    teams: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0


class Directory:
    """Every verb is one transaction."""

    def __init__(self, store: Store, clocks: Clocks) -> None:
        self._database, self._keys, self._clock, self._clocks = store.database, store.keys, store.clock, clocks

    # ---- reading

    async def helper(self, helper_id: str) -> Helper | None:
        """None also for one who is no longer in the list."""
        return await self._one(helpers.c.id == helper_id)

    async def by_phone(self, phone: str) -> Helper | None:
        return await self._one(helpers.c.phone_hash.in_(self._keys.hashes(PHONE, phone)))

    async def _one(self, where: sa.ColumnElement[bool]) -> Helper | None:
        found = sa.select(helpers).where(where, helpers.c.is_active)

        def work(connection: sa.Connection) -> tuple[Any, Any] | None:
            row = connection.execute(found).first()
            return row and (row, connection.execute(sa.select(teams).where(teams.c.id == row.team_id)).one())

        rows = await self._database.read(work)
        return read_helper(rows[0], Team.read(rows[1]), self._keys) if rows else None

    async def team(self, team_id: str) -> Team | None:
        found = sa.select(teams).where(teams.c.id == team_id, teams.c.is_active)
        row = await self._database.read(lambda connection: connection.execute(found).first())
        return Team.read(row) if row else None

    async def members(self, team_id: str) -> list[Helper]:
        ours = sa.select(helpers).where(helpers.c.team_id == team_id, helpers.c.is_active)
        team = await self.team(team_id)
        rows = await self._database.read(lambda connection: connection.execute(ours).all())
        return sorted((read_helper(row, team, self._keys) for row in rows), key=lambda one: one.name) if team else []

    async def crews(self, province: str, ward: str | None) -> list[Crew]:
        """Teams of the ward (of the whole province when it is None) and the province's own."""
        now = self._clock()
        return await self._database.read(lambda connection: crews_in(connection, province, ward, now, self._clocks))

    async def is_empty(self) -> bool:
        return await self._database.read(lambda c: c.execute(sa.select(teams.c.id).limit(1)).first() is None)

    # ---- being there

    async def seen(self, helper_id: str) -> None:
        """Their desk is open."""
        await self._mark(helper_id, seen_at=self._clock())

    async def away(self, helper_id: str, is_away: bool) -> None:
        await self._mark(helper_id, is_away=is_away)

    async def left(self, helper_id: str) -> None:
        await self._mark(helper_id, seen_at=None)

    async def _mark(self, helper_id: str, **values: Any) -> None:
        marked = sa.update(helpers).where(helpers.c.id == helper_id).values(values)
        await self._database.write(lambda connection: connection.execute(marked))

    # ---- the list

    async def replace(self, listed: TeamList) -> ImportReport:
        """The list takes the place of what was known of its provinces; who is no longer in it can do nothing more."""
        return await self._database.write(lambda connection: self._replace(connection, listed))

    def _replace(self, connection: sa.Connection, listed: TeamList) -> ImportReport:
        team_ids = self._put_teams(connection, listed.people)
        report = ImportReport(teams=len(team_ids))
        known = {row.phone_hash: row for row in connection.execute(sa.select(helpers))}
        kept: set[str] = set()
        for person in listed.people:
            row = next((known[key] for key in self._keys.hashes(PHONE, person.phone) if key in known), None)
            kept.add(self._put_helper(connection, person, team_ids[person.team_key], row, report))
        here = sa.select(teams.c.id).where(teams.c.province.in_(listed.provinces))
        ours = set(connection.execute(here).scalars())
        for row in known.values():
            if row.is_active and row.id not in kept and row.team_id in ours:
                connection.execute(sa.update(helpers).where(helpers.c.id == row.id).values(is_active=False))
                report.gone += 1
        return report

    def _put_teams(self, connection: sa.Connection, people: Sequence[Listed]) -> Mapping[tuple, str]:
        """Ids by key; teams of these provinces that are not listed any more get no case."""
        rows = connection.execute(sa.select(teams).where(teams.c.province.in_({one.province for one in people})))
        ids = {(row.province, row.ward, Tier(row.tier), row.name): row.id for row in rows}
        wanted = {one.team_key: one for one in reversed(people)}  # the first row of a team tells its hours
        for key in ids.keys() - wanted.keys():
            connection.execute(sa.update(teams).where(teams.c.id == ids[key]).values(is_active=False))
        for key, one in wanted.items():
            values = {"skills": one.skills, "hours": one.hours, "is_active": True}
            if key in ids:
                connection.execute(sa.update(teams).where(teams.c.id == ids[key]).values(values))
                continue
            ids[key] = uuid.uuid4().hex
            named = {"id": ids[key], "tier": one.tier, "name": one.team, "province": one.province, "ward": one.ward}
            connection.execute(sa.insert(teams), named | values)
        return {key: ids[key] for key in wanted}

    def _put_helper(
        self, connection: sa.Connection, person: Listed, team_id: str, row: Any, report: ImportReport
    ) -> str:
        if row is None:
            report.new += 1
            connection.execute(sa.insert(helpers), self._new_row(person, team_id))
            return ""
        plain = {"team_id": team_id, "role": str(person.role), "is_active": True}
        name = self._keys.open(row.name, name_place(row.id)).decode()
        if name == person.name and all(row._mapping[column] == value for column, value in plain.items()):
            report.unchanged += 1
            return row.id
        report.changed += 1
        if name != person.name:
            let_go(connection, row.id)  # the telephone may be another person's now
        plain["name"] = self._keys.seal(person.name.encode(), name_place(row.id))
        connection.execute(sa.update(helpers).where(helpers.c.id == row.id).values(plain))
        return row.id

    def _new_row(self, person: Listed, team_id: str) -> dict[str, Any]:
        helper_id = uuid.uuid4().hex
        return {
            "id": helper_id,
            "team_id": team_id,
            "role": person.role,
            "name": self._keys.seal(person.name.encode(), name_place(helper_id)),
            "phone": self._keys.seal(person.phone.encode(), phone_place(helper_id)),
            "phone_hash": self._keys.hash(PHONE, person.phone),
            "is_active": True,
            "is_away": False,
        }


def crews_in(connection: sa.Connection, province: str, ward: str | None, now: datetime, clocks: Clocks) -> list[Crew]:
    near = teams.c.ward.in_((ward, "")) if ward is not None else sa.true()
    found = connection.execute(sa.select(teams).where(teams.c.province == province, near, teams.c.is_active)).all()
    ids = [row.id for row in found]
    is_there = sa.and_(helpers.c.seen_at >= clocks.present_since(now), sa.not_(helpers.c.is_away))
    counted = sa.select(helpers.c.team_id, sa.func.count(), sa.func.sum(sa.case((is_there, 1), else_=0)))
    counted = counted.where(helpers.c.team_id.in_(ids), helpers.c.is_active).group_by(helpers.c.team_id)
    people = {team_id: (all_, there or 0) for team_id, all_, there in connection.execute(counted)}
    live = sa.select(cases.c.team_id, sa.func.count()).where(
        cases.c.team_id.in_(ids), cases.c.status.in_(("open", "claimed"))
    )
    load = dict(connection.execute(live.group_by(cases.c.team_id)).all())
    return [Crew(Team.read(row), *people.get(row.id, (0, 0)), load.get(row.id, 0)) for row in found]
