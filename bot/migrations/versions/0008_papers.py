"""What was seen in a file when it was opened, and files bound of a citizen's pages."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("attachments", sa.Column("details", sa.LargeBinary))
    op.add_column("attachments", sa.Column("paper_of", sa.LargeBinary))


def downgrade() -> None:
    op.drop_column("attachments", "paper_of")
    op.drop_column("attachments", "details")
