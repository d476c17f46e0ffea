"""What is said while a person has a case: the helper's words stored before they are shown, the citizen's waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.channels.reply import Reply
from bot.handoff import sentences
from bot.handoff.case import Case, Status
from bot.handoff.cases import HOLDS, Cases, note_in
from bot.handoff.clocks import Clocks
from bot.handoff.people import Helper
from bot.handoff.places import callback_place, word_place
from bot.handoff.tables import cases
from bot.handoff.taking import NotPossible
from bot.handoff.voice import Spoken, Voice
from bot.store import Store
from bot.tables import messages

DESK = "desk"
MOST_CHARS = 4_000
MOST_WORD_CHARS = 500
MOST_CALLBACK_CHARS = 300


class Talking:
    """Every verb is one transaction. `changed(case)` lets desks know."""

    def __init__(
        self, store: Store, clocks: Clocks, voice: Voice, all_cases: Cases, changed: Callable[[Case], None]
    ) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._clocks, self._voice, self._cases, self._changed = clocks, voice, all_cases, changed

    async def say(self, case: Case, helper: Helper, message_id: str, replies: Sequence[Reply]) -> int:
        """The seq of the line; the same `message_id` again says nothing. Raises NotPossible."""
        key, now = self._keys.hash(DESK, case.id, message_id), self._clock()
        values = {
            "first_reply_at": sa.func.coalesce(cases.c.first_reply_at, now),
            "waiting_since": None,
            "due_at": self._clocks.idle_at(now),
        }

        def work(connection: sa.Connection) -> Spoken:
            spoken = self._voice.say_in(connection, case.conversation_id, replies, now, key=key)
            if spoken is None:
                raise NotPossible("citizen_left")
            same = (cases.c.id == case.id, cases.c.status == Status.claimed, cases.c.helper_id == helper.id)
            if connection.execute(sa.update(cases).where(*same).values(values)).rowcount != 1:
                raise NotPossible("changed")
            return spoken

        try:
            spoken = await self._database.write(work)
        except IntegrityError:
            return await self._seq_of(case, message_id)
        await self._voice.heard(spoken)
        self._changed(case)
        return spoken.seq

    async def _seq_of(self, case: Case, message_id: str) -> int:
        hashes = self._keys.hashes(DESK, case.id, message_id)
        found = sa.select(messages.c.seq).where(messages.c.message_key.in_(hashes))
        return await self._database.read(lambda connection: connection.execute(found).scalar_one())

    async def citizen_wrote(self, conversation_id: str) -> Case | None:
        """The case if a person has it: the citizen's message is for them, and their clock runs. Else None."""
        named = {"conversation": conversation_id}
        row = await self._database.read(lambda connection: connection.execute(HOLDS, named).first())
        if row is None or row.status != Status.claimed:
            return None
        case = await self._cases.find(row.id)
        if case is None:
            return None
        now = self._clock()
        waits = self._clocks.unanswered_at(case.tier, case.team.own_hours if case.team else "", now)
        same = (cases.c.id == case.id, cases.c.status == Status.claimed)
        first = sa.update(cases).where(*same, cases.c.waiting_since.is_(None)).values(waiting_since=now, due_at=waits)
        still = sa.select(cases.c.id).where(*same)

        def work(connection: sa.Connection) -> bool:
            return connection.execute(first).rowcount == 1 or connection.execute(still).first() is not None

        if not await self._database.write(work):
            return None
        self._changed(case)
        return case

    async def note(self, case: Case, helper: Helper, text: str) -> None:
        """For colleagues only."""
        await self._add(case, "note", helper.id, text)

    async def add_evidence(self, case: Case, text: str) -> None:
        """What one of our own rooms knows about it."""
        await self._add(case, "evidence", None, text)

    async def _add(self, case: Case, kind: str, helper_id: str | None, text: str) -> None:
        locked = sa.select(cases.c.id).where(cases.c.id == case.id).with_for_update()

        def work(connection: sa.Connection) -> None:
            connection.execute(locked)
            note_in(connection, self._keys, case.id, kind, self._clock(), helper_id, text[:MOST_CHARS])

        await self._database.write(work)
        self._changed(case)

    # ---- consent

    async def ask_consent(self, case: Case, helper: Helper, dossier_id: str, what: str) -> None:
        """The citizen is asked by a message with two buttons; raises NotPossible."""
        now = self._clock()
        asked = (sentences.asks_consent(helper, case, what, self._clocks.consent_minutes),)
        values = {"dossier_id": dossier_id, "consent_asked_at": now, "consented_at": None}

        def work(connection: sa.Connection) -> Spoken | None:
            spoken = self._voice.say_in(connection, case.conversation_id, asked, now)
            self._set(connection, case, values, cases.c.helper_id == helper.id, cases.c.status == Status.claimed)
            note_in(connection, self._keys, case.id, "consent_asked", now, helper.id)
            return spoken

        await self._voice.heard(await self._database.write(work))
        self._changed(case)

    async def consent(self, case: Case, agrees: bool) -> bool:
        """Whether it counted: asked lately, and the case is still with who asked."""
        now = self._clock()
        asked_after = now - timedelta(minutes=self._clocks.consent_minutes)
        values = {"consented_at": now if agrees else None, "consent_asked_at": None}

        def work(connection: sa.Connection) -> None:
            open_ = (cases.c.status == Status.claimed, cases.c.consent_asked_at >= asked_after)
            self._set(connection, case, values, *open_)
            note_in(connection, self._keys, case.id, "consented" if agrees else "refused", now)

        return await self._try(case, work)

    # ---- after it

    async def rate(self, case: Case, rating: int) -> bool:
        over = sa.and_(cases.c.status.in_((Status.closed, Status.expired)), cases.c.rating.is_distinct_from(rating))

        def work(connection: sa.Connection) -> None:
            self._set(connection, case, {"rating": rating}, over)
            note_in(connection, self._keys, case.id, "rated", self._clock())

        return await self._try(case, work)

    async def rate_with_word(self, case: Case, word: str) -> bool:
        sealed = self._keys.seal(word[:MOST_WORD_CHARS].encode(), word_place(case.id))
        return await self._try(case, lambda connection: self._set(connection, case, {"rating_word": sealed}))

    async def leave_callback(self, case: Case, text: str) -> bool:
        sealed = self._keys.seal(text[:MOST_CALLBACK_CHARS].encode(), callback_place(case.id))

        def work(connection: sa.Connection) -> None:
            self._set(connection, case, {"callback": sealed})
            note_in(connection, self._keys, case.id, "callback", self._clock())

        return await self._try(case, work)

    async def _try(self, case: Case, work: Callable[[sa.Connection], None]) -> bool:
        try:
            await self._database.write(work)
        except NotPossible:
            return False
        self._changed(case)
        return True

    def _set(
        self, connection: sa.Connection, case: Case, values: dict[str, Any], *where: sa.ColumnElement[bool]
    ) -> None:
        change = sa.update(cases).where(cases.c.id == case.id, *where).values(values)
        if connection.execute(change).rowcount != 1:
            raise NotPossible("changed")
