"""What an erasure leaves of a case: that there was one, for the statistics; nothing that anybody said or corrected."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.handoff.case import Ending, Status
from bot.handoff.tables import case_lines, cases, corrections, desk_audit, desk_chat_lines
from bot.tables import messages


def forget_cases(connection: sa.Connection, conversation_id: str, now: datetime) -> None:
    """Ends the live one and empties all of this conversation."""
    ours = cases.c.conversation_id == conversation_id
    live = sa.update(cases).where(ours, cases.c.status.in_((Status.open, Status.claimed)))
    over = {"status": Status.closed, "close_reason": Ending.by_citizen, "closed_at": now, "due_at": None}
    connection.execute(live.values(version=cases.c.version + 1, **over))
    words = {"rating_word": None, "callback": None, "dossier_id": None, "consented_at": None, "consent_asked_at": None}
    connection.execute(sa.update(cases).where(ours).values(words))
    ids = sa.select(cases.c.id).where(ours)
    connection.execute(sa.update(case_lines).where(case_lines.c.case_id.in_(ids)).values(body=None))
    connection.execute(sa.delete(corrections).where(corrections.c.conversation_id == conversation_id))
    _forget_in_chats(connection, ids)


def has_live_case(conversation_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether somebody still waits for a person there: such a conversation is not swept away."""
    live = cases.c.status.in_([sa.literal_column(f"'{one}'") for one in (Status.open, Status.claimed)])
    return sa.exists().where(cases.c.conversation_id == conversation_id, live)


def _forget_in_chats(connection: sa.Connection, ids: sa.Select) -> None:
    """What helpers' chats repeat and was not delivered yet."""
    ours = desk_chat_lines.c.case_id.in_(ids)
    for row in connection.execute(sa.select(desk_chat_lines).where(ours)).all():
        same = (messages.c.conversation_id == row.conversation_id, messages.c.seq == row.seq)
        connection.execute(sa.update(messages).where(*same).values(body=None))
    connection.execute(sa.delete(desk_chat_lines).where(ours))


def forget_audit(connection: sa.Connection, before: datetime, most: int) -> int:
    """Deletes up to so many entries older than that, the oldest first; how many went."""
    old = sa.select(desk_audit.c.id).where(desk_audit.c.at < before).order_by(desk_audit.c.at).limit(most)
    ids = connection.execute(old).scalars().all()
    if ids:
        connection.execute(sa.delete(desk_audit).where(desk_audit.c.id.in_(ids)))
    return len(ids)
