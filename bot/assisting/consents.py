"""Consents asked, given, proven, withdrawn and ended; every verb is one transaction that only one caller can win."""

from __future__ import annotations

import hmac
import uuid
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.assisting import codes
from bot.assisting.forgetting import state_place
from bot.assisting.limits import Limits, limits
from bot.assisting.session import Ending, Proof, Session, Status, TooMany
from bot.assisting.tables import assist_answers, assist_sends, assist_sessions
from bot.linking.reach import is_theirs
from bot.store import Store
from bot.tables import dossiers

UNUSED_LIFE = timedelta(days=1)  # of codes that no citizen ever used
COUNTED = timedelta(days=2)  # longer than the day within which messages are counted
BEFORE_CONSENT = (Status.waiting, Status.asked, Status.told)
NOTHING_OPEN = {"code_hash": None, "number_hash": None, "state": None, "phone": None}
IN_CHAT = {"channel": None, "phone": None, "phone_shown": None}

_rows = assist_sessions
_IS_LIVE = _rows.c.status != Status.ended


class Consents:
    def __init__(self, store: Store, figures: Limits | None = None) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self.limits = figures or limits()

    # ---- reading

    async def find(self, session_id: str) -> Session | None:
        return await self._first(_rows.c.id == session_id) if session_id.isalnum() else None

    async def live_of(self, helper_id: str) -> list[Session]:
        """What a helper has open, the newest first."""
        found = sa.select(_rows).where(_rows.c.helper_id == helper_id, _IS_LIVE, _rows.c.until > self._clock())
        rows = await self._database.read(lambda c: c.execute(found.order_by(_rows.c.created_at.desc())).all())
        return [Session.read(row, self._clock()) for row in rows]

    async def asked_in(self, conversation_id: str) -> Session | None:
        """The question that waits for this citizen's yes or no."""
        here = _rows.c.conversation_id == conversation_id
        return await self._first(here, _rows.c.status == Status.asked, _rows.c.until > self._clock())

    async def state(self, session_id: str) -> bytes | None:
        one = sa.select(_rows.c.state).where(_rows.c.id == session_id)
        sealed = await self._database.read(lambda connection: connection.execute(one).scalar())
        return self._keys.open(sealed, state_place(session_id)) if sealed else None

    async def _first(self, *where: sa.ColumnElement[bool]) -> Session | None:
        newest = sa.select(_rows).where(*where).order_by(_rows.c.created_at.desc()).limit(1)
        row = await self._database.read(lambda connection: connection.execute(newest).first())
        return Session.read(row, self._clock()) if row else None

    # ---- from the code to the consent

    async def begin(self, helper_id: str, procedure_code: str) -> tuple[str, str]:
        """The session's id, and the code for the helper's screen. Raises TooMany."""
        session_id, now = uuid.uuid4().hex, self._clock()
        row = {"id": session_id, "helper_id": helper_id, "procedure_code": procedure_code, "created_at": now}
        row |= {"status": Status.waiting, "tries": 0, "until": now + self.limits.code_life}

        def work(connection: sa.Connection) -> None:
            ours = sa.select(sa.func.count()).where(_rows.c.helper_id == helper_id, _IS_LIVE, _rows.c.until > now)
            if connection.execute(ours).scalar_one() >= self.limits.most_live:
                raise TooMany
            connection.execute(sa.insert(_rows), row)

        await self._database.write(work)
        code = await self.new_code(session_id)
        return session_id, code or ""

    async def new_code(self, session_id: str) -> str | None:
        """Another code, which begins this consent anew; None once it was given or is over."""
        for _ in range(5):
            code = codes.new_code()
            values = {"code_hash": self._keys.hash(codes.CODE, code), "number_hash": None, "tries": 0, **IN_CHAT}
            values |= {
                "status": Status.waiting,
                "conversation_id": None,
                "until": self._clock() + self.limits.code_life,
            }
            try:
                is_given = await self._change(values, _rows.c.id == session_id, _rows.c.status.in_(BEFORE_CONSENT))
            except IntegrityError:  # somebody else's screen shows the same six figures
                continue
            return code if is_given else None
        return None

    async def ask(self, code: str, conversation_id: str) -> Session | None:
        """Whose code this is, now asked in this conversation; the code is spent. None for any other number."""
        is_code = _rows.c.code_hash.in_(self._keys.hashes(codes.CODE, code))
        values = {"status": Status.asked, "conversation_id": conversation_id, "code_hash": None}
        values |= {"until": self._clock() + self.limits.code_life}
        found = await self._first(is_code, _rows.c.status == Status.waiting, _rows.c.until > self._clock())
        if found is None or not await self._change(values, is_code, _rows.c.status == Status.waiting):
            return None
        return await self.find(found.id)

    async def agree(self, session_id: str, conversation_id: str) -> str | None:
        """The number for the citizen to read out; None when this question does not wait here (any more)."""
        number = codes.new_code()
        values = {"status": Status.told, "number_hash": self._keys.hash(codes.NUMBER, number), "tries": 0}
        values |= {"until": self._clock() + self.limits.code_life}
        return number if await self._change(values, *self._asks(session_id, conversation_id)) else None

    async def refuse(self, session_id: str, conversation_id: str) -> bool:
        return await self._change(self._over(Ending.refused), *self._asks(session_id, conversation_id))

    def _asks(self, session_id: str, conversation_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        here = (_rows.c.id == session_id, _rows.c.conversation_id == conversation_id)
        return (*here, _rows.c.status == Status.asked, _rows.c.until > self._clock())

    async def prove(self, session_id: str, number: str | None) -> Proof:
        """What the helper typed; right once. Every wrong one counts, whoever else tries at the same moment."""
        return await self._database.write(lambda connection: self._prove(connection, session_id, number))

    def _prove(self, connection: sa.Connection, session_id: str, number: str | None) -> Proof:
        now, own = self._clock(), _rows.c.id == session_id
        waits = (own, _rows.c.status == Status.told, _rows.c.until > now)
        row = connection.execute(sa.select(_rows).where(*waits).with_for_update()).first()
        if row is None:
            return Proof.over
        hashes = self._keys.hashes(codes.NUMBER, number) if number else []
        if any(hmac.compare_digest(row.number_hash, known) for known in hashes):
            values = {"status": Status.agreed, "number_hash": None, "consented_at": now}
            connection.execute(sa.update(_rows).where(own).values(until=now + self.limits.consent_life, **values))
            return Proof.right
        is_last = row.tries + 1 >= self.limits.number_tries
        values = {"tries": row.tries + 1, **(self._over(Ending.tries) if is_last else {})}
        connection.execute(sa.update(_rows).where(own).values(values))
        return Proof.over if is_last else Proof.wrong

    # ---- while it holds

    async def begun(self, session_id: str, dossier_id: str) -> bool:
        """The dossier it is about, told once; an older consent for the same one is over."""
        new = (_rows.c.id == session_id, _rows.c.dossier_id.is_(None), _rows.c.status == Status.agreed)

        def work(connection: sa.Connection) -> bool:
            if connection.execute(sa.update(_rows).where(*new).values(dossier_id=dossier_id)).rowcount == 0:
                return False
            same = (_rows.c.dossier_id == dossier_id, _rows.c.id != session_id, _IS_LIVE)
            connection.execute(sa.update(_rows).where(*same).values(self._over(Ending.replaced)))
            return True

        return await self._database.write(work)

    async def give_place(self, session_id: str, conversation_id: str) -> bool:
        """The conversation for who agreed without one; once."""
        new = (_rows.c.id == session_id, _rows.c.conversation_id.is_(None), _rows.c.status == Status.agreed)
        return await self._change({"conversation_id": conversation_id}, *new)

    async def keep_state(self, session_id: str, state: bytes) -> None:
        """Nothing is kept of what has ended meanwhile."""
        sealed = self._keys.seal(state, state_place(session_id))
        await self._change({"state": sealed}, _rows.c.id == session_id, _rows.c.status == Status.agreed)

    async def shown(self, session_id: str, version: int) -> None:
        await self._change({"shown_version": version}, _rows.c.id == session_id)

    async def note_answer(self, session_id: str, version: int, step: str) -> None:
        row = {"session_id": session_id, "version": version, "step": step[:80], "at": self._clock()}
        known = (assist_answers.c.session_id == session_id, assist_answers.c.version == version)

        def work(connection: sa.Connection) -> None:
            if connection.execute(sa.select(assist_answers.c.step).where(*known)).first() is None:
                connection.execute(sa.insert(assist_answers), row)

        await self._database.write(work)

    # ---- the end

    async def end(self, session_id: str, because: Ending) -> bool:
        return await self._change(self._over(because), _rows.c.id == session_id, _IS_LIVE)

    async def withdraw(self, conversation_id: str) -> list[Session]:
        """All that this citizen agreed to, or was asked, in any of their channels is over; which that were."""
        theirs = (is_theirs(_rows.c.conversation_id, conversation_id), _IS_LIVE, _rows.c.until > self._clock())

        def work(connection: sa.Connection) -> list[Any]:
            rows = connection.execute(sa.select(_rows).where(*theirs)).all()
            ids = _rows.c.id.in_([row.id for row in rows])
            connection.execute(sa.update(_rows).where(ids).values(self._over(Ending.withdrawn)))
            return list(rows)

        return [Session.read(row, self._clock()) for row in await self._database.write(work)]

    async def end_due(self) -> int:
        """Notes what is over by itself, so that nothing of it stays sealed; how many."""
        return await self._database.write(self._end_due)

    def _end_due(self, connection: sa.Connection) -> int:
        now = self._clock()
        late = sa.update(_rows).where(_IS_LIVE, _rows.c.until <= now).values(self._over(Ending.late))
        is_draft = sa.exists().where(dossiers.c.id == _rows.c.dossier_id, dossiers.c.status == "draft")
        is_there = sa.exists().where(dossiers.c.id == _rows.c.dossier_id)
        ended = sa.case((is_there, Ending.submitted), else_=Ending.cancelled)
        over = self._over(Ending.submitted) | {"ended_because": ended}
        filed = sa.update(_rows).where(_IS_LIVE, _rows.c.dossier_id.is_not(None), ~is_draft).values(over)
        unused = sa.delete(_rows).where(_rows.c.conversation_id.is_(None), _rows.c.created_at < now - UNUSED_LIFE)
        counted = sa.delete(assist_sends).where(assist_sends.c.at < now - COUNTED)
        done = [connection.execute(one).rowcount for one in (late, filed, unused, counted)]
        return sum(done[:2])

    def _over(self, because: Ending) -> dict[str, Any]:
        return {"status": Status.ended, "ended_because": because, "ended_at": self._clock(), **NOTHING_OPEN}

    async def _change(self, values: dict[str, Any], *where: sa.ColumnElement[bool]) -> bool:
        changed = sa.update(_rows).where(*where).values(values)
        return await self._database.write(lambda connection: connection.execute(changed).rowcount == 1)
