"""The tables of petitions: what was said is sealed, what has happened to it only grows."""

from __future__ import annotations

import sqlalchemy as sa

from bot.tables import Moment, metadata

petitions = sa.Table(
    "petitions",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column(
        "conversation_id",
        sa.String(32),
        sa.ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("code", sa.String(20), unique=True),  # given when it is sent
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("version", sa.Integer, nullable=False),  # grows with every change: who writes must have read the last
    sa.Column("last_change", sa.LargeBinary),  # hash of the message that made it
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),  # of a draft
    sa.Column("sent_at", Moment),
    sa.Column("due_at", Moment),  # the end of the clock that runs now; null when none does
    sa.Index(None, "status", "due_at"),
)

petition_events = sa.Table(
    "petition_events",
    metadata,
    sa.Column("petition_id", sa.String(32), sa.ForeignKey("petitions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),  # sealed: who did it and what they wrote
    sa.Column("at", Moment, nullable=False),
)
