"""The queue of hand-overs: stored before anything is sent, taken by one worker at a time, finished once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.privacy import mask
from bot.store import Store
from bot.submission.one_stop.places import handover_place
from bot.submission.one_stop.protocol import Act, Handover, Unavailable
from bot.submission.one_stop.sealed import handover_from_json, to_json
from bot.tables import dossiers, handover_notes, handovers

MOST_ERROR_CHARS = 300
MOST_NAME_CHARS = 80
OPEN = ("waiting", "sending")
HELD = "held"  # until its fee is paid

_open = handovers.alias("open")
_FIRST_NUMBER = (
    sa.select(sa.func.min(_open.c.number))
    .where(_open.c.reference == handovers.c.reference, _open.c.status.in_((*OPEN, HELD)))
    .correlate(handovers)
    .scalar_subquery()
)
# A supplement never overtakes its dossier, not even one that waits for its fee.
_NEXT = sa.select(handovers).where(handovers.c.number == _FIRST_NUMBER)


@dataclass(frozen=True)
class Parcel:
    """One hand-over taken for sending; it stays sealed until then."""

    reference: str
    number: int
    attempts: int  # with this one
    created_at: datetime
    body: bytes = field(repr=False)


def lock_dossier(connection: sa.Connection, reference: str) -> Any:
    """Every writer here locks the dossier first, as an erasure does; None when it is gone."""
    found = sa.select(dossiers).where(dossiers.c.reference == reference).with_for_update()
    return connection.execute(found).first()


class Handovers:
    """Every verb is one transaction."""

    def __init__(self, store: Store) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._listeners: list[Callable[[], None]] = []

    def on_grown(self, listener: Callable[[], None]) -> None:
        """`listener()` is called after something was put in by `add`, or `wake` was called."""
        self._listeners.append(listener)

    def wake(self) -> None:
        for listener in self._listeners:
            listener()

    # ---- putting in

    async def add(self, handover: Handover) -> bool:
        """Stored from now on, and handed over whatever happens; False for a second copy."""
        is_new = await self._database.write(lambda connection: self.add_in(connection, handover))
        self.wake()
        return is_new

    def add_in(self, connection: sa.Connection, handover: Handover, is_held: bool = False) -> bool:
        """The same within a transaction of the caller's, which must have written the dossier; `wake` after it.

        `is_held`: it is not sent before `release_in`.
        """
        if lock_dossier(connection, handover.reference) is None:
            return False
        if not first_time_in(connection, handover.reference, _identity(handover)):
            return False
        now, number = self._clock(), _next_number(connection, handover.reference)
        row = {
            "reference": handover.reference,
            "number": number,
            "status": HELD if is_held else "waiting",
            "body": self._keys.seal(to_json(handover), handover_place(handover.reference, number)),
            "attempts": 0,
            "next_attempt_at": now,
            "created_at": now,
        }
        connection.execute(sa.insert(handovers), row)
        return True

    def release_in(self, connection: sa.Connection, reference: str) -> bool:
        """What was held is sent from now on; False when nothing was. `wake` after the transaction."""
        now = self._clock()
        held = sa.update(handovers).where(handovers.c.reference == reference, handovers.c.status == HELD)
        freed = held.values(status="waiting", created_at=now, next_attempt_at=now)
        return connection.execute(freed).rowcount > 0

    # ---- taking out

    async def take(self, most: int, lease: timedelta) -> list[Parcel]:
        """Up to `most` hand-overs that are due, or whose worker died."""
        now = self._clock()
        is_due = sa.and_(handovers.c.status == "waiting", handovers.c.next_attempt_at <= now)
        is_lost = sa.and_(handovers.c.status == "sending", handovers.c.lease_until < now)
        due = _NEXT.where(sa.or_(is_due, is_lost)).order_by(handovers.c.next_attempt_at).limit(most)

        def work(connection: sa.Connection) -> list[Parcel]:
            rows = connection.execute(due.with_for_update(skip_locked=True)).all()
            for row in rows:
                connection.execute(
                    _this(row.reference, row.number).values(
                        status="sending", lease_until=now + lease, attempts=row.attempts + 1
                    )
                )
            return [Parcel(row.reference, row.number, row.attempts + 1, row.created_at, row.body) for row in rows]

        return await self._database.write(work)

    async def recover_at_start(self, wait: Callable[[int], timedelta]) -> int:
        """What a dead process was sending waits again; on SQLite at once, for no other process can be alive there.

        `wait(attempts)` spaces them, so that one which brings the process down cannot do so without a pause.
        """
        if not self._database.is_embedded:
            return 0  # the leases will run out
        now, lost = self._clock(), sa.select(handovers).where(handovers.c.status == "sending")

        def work(connection: sa.Connection) -> int:
            rows = connection.execute(lost).all()
            for row in rows:
                again = {"status": "waiting", "lease_until": None, "next_attempt_at": now + wait(row.attempts)}
                connection.execute(_this(row.reference, row.number).values(**again))
            return len(rows)

        return await self._database.write(work)

    def unseal(self, parcel: Parcel) -> Handover:
        return handover_from_json(self._keys.open(parcel.body, handover_place(parcel.reference, parcel.number)))

    def finish_in(self, connection: sa.Connection, parcel: Parcel, status: str, error: str | None = None) -> bool:
        """Whether this worker's outcome counts: not when the lease ran out and another took it, or it was erased.

        What is done is not kept: the agency has it. What failed is, for the operator to send again.
        """
        if lock_dossier(connection, parcel.reference) is None:
            return False
        ending = {"status": status, "finished_at": self._clock(), "lease_until": None, "last_error": _tidy(error)}
        forget = {"body": None} if status == "done" else {}
        return connection.execute(_taken(parcel).values(**ending, **forget)).rowcount == 1

    async def retry(self, parcel: Parcel, wait: timedelta, error: str) -> None:
        again = {"status": "waiting", "lease_until": None, "next_attempt_at": self._clock() + wait}
        statement = _taken(parcel).values(**again, last_error=_tidy(error))
        await self._database.write(lambda connection: connection.execute(statement))

    async def revive(self, reference: str) -> int:
        """What was given up or rejected is tried again, on the operator's word; how many."""
        failed = handovers.c.status.in_(("dead", "rejected"))
        now = self._clock()
        again = sa.update(handovers).where(handovers.c.reference == reference, failed)
        again = again.values(status="waiting", created_at=now, next_attempt_at=now, finished_at=None)
        count = await self._database.write(lambda connection: connection.execute(again).rowcount)
        self.wake()
        return count

    async def next_due_in(self) -> timedelta | None:
        """How long until something may be taken; None when nothing waits."""
        at = sa.case((handovers.c.status == "sending", handovers.c.lease_until), else_=handovers.c.next_attempt_at)
        first = sa.select(at.label("at")).where(handovers.c.status.in_(OPEN)).order_by(at).limit(1)
        moment = await self._database.read(lambda connection: connection.execute(first).scalar())
        return None if moment is None else max(moment - self._clock(), timedelta())

    async def status_of(self, reference: str) -> str | None:
        """held, waiting, sending, done, rejected or dead, of the dossier itself; None when it was never put in."""
        found = sa.select(handovers.c.status).where(handovers.c.reference == reference, handovers.c.number == 0)
        return await self._database.read(lambda connection: connection.execute(found).scalar())

    async def counts(self) -> dict[str, int]:
        """How many there are by status, for the operator's figures."""
        grouped = sa.select(handovers.c.status, sa.func.count().label("count")).group_by(handovers.c.status)
        rows = await self._database.read(lambda connection: connection.execute(grouped).all())
        return {row.status: row.count for row in rows}


class HandoverNotes:
    """What adapters must remember of a hand-over (see `protocol.Notes`)."""

    def __init__(self, store: Store) -> None:
        self._database = store.database

    async def get(self, reference: str, name: str) -> str | None:
        ours = (handover_notes.c.reference == reference, handover_notes.c.name == name)
        found = sa.select(handover_notes.c.value).where(*ours)
        return await self._database.read(lambda connection: connection.execute(found).scalar())

    async def keep(self, reference: str, name: str, value: str) -> str:
        row = {"reference": reference, "name": name, "value": value}
        try:
            await self._database.write(lambda connection: connection.execute(sa.insert(handover_notes), row))
        except IntegrityError:  # somebody kept one before, or the dossier is gone
            earlier = await self.get(reference, name)
            if earlier is None:
                raise Unavailable("the dossier was erased meanwhile") from None
            return earlier
        return value


def first_time_in(connection: sa.Connection, reference: str, name: str) -> bool:
    """Notes that something was done for a dossier, which the caller has locked; False when it was done before."""
    ours = (handover_notes.c.reference == reference, handover_notes.c.name == name)
    if connection.execute(sa.select(handover_notes.c.name).where(*ours)).first():
        return False
    connection.execute(sa.insert(handover_notes), {"reference": reference, "name": name, "value": ""})
    return True


def _identity(handover: Handover) -> str:
    """One submission per dossier; one answer per supplement request."""
    if handover.act is Act.submit:
        return "act:submit"
    return f"act:{handover.act}:{handover.supplement_id or handover.submitted_at.isoformat()}"[:MOST_NAME_CHARS]


def _next_number(connection: sa.Connection, reference: str) -> int:
    last = sa.select(sa.func.max(handovers.c.number)).where(handovers.c.reference == reference)
    number = connection.execute(last).scalar()
    return 0 if number is None else number + 1


def _this(reference: str, number: int) -> sa.Update:
    return sa.update(handovers).where(handovers.c.reference == reference, handovers.c.number == number)


def _taken(parcel: Parcel) -> sa.Update:
    still_ours = (handovers.c.status == "sending", handovers.c.attempts == parcel.attempts)
    return _this(parcel.reference, parcel.number).where(*still_ours)


def _tidy(error: str | None) -> str | None:
    return mask(error)[:MOST_ERROR_CHARS] if error else None
