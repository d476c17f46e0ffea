"""What helpers say of the assistant's answers: kept for training, and learned only once an operator accepts it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from bot.handoff.case import Case, Status
from bot.handoff.people import Helper
from bot.handoff.places import question_place
from bot.handoff.tables import cases, corrections
from bot.handoff.taking import NotPossible
from bot.privacy import KeyRing, mask
from bot.store import Store
from bot.tables import conversations, messages
from bot.unmet import MOST_CHARS

MOST_LISTED = 5_000


class Verdict(StrEnum):
    right = "right"
    wrong = "wrong"
    none = "none"  # no procedure is the right one


class Decision(StrEnum):
    """Of an operator."""

    waiting = "waiting"
    accepted = "accepted"
    left = "left"


@dataclass(frozen=True)
class Judged:
    """One answer of the assistant, and the citizen's question before it."""

    seq: int
    question: str = field(repr=False)
    kind: str
    code: str | None
    confidence: float | None


@dataclass(frozen=True)
class Correction:
    """The question has its numbers masked."""

    id: str
    seq: int
    question: str = field(repr=False)
    said_kind: str
    said_code: str | None
    confidence: float | None
    verdict: Verdict
    right_code: str | None
    helper_id: str
    at: datetime
    version: int
    decision: Decision

    @property
    def code(self) -> str | None:
        """The procedure that is right for the question; None: none is, or it is not known which."""
        return self.said_code if self.verdict is Verdict.right else self.right_code

    @property
    def is_without_procedure(self) -> bool:
        """It is known that no procedure is right."""
        was_rightly_not_found = self.verdict is Verdict.right and self.said_kind == "not_found"
        return self.verdict is Verdict.none or was_rightly_not_found


class Corrections:
    def __init__(self, store: Store) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock

    async def keep(
        self, case: Case, helper: Helper, judged: Judged, verdict: Verdict, right_code: str | None = None
    ) -> None:
        """In place of an earlier one of the same answer. Raises NotPossible unless the helper has the case."""
        values = {
            "said_kind": judged.kind,
            "said_code": judged.code,
            "confidence": judged.confidence,
            "verdict": verdict,
            "right_code": right_code if verdict is Verdict.wrong else None,
            "helper_id": helper.id,
            "at": self._clock(),
            "status": Decision.waiting,
        }
        question = mask(judged.question)[:MOST_CHARS]
        await self._database.write(lambda connection: self._keep(connection, case, judged.seq, question, values))

    def _keep(self, connection: sa.Connection, case: Case, seq: int, question: str, values: dict[str, Any]) -> None:
        _lock(connection, case, seq, values["helper_id"])
        ours = (corrections.c.conversation_id == case.conversation_id, corrections.c.seq == seq)
        earlier = connection.execute(sa.select(corrections.c.id).where(*ours)).scalar()
        correction_id = earlier or uuid.uuid4().hex
        values = {**values, "question": self._keys.seal(question.encode(), question_place(correction_id))}
        if earlier:
            change = sa.update(corrections).where(*ours)
            connection.execute(change.values(version=corrections.c.version + 1, **values))
            return
        row = {"id": correction_id, "conversation_id": case.conversation_id, "seq": seq, "version": 1, **values}
        connection.execute(sa.insert(corrections), row)

    async def of(self, conversation_id: str) -> dict[int, Correction]:
        """By the seq of the answer."""
        found = sa.select(corrections).where(corrections.c.conversation_id == conversation_id)
        return {one.seq: one for one in await self._read(found)}

    async def listed(self, decisions: Sequence[Decision] = (Decision.waiting,)) -> list[Correction]:
        """The oldest first."""
        found = sa.select(corrections).where(corrections.c.status.in_(decisions))
        return await self._read(found.order_by(corrections.c.at, corrections.c.id).limit(MOST_LISTED))

    async def find(self, beginning: str) -> Correction | None:
        """The one whose id begins so; None unless it is one alone."""
        if not beginning.isalnum():
            return None
        found = await self._read(sa.select(corrections).where(corrections.c.id.startswith(beginning)).limit(2))
        return found[0] if len(found) == 1 else None

    async def decide(self, correction: Correction, decision: Decision) -> bool:
        """False: a helper has changed it since, or it is erased."""
        same = (corrections.c.id == correction.id, corrections.c.version == correction.version)
        change = sa.update(corrections).where(*same).values(status=decision, version=correction.version + 1)
        return await self._database.write(lambda connection: connection.execute(change).rowcount == 1)

    async def _read(self, found: sa.Select) -> list[Correction]:
        rows = await self._database.read(lambda connection: connection.execute(found).all())
        return [_correction(row, self._keys) for row in rows]


def _lock(connection: sa.Connection, case: Case, seq: int, helper_id: str) -> None:
    """Conversation before case, as everywhere; an erasure that was quicker leaves nothing to correct."""
    connection.execute(
        sa.select(conversations.c.id).where(conversations.c.id == case.conversation_id).with_for_update()
    )
    line = (messages.c.conversation_id == case.conversation_id, messages.c.seq == seq, messages.c.body.is_not(None))
    there = (cases.c.id == case.id, cases.c.conversation_id == case.conversation_id)
    mine = (*there, cases.c.status == Status.claimed, cases.c.helper_id == helper_id)
    has_line = connection.execute(sa.select(messages.c.seq).where(*line)).first() is not None
    has_case = connection.execute(sa.select(cases.c.id).where(*mine).with_for_update()).first() is not None
    if not (has_line and has_case):
        raise NotPossible("changed")


def _correction(row: Any, keys: KeyRing) -> Correction:
    return Correction(
        id=row.id,
        seq=row.seq,
        question=keys.open(row.question, question_place(row.id)).decode(),
        said_kind=row.said_kind,
        said_code=row.said_code,
        confidence=row.confidence,
        verdict=Verdict(row.verdict),
        right_code=row.right_code,
        helper_id=row.helper_id,
        at=row.at,
        version=row.version,
        decision=Decision(row.status),
    )


def as_question(correction: Correction) -> dict[str, Any] | None:
    """A line of a question file; None when it is not known which procedure is right (asking back was)."""
    if correction.code is None and not correction.is_without_procedure:
        return None
    codes = [correction.code] if correction.code else []
    named = {"question": correction.question, "codes": codes}
    return named if codes else {**named, "scope": "no_procedure"}
