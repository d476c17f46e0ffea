"""The tables of broadcasts: what is told to a ward, how far it has come, and who wants none."""

from __future__ import annotations

import sqlalchemy as sa

from bot.tables import Moment, metadata

broadcasts = sa.Table(
    "broadcasts",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("ward", sa.String(80), nullable=False),
    sa.Column("province", sa.String(80), nullable=False),
    sa.Column("text", sa.Text, nullable=False),  # news for everybody: not sealed
    sa.Column("written_by", sa.String(80), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("until", Moment, nullable=False),  # news that is old is not told any more
    sa.Column("after_id", sa.String(32), nullable=False),  # conversations up to here have been seen to
    sa.Column("finished_at", Moment, index=True),
    sa.Column("status", sa.String(8), nullable=False),  # proposed | telling | told | stopping | stopped | refused
    sa.Column("approved_by", sa.String(80)),  # the second person; null: started from the command line
    sa.Column("ended_by", sa.String(80)),  # who stopped, refused or took it back
    sa.Column("expected", sa.Integer),  # how many it was for when it was approved
)

# Who has got it: written with the line itself, so that nobody gets it twice.
broadcast_tellings = sa.Table(
    "broadcast_tellings",
    metadata,
    sa.Column("broadcast_id", sa.String(32), sa.ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "conversation_id",
        sa.String(32),
        sa.ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    sa.Column("seq", sa.Integer),  # the line it stands in; null: told before lines were noted
)

broadcast_optouts = sa.Table(
    "broadcast_optouts",
    metadata,
    sa.Column(
        "conversation_id", sa.String(32), sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("since", Moment, nullable=False),
)
