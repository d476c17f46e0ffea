"""Conversations of one citizen, petitions with what happened to them, and the codes of notices."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_links()
    _create_petitions()
    _create_notice_codes()


def _conversation_key() -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    return sa.Column("conversation_id", sa.String(32), nullable=False), sa.ForeignKeyConstraint(
        ["conversation_id"], ["conversations.id"], ondelete="CASCADE"
    )


def _create_links() -> None:
    op.create_table(
        "linked_conversations",
        *_conversation_key(),
        sa.Column("citizen_id", sa.String(32), nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_index("ix_linked_conversations_citizen_id", "linked_conversations", ["citizen_id"])
    op.create_table(
        "link_codes",
        *_conversation_key(),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id"),
        sa.UniqueConstraint("code_hash"),
    )


def _create_petitions() -> None:
    op.create_table(
        "petitions",
        sa.Column("id", sa.String(32), nullable=False),
        *_conversation_key(),
        sa.Column("code", sa.String(20)),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("last_change", sa.LargeBinary),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("sent_at", MOMENT),
        sa.Column("due_at", MOMENT),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("ix_petitions_conversation_id", "petitions", ["conversation_id"])
    op.create_index("ix_petitions_status_due_at", "petitions", ["status", "due_at"])
    op.create_table(
        "petition_events",
        sa.Column("petition_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("petition_id", "number"),
        sa.ForeignKeyConstraint(["petition_id"], ["petitions.id"], ondelete="CASCADE"),
    )


def _create_notice_codes() -> None:
    op.create_table(
        "notice_codes",
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        *_conversation_key(),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index("ix_notice_codes_conversation_id", "notice_codes", ["conversation_id"])


def downgrade() -> None:
    tables = ("notice_codes", "petition_events", "petitions", "link_codes", "linked_conversations")
    for table in tables:
        op.drop_table(table)
