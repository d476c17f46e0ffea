"""Helper mode: what citizens agreed to, and which answers their helpers typed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"

MOMENT = sa.DateTime(timezone=True)
INDEXES = (("conversation_id", "status"), ("helper_id", "status"), ("status", "until"))


def upgrade() -> None:
    op.create_table(
        "assist_sessions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("helper_id", sa.String(32), nullable=False),
        sa.Column("procedure_code", sa.String(40), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("code_hash", sa.LargeBinary),
        sa.Column("number_hash", sa.LargeBinary),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("conversation_id", sa.String(32)),
        sa.Column("dossier_id", sa.String(32)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("consented_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_because", sa.String(12)),
        sa.Column("shown_version", sa.Integer),
        sa.Column("state", sa.LargeBinary),
        sa.ForeignKeyConstraint(["helper_id"], ["helpers.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_hash"),
    )
    for columns in INDEXES:
        op.create_index(f"ix_assist_sessions_{'_'.join(columns)}", "assist_sessions", list(columns))
    op.create_table(
        "assist_answers",
        sa.Column("session_id", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("step", sa.String(80), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["assist_sessions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "version"),
    )


def downgrade() -> None:
    op.drop_table("assist_answers")
    op.drop_table("assist_sessions")
