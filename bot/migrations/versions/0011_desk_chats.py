"""Helpers on Telegram: their chats, the codes that connect them, and how far each was told of a case."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0012"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "desk_chats",
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("helper_id", sa.String(32)),
        sa.Column("team_id", sa.String(32)),
        sa.Column("focus_case_id", sa.String(32)),
        sa.Column("connected_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["helper_id"], ["helpers.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id"),
        sa.UniqueConstraint("helper_id"),
        sa.UniqueConstraint("team_id"),
    )
    op.create_table(
        "desk_chat_codes",
        sa.Column("helper_id", sa.String(32), nullable=False),
        sa.Column("for_group", sa.Boolean, nullable=False),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["helper_id"], ["helpers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("helper_id", "for_group"),
        sa.UniqueConstraint("code_hash"),
    )
    op.create_table(
        "case_news",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("told_number", sa.Integer, nullable=False),
        sa.Column("told_seq", sa.Integer, nullable=False),
        sa.Column("follower_id", sa.String(32)),
        sa.Column("is_over", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_table(
        "desk_chat_lines",
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id", "seq"),
    )
    op.create_index("ix_desk_chat_lines_case_id", "desk_chat_lines", ["case_id"])


def downgrade() -> None:
    for table in ("desk_chat_lines", "case_news", "desk_chat_codes", "desk_chats"):
        op.drop_table(table)
