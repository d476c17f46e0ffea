"""The codes of notices: whoever holds one can ask whether the notice is ours."""

from __future__ import annotations

import sqlalchemy as sa

from bot.tables import Moment, metadata

notice_codes = sa.Table(
    "notice_codes",
    metadata,
    sa.Column("code_hash", sa.LargeBinary, primary_key=True),  # keyed; the code itself stands in the notice only
    sa.Column(
        "conversation_id",
        sa.String(32),
        sa.ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("seq", sa.Integer, nullable=False),  # the line it stands in
    sa.Column("sent_at", Moment, nullable=False),
)
