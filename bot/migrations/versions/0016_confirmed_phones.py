"""Telephone numbers confirmed in a channel, as keyed hashes, and the links that wait for both sides to say yes."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0017"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "confirmed_phones",
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("phone_hash", sa.LargeBinary, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=False),
        sa.Column("counted_from", MOMENT, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("is_offered", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_index("ix_confirmed_phones_phone_hash", "confirmed_phones", ["phone_hash"])
    op.create_table(
        "phone_links",
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("other_id", sa.String(32), nullable=False),
        sa.Column("is_wanted", sa.Boolean, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["other_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("ix_phone_links_other_id", "phone_links", ["other_id"])


def downgrade() -> None:
    op.drop_table("phone_links")
    op.drop_table("confirmed_phones")
