"""The first tables: conversations, messages, outbox, attachments, switches; sealed from the first day."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def _conversation_key() -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    return sa.Column("conversation_id", sa.String(32), nullable=False), sa.ForeignKeyConstraint(
        ["conversation_id"], ["conversations.id"], ondelete="CASCADE"
    )


def upgrade() -> None:
    _create_conversations()
    _create_messages()
    _create_outbox()
    _create_attachments()
    _create_operations()


def _create_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("address", sa.LargeBinary),
        sa.Column("address_hash", sa.LargeBinary),
        sa.Column("token_hash", sa.LargeBinary),
        sa.Column("context", sa.LargeBinary),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_active_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.Column("erased_at", MOMENT),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "address_hash"),
    )
    op.create_index("ix_conversations_last_active_at", "conversations", ["last_active_at"])


def _create_messages() -> None:
    op.create_table(
        "messages",
        *_conversation_key(),
        sa.Column("seq", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("direction", sa.String(3), nullable=False),
        sa.Column("message_key", sa.LargeBinary),
        sa.Column("reply_to", sa.Integer),
        sa.Column("body", sa.LargeBinary),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("recoveries", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "seq"),
        sa.UniqueConstraint("message_key"),
    )
    unanswered = sa.text("direction = 'in' AND answered_at IS NULL")
    op.create_index(
        "ix_messages_unanswered", "messages", ["received_at"], sqlite_where=unanswered, postgresql_where=unanswered
    )


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        *_conversation_key(),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("last_error", sa.String(300)),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_channel_status_next_attempt_at", "outbox", ["channel", "status", "next_attempt_at"])
    op.create_index("ix_outbox_conversation_id_status_id", "outbox", ["conversation_id", "status", "id"])


def _create_attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(32), nullable=False),
        *_conversation_key(),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("size_bytes", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_attachments_conversation_id", "attachments", ["conversation_id"])


def _create_operations() -> None:
    op.create_table(
        "switches",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "seen_events",
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("event_key", sa.LargeBinary, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", "event_key"),
    )
    op.create_index("ix_seen_events_seen_at", "seen_events", ["seen_at"])
    op.create_table(
        "key_checks",
        sa.Column("key_id", sa.String(8), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("key_id"),
    )


def downgrade() -> None:
    for table in ("key_checks", "seen_events", "switches", "attachments", "outbox", "messages", "conversations"):
        op.drop_table(table)
