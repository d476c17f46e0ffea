"""What is sealed of helper mode and for what place, and what an erasure leaves of it: nothing."""

from __future__ import annotations

import sqlalchemy as sa

from bot.assisting.tables import assist_sessions


def state_place(session_id: str) -> str:
    return f"assist_sessions/{session_id}/state"


def forget_assisting(connection: sa.Connection, conversation_id: str) -> None:
    """Nobody helps with it any more, and nothing tells who did."""
    connection.execute(sa.delete(assist_sessions).where(assist_sessions.c.conversation_id == conversation_id))


SEALED = ((assist_sessions, {"state": lambda row: state_place(row.id)}),)
