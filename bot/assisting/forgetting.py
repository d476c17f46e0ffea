"""What is sealed of helper mode and for what place, and what an erasure leaves of it: nothing."""

from __future__ import annotations

import sqlalchemy as sa

from bot.assisting.tables import assist_sends, assist_sessions


def state_place(session_id: str) -> str:
    return f"assist_sessions/{session_id}/state"


def phone_place(session_id: str) -> str:
    return f"assist_sessions/{session_id}/phone"


def forget_assisting(connection: sa.Connection, conversation_id: str) -> None:
    """Nobody helps with it any more, and nothing tells who did."""
    theirs = assist_sessions.c.conversation_id == conversation_id
    sent = assist_sends.c.session_id.in_(sa.select(assist_sessions.c.id).where(theirs))
    connection.execute(sa.update(assist_sends).where(sent).values(phone_hash=None, session_id=None))
    connection.execute(sa.delete(assist_sessions).where(theirs))


SEALED = (
    (
        assist_sessions,
        {"state": lambda row: state_place(row.id), "phone": lambda row: phone_place(row.id)},
    ),
)
