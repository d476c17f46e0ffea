"""News of a ward waits for a second person, is stopped, and is followed to its letters; closed channels are found."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

IS_CLOSED = sa.text("closed_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("broadcasts", sa.Column("status", sa.String(8), nullable=False, server_default="telling"))
    op.execute("UPDATE broadcasts SET status = 'told' WHERE finished_at IS NOT NULL")
    op.add_column("broadcasts", sa.Column("approved_by", sa.String(80)))
    op.add_column("broadcasts", sa.Column("ended_by", sa.String(80)))
    op.add_column("broadcasts", sa.Column("expected", sa.Integer))
    op.add_column("broadcast_tellings", sa.Column("seq", sa.Integer))
    op.create_index(
        "ix_conversations_closed", "conversations", ["closed_at"], sqlite_where=IS_CLOSED, postgresql_where=IS_CLOSED
    )


def downgrade() -> None:
    op.drop_index("ix_conversations_closed", "conversations")
    op.drop_column("broadcast_tellings", "seq")
    for name in ("expected", "ended_by", "approved_by", "status"):
        op.drop_column("broadcasts", name)
