"""What helpers said of the assistant's answers, kept until an operator accepts or leaves it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("question", sa.LargeBinary, nullable=False),
        sa.Column("said_kind", sa.String(12), nullable=False),
        sa.Column("said_code", sa.String(40)),
        sa.Column("confidence", sa.Float),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("right_code", sa.String(40)),
        sa.Column("helper_id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "seq"),
    )
    op.create_index("ix_corrections_status_at", "corrections", ["status", "at"])


def downgrade() -> None:
    op.drop_table("corrections")
