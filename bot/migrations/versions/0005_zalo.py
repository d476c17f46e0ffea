"""What comes in from Zalo, before it is acted on; and the tokens with which the account is written in the name of."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0006"

MOMENT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "zalo_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("event_key", sa.LargeBinary, nullable=False),
        sa.Column("conversation_id", sa.String(32)),
        sa.Column("body", sa.LargeBinary),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("is_interaction", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_zalo_events"),
        sa.UniqueConstraint("event_key", name="uq_zalo_events_event_key"),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_zalo_events_conversation_id_conversations",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_zalo_events_status_id", "zalo_events", ["status", "id"])
    op.create_index("ix_zalo_events_conversation_id_status_id", "zalo_events", ["conversation_id", "status", "id"])
    op.create_index("ix_zalo_events_received_at", "zalo_events", ["received_at"])
    op.create_table(
        "zalo_tokens",
        sa.Column("app_id", sa.String(40), nullable=False),
        sa.Column("pair", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("renew_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT),
        sa.Column("lost_at", MOMENT),
        sa.Column("lost_reason", sa.String(200)),
        sa.Column("seed_hash", sa.LargeBinary),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("app_id", name="pk_zalo_tokens"),
    )
