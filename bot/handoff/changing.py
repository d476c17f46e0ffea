"""One step of a case inside a transaction: from what was read to what it becomes, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.channels.reply import Reply, Turn
from bot.handoff.case import Case, Status, read_case
from bot.handoff.cases import is_as_read, note_in, team_in
from bot.handoff.chats import begin_again_in
from bot.handoff.people import Helper
from bot.handoff.tables import cases
from bot.handoff.voice import Spoken, Voice
from bot.privacy import KeyRing


class NotPossible(Exception):
    """The case is not where this step begins: somebody was quicker, or it is over. `key` names a desk sentence."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Step:
    """What is done to a case that is in one of the statuses `before`."""

    before: Sequence[Status]
    kind: str
    helper: Helper | None
    values: dict[str, Any]
    replies: Sequence[Reply] = ()  # the citizen is told
    turn: Turn | None = None
    note: str = ""
    most: int | None = None  # of the helper's cases, this one included

    @property
    def too_late(self) -> NotPossible:
        return NotPossible("taken" if self.before == (Status.open,) else "changed")


# The new values are given with the parameters, so each of these is compiled once per set of columns.
_CHANGE = (
    sa.update(cases)
    .where(cases.c.id == sa.bindparam("case"), cases.c.version == sa.bindparam("as_read"))
    .where(cases.c.status.in_(sa.bindparam("before", expanding=True)))
    .returning(*cases.c)
)
_CHANGE_OWN = _CHANGE.where(cases.c.helper_id == sa.bindparam("whose"))
_held = cases.alias("held")
_HELD = (
    sa.select(sa.func.count())
    .where(_held.c.helper_id == sa.bindparam("whose"), _held.c.status == sa.literal_column("'claimed'"))
    .scalar_subquery()
)
_CHANGE_WITH_ROOM = _CHANGE.where(sa.bindparam("most", type_=sa.Integer) > _HELD)


def change_in(
    connection: sa.Connection, keys: KeyRing, voice: Voice, case: Case, step: Step, now: datetime
) -> tuple[Case, Spoken | None]:
    """Raises NotPossible when somebody changed the case since it was read; the caller's transaction is undone then."""
    # The conversation first, here as everywhere: who locks in one order never waits in a circle.
    told = voice.say_in(connection, case.conversation_id, step.replies, now, step.turn) if step.replies else None
    statement, limits = _limited(step)
    named = {"case": case.id, "as_read": case.version, "before": [str(status) for status in step.before], **limits}
    row = connection.execute(statement, {**step.values, "version": case.version + 1, **named}).first()
    if row is None:
        is_full = step.most is not None and is_as_read(connection, case)
        raise NotPossible("too_many") if is_full else step.too_late
    if step.values.get("conversation_id"):
        begin_again_in(connection, case.id, step.values["conversation_id"])
    note_in(connection, keys, case.id, step.kind, now, step.helper and step.helper.id, step.note)
    return read_case(row, team_in(connection, row.team_id, case.team)), told


def _limited(step: Step) -> tuple[sa.Update, dict[str, Any]]:
    if step.helper is None:
        return _CHANGE, {}
    if step.most is not None:
        return _CHANGE_WITH_ROOM, {"whose": step.helper.id, "most": step.most}
    return (_CHANGE_OWN, {"whose": step.helper.id}) if step.before == (Status.claimed,) else (_CHANGE, {})
