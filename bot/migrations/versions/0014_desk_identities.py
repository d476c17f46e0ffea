"""Which account of the province's own sign-in belongs to which helper."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "desk_identities",
        sa.Column("issuer", sa.String(300), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("helper_id", sa.String(32), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["helper_id"], ["helpers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("issuer", "subject"),
        sa.UniqueConstraint("helper_id"),
    )


def downgrade() -> None:
    op.drop_table("desk_identities")
