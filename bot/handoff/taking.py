"""Who has a case: opened once, claimed by one, handed on, put back, closed, opened again. Each verb one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.channels.reply import Reply, Turn
from bot.handoff import sentences
from bot.handoff.case import Case, Ending, Reason, Status
from bot.handoff.cases import Cases, is_as_read, note_in, read_in
from bot.handoff.changing import NotPossible, Step, change_in
from bot.handoff.clocks import Clocks, Tier
from bot.handoff.directory import crews_in
from bot.handoff.people import Helper, Team
from bot.handoff.routing import Route, choose
from bot.handoff.tables import cases
from bot.handoff.voice import Spoken, Voice
from bot.store import Store

T = TypeVar("T")
Changed = Callable[[Case], None]
Sector = Callable[[str | None], str]
LIVE = (Status.open, Status.claimed)


@dataclass(frozen=True)
class Place:
    """Where the citizen is."""

    province: str
    ward: str


@dataclass(frozen=True)
class Opened:
    case: Case
    route: Route
    is_new: bool


class Taking:
    """`changed(case)` is called after every change, so that desks show it; `sector(code)` names a procedure's."""

    def __init__(self, store: Store, clocks: Clocks, voice: Voice, all_cases: Cases, sector: Sector) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._clocks, self._voice, self._cases, self._sector = clocks, voice, all_cases, sector
        self._listeners: list[Changed] = []

    def on_change(self, listener: Changed) -> None:
        self._listeners.append(listener)

    # ---- by the citizen, or for them

    async def open(self, conversation_id: str, reason: Reason, place: Place, code: str | None) -> Opened | None:
        """The conversation's case; None when nobody helps in that place."""
        try:
            opened = await self._database.write(lambda c: self._open(c, conversation_id, reason, place, code))
        except IntegrityError:  # a second message was quicker
            opened = await self._database.write(lambda c: self._open(c, conversation_id, reason, place, code))
        if opened and opened.is_new:
            self._tell(opened.case)
        return opened

    def _open(
        self, connection: sa.Connection, conversation_id: str, reason: Reason, place: Place, code: str | None
    ) -> Opened | None:
        now = self._clock()
        crews = crews_in(connection, place.province, place.ward, now, self._clocks)
        route = choose(crews, self._sector(code), now, self._clocks)
        live = sa.select(cases.c.id).where(cases.c.conversation_id == conversation_id, cases.c.status.in_(LIVE))
        there = connection.execute(live).scalar()
        if route is None:
            return None
        if there is not None:
            return Opened(read_in(connection, there), route, is_new=False)
        case_id = uuid.uuid4().hex
        row = {
            "id": case_id,
            "conversation_id": conversation_id,
            "status": Status.open,
            "reason": reason,
            "province": place.province,
            "ward": place.ward,
            "procedure_code": code,
            "version": 1,
            "opened_at": now,
            **self._with(route.team, now),
        }
        connection.execute(sa.insert(cases), row)
        note_in(connection, self._keys, case_id, "opened", now)
        return Opened(read_in(connection, case_id), route, is_new=True)

    def _with(self, team: Team, now: datetime) -> dict[str, Any]:
        due = self._clocks.unclaimed_at(team.tier, team.own_hours, now)
        return {"team_id": team.id, "tier": team.tier, "due_at": due, "helper_id": None}

    async def reopen(self, case: Case) -> Case:
        """The same people go on; raises NotPossible when its time is over or another case is live."""
        now = self._clock()
        if case.team is None or case.closed_at is None or (now - case.closed_at).days >= self._clocks.reopen_days:
            raise NotPossible("over")
        values = {"status": Status.open, "closed_at": None, "close_reason": None, "waiting_since": now}
        values |= self._with(case.team, now) | {"consented_at": None, "consent_asked_at": None}
        try:
            return await self._change(case, Step((Status.closed, Status.expired), "reopened", None, values))
        except IntegrityError:
            raise NotPossible("over") from None

    async def bring(self, case: Case, conversation_id: str) -> Case:
        """The talk goes on in another of the citizen's conversations; NotPossible where that one has a case.

        The citizen writes there already, so their helper's clock runs.
        """
        now = self._clock()
        team = case.team
        values = {
            "conversation_id": conversation_id,
            "waiting_since": case.waiting_since or now,
            "due_at": self._clocks.unanswered_at(case.tier, team.own_hours if team else "", now),
        }
        told = (sentences.goes_on_elsewhere(),)
        try:
            return await self._change(case, Step((Status.claimed,), "moved", None, values, told))
        except IntegrityError:
            raise NotPossible("changed") from None

    # ---- by helpers

    async def claim(self, case_id: str, helper: Helper) -> Case:
        """Theirs from now on, and the citizen is told who came; raises NotPossible when another was quicker."""
        now = self._clock()

        def work(connection: sa.Connection) -> tuple[Case, Spoken | None, bool]:
            case = self._cases.find_in(connection, case_id)
            if case is None:
                raise NotPossible("over")
            if case.status is Status.claimed and case.helper_id == helper.id:
                return case, None, False  # a second tap
            if case.status is not Status.open:
                raise NotPossible("taken")
            step = self._claim(case, helper, now)
            return *change_in(connection, self._keys, self._voice, case, step, now), True

        changed, told, is_new = await self._database.write(work)
        if is_new:
            await self._after(changed, told)
        return changed

    def _claim(self, case: Case, helper: Helper, now: datetime) -> Step:
        due = self._clocks.unanswered_at(case.tier, case.team.own_hours if case.team else "", now)
        values = {
            "status": Status.claimed,
            "helper_id": helper.id,
            "claimed_at": now,
            "waiting_since": case.waiting_since or now,
            "due_at": due,
        }
        told, most = (sentences.claimed(helper, case),), self._clocks.most_cases
        return Step((Status.open,), "claimed", helper, values, told, most=most)

    async def put_back(self, case: Case, helper: Helper, note: str = "") -> Case:
        """For somebody else of the same team."""
        values = {"status": Status.open, **self._with(_team_of(case), self._clock())}
        told = (sentences.put_back(),)
        return await self._change(case, Step((Status.claimed,), "put_back", helper, values, told, note=note))

    async def hand_to_colleague(self, case: Case, helper: Helper, colleague: Helper, note: str = "") -> Case:
        now = self._clock()
        team = colleague.team
        values = {
            "helper_id": colleague.id,
            "team_id": team.id,
            "tier": team.tier,
            "waiting_since": case.waiting_since or now,
            "due_at": self._clocks.unanswered_at(team.tier, team.own_hours, now),
            "consented_at": None,  # it was given to the one who asked
            "consent_asked_at": None,
        }
        told = (sentences.handed_to_colleague(colleague),)
        return await self._change(case, Step((Status.claimed,), "handed_on", helper, values, told, note=note))

    async def hand_to_team(self, case: Case, helper: Helper, team: Team, note: str = "") -> Case:
        values = {"status": Status.open, "consented_at": None, "consent_asked_at": None}
        values |= self._with(team, self._clock())
        told = (sentences.handed_to_team(team),)
        return await self._change(case, Step((Status.claimed,), "handed_on", helper, values, told, note=note))

    async def close(
        self,
        case: Case,
        ending: Ending,
        helper: Helper | None,
        replies: Sequence[Reply] = (),
        turn: Turn | None = None,
        note: str = "",
    ) -> Case:
        """`helper` None: by the citizen or a clock. `replies` are told with it."""
        now = self._clock()
        status = Status.expired if ending is Ending.never_taken else Status.closed
        values = {"status": status, "closed_at": now, "close_reason": ending, "due_at": None, "consented_at": None}
        before = (Status.claimed,) if helper else LIVE
        return await self._change(case, Step(before, str(status), helper, values, replies, turn, note=note))

    # ---- by a clock

    async def raise_to(self, case: Case, route: Route, replies: Sequence[Reply], kind: str = "raised") -> Case:
        """To another team, whoever had it."""
        values = {"status": Status.open, "consented_at": None, **self._with(route.team, self._clock())}
        return await self._change(case, Step(LIVE, kind, None, values, replies))

    async def wait_on(self, case: Case, due_at: datetime, replies: Sequence[Reply]) -> Case:
        """Nobody is above: the citizen is told once, and the case stays."""
        return await self._change(case, Step((Status.open,), "late", None, {"due_at": due_at}, replies))

    async def route(self, case: Case, lowest: Tier) -> Route | None:
        now = self._clock()

        def work(connection: sa.Connection) -> Route | None:
            crews = crews_in(connection, case.province, case.ward, now, self._clocks)
            return choose(crews, self._sector(case.procedure_code), now, self._clocks, lowest)

        return await self._database.read(work)

    # ---- how

    async def _change(self, case: Case, step: Step) -> Case:
        """From what was read on, if nobody changed it since; with its line, and what the citizen is told."""
        now = self._clock()

        def work(connection: sa.Connection) -> tuple[Case, Spoken | None]:
            if not is_as_read(connection, case):
                raise step.too_late
            return change_in(connection, self._keys, self._voice, case, step, now)

        changed, told = await self._database.write(work)
        await self._after(changed, told)
        return changed

    async def _after(self, changed: Case, told: Spoken | None) -> None:
        await self._voice.heard(told)
        self._tell(changed)

    def _tell(self, case: Case) -> None:
        for listener in self._listeners:
            listener(case)


def _team_of(case: Case) -> Team:
    if case.team is None:
        raise NotPossible("over")
    return case.team
