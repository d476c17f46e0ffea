"""Dossiers that are in the one-stop system: asked for now and then, every change noted and told once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.channels.reply import Reply
from bot.linking.reach import is_theirs
from bot.store import Store
from bot.submission.dossier import Status
from bot.submission.one_stop.handovers import lock_dossier
from bot.submission.one_stop.notices import Notices
from bot.submission.one_stop.places import state_place
from bot.submission.one_stop.protocol import DossierState, Handover
from bot.submission.one_stop.sealed import state_from_json, to_json
from bot.submission.one_stop.sentences import ENDED, Teller, is_overdue, local_day
from bot.tables import dossiers, followed_dossiers

COMPLETED_PAUSE = timedelta(hours=6)  # a result waits to be fetched: nothing is urgent any more
COMPLETED_LIFE = timedelta(days=60)


# What is said when the agency asks for money, in the transaction that notes it; None: its own words stand.
Collector = Callable[[sa.Connection, str, DossierState], Reply | None]


@dataclass(frozen=True)
class Followed:
    reference: str
    code: str


@dataclass(frozen=True)
class Change:
    """Something a citizen is told."""

    kind: str
    reply: Reply


class Following:
    """Every verb is one transaction."""

    def __init__(self, store: Store, notices: Notices, teller: Teller, pause: timedelta) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._notices, self._teller, self._pause = notices, teller, pause
        self._collector: Collector = lambda connection, reference, state: None

    def collect_through(self, collector: Collector) -> None:
        """From now on money that an agency asks for can be paid here."""
        self._collector = collector

    # ---- beginning

    def begin_in(self, connection: sa.Connection, handover: Handover, code: str) -> None:
        """From now on this dossier is followed; the dossier is locked by the caller."""
        if self._row(connection, handover.reference) is not None:
            return
        now = self._clock()
        state = DossierState(
            code=code,
            status=Status.submitted,
            raw_status="1",
            procedure_name=handover.procedure_name,
            applicant_name=handover.applicant_name,
            submitted_at=handover.submitted_at,
            posted_to=handover.posted_to,
        )
        row = {"reference": handover.reference, "code": code, "version": 1, "changed_at": now}
        row |= {"state": self._seal(handover.reference, state), "next_poll_at": now + self._pause}
        connection.execute(sa.insert(followed_dossiers), row)

    # ---- asking

    async def due(self, most: int) -> list[Followed]:
        """Dossiers to ask about now; none of them comes again, here or in another process, before its pause is over."""
        now = self._clock()
        is_due = followed_dossiers.c.next_poll_at <= now
        found = sa.select(followed_dossiers).where(is_due).order_by(followed_dossiers.c.next_poll_at).limit(most)

        def work(connection: sa.Connection) -> list[Followed]:
            rows = connection.execute(found.with_for_update(skip_locked=True)).all()
            for row in rows:
                later = {"next_poll_at": now + self._pause}
                connection.execute(_this(row.reference).values(**later))
            return [Followed(row.reference, row.code) for row in rows]

        return await self._database.write(work)

    async def hasten(self, code: str) -> bool:
        """Somebody says that this dossier has changed: it is asked about at the next look."""
        ours = followed_dossiers.c.code == code, followed_dossiers.c.next_poll_at.is_not(None)
        sooner = sa.update(followed_dossiers).where(*ours).values(next_poll_at=self._clock())
        return await self._database.write(lambda connection: connection.execute(sooner).rowcount > 0)

    # ---- noting

    async def record(self, reference: str, told: DossierState | None) -> list[str]:
        """Notes what was told (None: nothing new) and what that means for the citizen; the kinds of its notices."""
        return await self._database.write(lambda connection: self._record_in(connection, reference, told))

    def _record_in(self, connection: sa.Connection, reference: str, told: DossierState | None) -> list[str]:
        lock_dossier(connection, reference)
        row = self._row(connection, reference)
        if row is None:
            return []
        old = self._open(row)
        new = _merged(old, told) if told else old
        now = self._clock()
        changes = list(self._changes(old, new, row.overdue_told_for, now))
        if changes or new != old:
            self._write(connection, row, new, now)
        elif new.status is Status.completed:
            connection.execute(_this(reference).values(next_poll_at=self._next_poll(row, new, now)))
        for change in changes:
            is_money = change.kind == Status.payment_requested
            asked = self._collector(connection, reference, new) if is_money else None
            self._notices.add_in(connection, reference, change.kind, asked or change.reply)
        return [change.kind for change in changes]

    def _changes(self, old: DossierState, new: DossierState, told_for: datetime | None, now: datetime) -> Any:
        was_late, is_late = told_for == new.promised_at and told_for is not None, is_overdue(new, local_day(now))
        if _is_news(old, new):
            yield Change(str(new.status), self._teller.state(new, now))
        elif _is_postponed(old, new):
            yield Change("postponed", self._teller.postponed(old, new))
        elif is_late and not was_late:
            yield Change("overdue", self._teller.state(new, now))

    def _write(self, connection: sa.Connection, row: Any, state: DossierState, now: datetime) -> None:
        is_late = is_overdue(state, local_day(now))
        values = {
            "version": row.version + 1,
            "state": self._seal(row.reference, state),
            "promised_at": state.promised_at,
            "overdue_told_for": state.promised_at if is_late else row.overdue_told_for,
            "next_poll_at": self._next_poll(row, state, now),
            "changed_at": now,
        }
        connection.execute(_this(row.reference).values(**values))
        ours = sa.update(dossiers).where(dossiers.c.reference == row.reference, dossiers.c.status != state.status)
        connection.execute(ours.values(status=state.status, changed_at=now))

    def _next_poll(self, row: Any, state: DossierState, now: datetime) -> datetime | None:
        if state.status in ENDED:
            return None
        if state.status is Status.completed:
            is_old = now - (state.finished_at or row.changed_at) > COMPLETED_LIFE
            return None if is_old else now + COMPLETED_PAUSE
        return row.next_poll_at or now + self._pause

    # ---- reading

    async def state_of(self, reference: str) -> DossierState | None:
        """As it was told last."""
        row = await self._database.read(lambda connection: self._row(connection, reference, lock=False))
        return self._open(row) if row else None

    async def reference_of(self, code: str) -> str | None:
        """Our reference of the dossier with this code."""
        found = sa.select(followed_dossiers.c.reference).where(followed_dossiers.c.code == code)
        return await self._database.read(lambda connection: connection.execute(found).scalar())

    async def is_own(self, reference: str, conversation_id: str) -> bool:
        """Whether a dossier of ours was filed in this conversation, or in one linked to it."""
        theirs = (dossiers.c.reference == reference, is_theirs(dossiers.c.conversation_id, conversation_id))
        found = sa.select(dossiers.c.id).where(*theirs)
        return await self._database.read(lambda connection: connection.execute(found).first() is not None)

    async def references_of(self, conversation_id: str, most: int = 5) -> list[str]:
        """The dossiers this conversation submitted, the newest first."""
        ours = (is_theirs(dossiers.c.conversation_id, conversation_id), dossiers.c.reference.is_not(None))
        found = sa.select(dossiers.c.reference).where(*ours).order_by(dossiers.c.submitted_at.desc()).limit(most)
        return await self._database.read(lambda connection: list(connection.execute(found).scalars()))

    def _row(self, connection: sa.Connection, reference: str, lock: bool = True) -> Any:
        found = sa.select(followed_dossiers).where(followed_dossiers.c.reference == reference)
        return connection.execute(found.with_for_update() if lock else found).first()

    def _seal(self, reference: str, state: DossierState) -> bytes:
        return self._keys.seal(to_json(state), state_place(reference))

    def _open(self, row: Any) -> DossierState:
        return state_from_json(self._keys.open(row.state, state_place(row.reference)))


def _this(reference: str) -> sa.Update:
    return sa.update(followed_dossiers).where(followed_dossiers.c.reference == reference)


def _merged(old: DossierState, told: DossierState) -> DossierState:
    """What was told, unless it is older than what we know; what it leaves out stays as it was."""
    if told.as_of and old.as_of and told.as_of < old.as_of:
        return old
    kept = {
        "code": old.code,
        "status": told.status or old.status,  # one that we do not know changes nothing that is known
        "procedure_name": old.procedure_name or told.procedure_name,
        "applicant_name": old.applicant_name or told.applicant_name,
        "agency": told.agency or old.agency,
        "submitted_at": old.submitted_at or told.submitted_at,
        "accepted_at": told.accepted_at or old.accepted_at,
        "promised_at": told.promised_at or old.promised_at,
        "posted_to": old.posted_to,
    }
    return dataclasses.replace(told, **kept)


def _is_news(old: DossierState, new: DossierState) -> bool:
    """Whether the citizen must hear: another status, another request, a first promise, a result that came later."""
    if new.status is not old.status:
        return True
    if new.status is Status.supplement_requested:
        return new.supplement != old.supplement
    if new.status is Status.payment_requested:
        return new.amount_vnd != old.amount_vnd
    if new.status in (Status.completed, Status.returned):
        return len(new.results) > len(old.results)
    if new.status in (Status.accepted, Status.processing):
        return old.promised_at is None and new.promised_at is not None
    return False


def _is_postponed(old: DossierState, new: DossierState) -> bool:
    if old.promised_at is None or new.promised_at is None or new.status in ENDED:
        return False
    return local_day(new.promised_at) > local_day(old.promised_at)
