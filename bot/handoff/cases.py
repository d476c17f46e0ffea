"""The cases as they stand: found for a conversation, listed for a helper, with all that happened to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.handoff.case import Case, Status, read_case
from bot.handoff.people import Helper, Role, Team
from bot.handoff.places import callback_place, line_place, name_place, word_place
from bot.handoff.tables import case_lines, cases, helpers, teams
from bot.privacy import KeyRing
from bot.store import Store
from bot.tables import Moment

LIVE = (Status.open, Status.claimed)
MOST_LISTED = 200
# Written out rather than bound, so that SQLite sees that the index of live cases serves; asked in every turn.
_IS_CLAIMED = cases.c.status == sa.literal_column("'claimed'")
_IS_LIVE = cases.c.status.in_([sa.literal_column("'open'"), sa.literal_column("'claimed'")])
HOLDS = sa.select(cases).where(cases.c.conversation_id == sa.bindparam("conversation"), _IS_LIVE)
_JOINED = sa.select(cases, *(column.label(f"its_{column.name}") for column in teams.c)).select_from(
    cases.outerjoin(teams, teams.c.id == cases.c.team_id)
)
_BY_ID = _JOINED.where(cases.c.id == sa.bindparam("case"))
_VERSION = sa.select(cases.c.version).where(cases.c.id == sa.bindparam("case"))
_LIVE_OF = _JOINED.where(cases.c.conversation_id == sa.bindparam("conversation"), _IS_LIVE)
_LAST_NUMBER = sa.select(sa.func.max(case_lines.c.number)).where(case_lines.c.case_id == sa.bindparam("case"))
_ADD_LINE = sa.insert(case_lines)
# A line without words needs not know its number before it is written, so it is one statement.
_ADD_BARE_LINE = sa.insert(case_lines).from_select(
    ["case_id", "number", "kind", "helper_id", "at"],
    sa.select(
        sa.bindparam("case", type_=sa.String),
        sa.func.coalesce(sa.func.max(case_lines.c.number), 0) + 1,
        sa.bindparam("kind", type_=sa.String),
        sa.bindparam("helper", type_=sa.String),
        sa.bindparam("at", type_=Moment),
    ).where(case_lines.c.case_id == sa.bindparam("case")),
)


@dataclass(frozen=True)
class Line:
    """One thing that happened to a case."""

    number: int
    kind: str
    helper_id: str | None
    at: datetime
    text: str = field(repr=False)


@dataclass(frozen=True)
class Listed:
    """A case in a list, and the name of a colleague who has it."""

    case: Case
    holder: str = field(repr=False)


class Cases:
    """Reads only; what changes a case is in `taking` and `talking`."""

    def __init__(self, store: Store) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock

    async def find(self, case_id: str) -> Case | None:
        return await self._database.read(lambda connection: self.find_in(connection, case_id))

    def find_in(self, connection: sa.Connection, case_id: str) -> Case | None:
        """The same inside somebody's transaction; anything may stand in an address, PostgreSQL chokes on some of it."""
        return read_in(connection, case_id) if case_id.isalnum() else None

    async def live_of(self, conversation_id: str) -> Case | None:
        """The one case of a conversation that is not over."""
        return await self._first(_LIVE_OF, {"conversation": conversation_id})

    async def by_tag(self, conversation_id: str, tag: str) -> Case | None:
        """The one a button names; another conversation's is not found."""
        ours = _JOINED.where(cases.c.conversation_id == conversation_id, cases.c.id.startswith(tag, autoescape=True))
        return await self._first(ours)

    async def queue(self, helper: Helper) -> list[Case]:
        """Those they have themselves and the live ones of their area, the longest waiting first."""
        return [one.case for one in await self.listed(helper)]

    async def listed(self, helper: Helper) -> list[Listed]:
        """The same with who has them: one statement, whatever is in the list."""
        found, named = _QUEUES[_AREAS[helper.role]], {"helper": helper.id, "most": MOST_LISTED, **_area_named(helper)}
        rows = await self._database.read(lambda connection: connection.execute(found, named).all())
        return [Listed(joined_case(row), self._holder(row, helper)) for row in rows]

    def _holder(self, row: Any, reader: Helper) -> str:
        is_anothers = row.status == Status.claimed and row.helper_id != reader.id
        is_named = is_anothers and row.claimed_at is not None and row.holder_name is not None
        return self._keys.open(row.holder_name, name_place(row.helper_id)).decode() if is_named else ""

    async def recent(self, helper: Helper, days: int = 14) -> list[Case]:
        """Those of their area that are over, the newest first."""
        over = (area_of(helper), ~_IS_LIVE, cases.c.opened_at > self._clock() - timedelta(days=days))
        return await self._listed(_JOINED.where(*over).order_by(cases.c.closed_at.desc()).limit(MOST_LISTED))

    async def due(self, most: int) -> list[Case]:
        """Those whose clock has rung."""
        rung = _JOINED.where(_IS_LIVE, cases.c.due_at <= self._clock()).order_by(cases.c.due_at)
        return await self._listed(rung.limit(most))

    async def lines(self, case: Case) -> list[Line]:
        ours = sa.select(case_lines).where(case_lines.c.case_id == case.id).order_by(case_lines.c.number)
        rows = await self._database.read(lambda connection: connection.execute(ours).all())
        return [_line(row, self._keys) for row in rows]

    def rating_word(self, case: Case) -> str:
        return self._keys.open(case.rating_word, word_place(case.id)).decode() if case.rating_word else ""

    def callback(self, case: Case) -> str:
        return self._keys.open(case.callback, callback_place(case.id)).decode() if case.callback else ""

    async def _first(self, found: sa.Select, named: dict[str, str] | None = None) -> Case | None:
        row = await self._database.read(lambda connection: connection.execute(found, named).first())
        return joined_case(row) if row else None

    async def _listed(self, found: sa.Select) -> list[Case]:
        rows: Sequence[Any] = await self._database.read(lambda connection: connection.execute(found).all())
        return [joined_case(row) for row in rows]


_AREAS = {
    Role.helper: "team",
    Role.team_lead: "team",
    Role.ward_officer: "ward",
    Role.province_admin: "province",
}


def _in_area(area: str) -> sa.ColumnElement[bool]:
    """What `Helper.may_see` allows, for the database."""
    if area == "team":
        return cases.c.team_id == sa.bindparam("team")
    in_province = cases.c.province == sa.bindparam("province")
    return in_province if area == "province" else sa.and_(in_province, cases.c.ward == sa.bindparam("ward"))


def _area_named(helper: Helper) -> dict[str, str]:
    return {"team": helper.team.id, "province": helper.team.province, "ward": helper.team.ward}


def area_of(helper: Helper) -> sa.ColumnElement[bool]:
    named = _area_named(helper)
    return _in_area(_AREAS[helper.role]).params(named)


def _queue_of(area: str) -> sa.Select:
    """Their own come first, so that a full list never leaves them out."""
    is_mine = sa.and_(cases.c.helper_id == sa.bindparam("helper"), _IS_CLAIMED)
    holds = sa.and_(helpers.c.id == cases.c.helper_id, helpers.c.is_active)
    named = _JOINED.outerjoin_from(cases, helpers, holds).add_columns(helpers.c.name.label("holder_name"))
    seen = named.where(sa.or_(is_mine, sa.and_(_in_area(area), _IS_LIVE)))
    return seen.order_by(sa.case((is_mine, 0), else_=1), cases.c.opened_at).limit(
        sa.bindparam("most", type_=sa.Integer)
    )


_QUEUES = {area: _queue_of(area) for area in ("team", "ward", "province")}


def joined_case(row: Any) -> Case:
    return read_case(row, _team(row))


def _team(row: Any) -> Team | None:
    if row.team_id is None:
        return None
    named = {column.name: row._mapping[f"its_{column.name}"] for column in teams.c}
    return Team.read(_Row(named))


class _Row:
    """A row of one table out of a join."""

    def __init__(self, named: dict[str, Any]) -> None:
        self.__dict__.update(named)


def read_in(connection: sa.Connection, case_id: str) -> Case | None:
    """The case inside somebody's transaction."""
    row = connection.execute(_BY_ID, {"case": case_id}).first()
    return joined_case(row) if row else None


def team_in(connection: sa.Connection, team_id: str | None, known: Team | None) -> Team | None:
    """The team of a case that was changed; seldom another one than before."""
    if team_id is None or (known is not None and known.id == team_id):
        return known if team_id else None
    return Team.read(connection.execute(sa.select(teams).where(teams.c.id == team_id)).one())


def is_as_read(connection: sa.Connection, case: Case) -> bool:
    """Whether nobody has changed it since; asked before any work is done for a step that would fail."""
    return connection.execute(_VERSION, {"case": case.id}).scalar() == case.version


def note_in(
    connection: sa.Connection,
    keys: KeyRing,
    case_id: str,
    kind: str,
    now: datetime,
    helper_id: str | None = None,
    text: str = "",
) -> None:
    """One more line; the case's row has been locked by the caller's change of it."""
    if not text:
        bare = {"case": case_id, "kind": kind, "helper": helper_id, "at": now}
        connection.execute(_ADD_BARE_LINE, bare)
        return
    number = (connection.execute(_LAST_NUMBER, {"case": case_id}).scalar() or 0) + 1
    body = keys.seal(text.encode(), line_place(case_id, number))
    row = {"case_id": case_id, "number": number, "kind": kind, "helper_id": helper_id, "body": body, "at": now}
    connection.execute(_ADD_LINE, row)


def _line(row: Any, keys: KeyRing) -> Line:
    text = keys.open(row.body, line_place(row.case_id, row.number)).decode() if row.body else ""
    return Line(row.number, row.kind, row.helper_id, row.at, text)
