"""Petitions among everything that is kept: what is sealed anew with a new key, and what a citizen may take along."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from bot.petitions.petition import content_place, event_place, open_content
from bot.petitions.tables import petition_events, petitions
from bot.privacy import KeyRing

# Table, and where each sealed column was sealed for.
SEALED = (
    (petitions, {"content": lambda row: content_place(row.id)}),
    (petition_events, {"body": lambda row: event_place(row.petition_id, row.number)}),
)


def export(connection: sa.Connection, keys: KeyRing, conversation_id: str) -> list[dict[str, Any]]:
    """Every petition of a conversation with what became of it, readable."""
    ours = sa.select(petitions).where(petitions.c.conversation_id == conversation_id).order_by(petitions.c.created_at)
    return [
        {
            "code": row.code,
            "status": row.status,
            "created_at": row.created_at.isoformat(),
            "content": asdict(open_content(keys, row.id, row.content)),
            "events": [_event(keys, one) for one in connection.execute(_events(row.id))],
        }
        for row in connection.execute(ours).all()
    ]


def _events(petition_id: str) -> sa.Select:
    ours = sa.select(petition_events).where(petition_events.c.petition_id == petition_id)
    return ours.order_by(petition_events.c.number)


def _event(keys: KeyRing, row: Any) -> dict[str, Any]:
    told = json.loads(keys.open(row.body, event_place(row.petition_id, row.number)))
    return {"kind": row.kind, "at": row.at.isoformat(), **told}
