"""News for everybody of a ward: what is told, who has got it, and who wants none."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

MOMENT = sa.DateTime(timezone=True)


def _conversation() -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    column = sa.Column("conversation_id", sa.String(32), nullable=False)
    return column, sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("ward", sa.String(80), nullable=False),
        sa.Column("province", sa.String(80), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("written_by", sa.String(80), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("after_id", sa.String(32), nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_broadcasts_finished_at", "broadcasts", ["finished_at"])
    op.create_table(
        "broadcast_tellings",
        sa.Column("broadcast_id", sa.String(32), nullable=False),
        *_conversation(),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("broadcast_id", "conversation_id"),
    )
    op.create_index("ix_broadcast_tellings_conversation_id", "broadcast_tellings", ["conversation_id"])
    op.create_table(
        "broadcast_optouts",
        *_conversation(),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id"),
    )


def downgrade() -> None:
    for table in ("broadcast_optouts", "broadcast_tellings", "broadcasts"):
        op.drop_table(table)
