"""Consent to helper mode by a code sent to a telephone number: what was sent, and the links to the citizen's page."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0014"

MOMENT = sa.DateTime(timezone=True)
NEW = (("channel", sa.String(12)), ("phone", sa.LargeBinary), ("phone_shown", sa.String(12)))


def upgrade() -> None:
    for name, kind in NEW:
        op.add_column("assist_sessions", sa.Column(name, kind))
    op.create_table(
        "assist_sends",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("session_id", sa.String(32)),
        sa.Column("helper_id", sa.String(32), nullable=False),
        sa.Column("phone_hash", sa.LargeBinary),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("became", sa.String(12), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["assist_sessions.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["helper_id"], ["helpers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_assist_sends_session_id", "assist_sends", ["session_id"])
    op.create_index("ix_assist_sends_helper_id_at", "assist_sends", ["helper_id", "at"])
    op.create_index("ix_assist_sends_phone_hash_at", "assist_sends", ["phone_hash", "at"])
    op.create_index("ix_assist_sends_at", "assist_sends", ["at"])
    op.create_table(
        "assist_links",
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("session_id", sa.String(32), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.ForeignKeyConstraint(["session_id"], ["assist_sessions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("ix_assist_links_session_id", "assist_links", ["session_id"])


def downgrade() -> None:
    op.drop_table("assist_links")
    op.drop_table("assist_sends")
    for name, _ in NEW:
        op.drop_column("assist_sessions", name)
