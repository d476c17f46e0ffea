"""What is handed over to one-stop systems, how far it is there, and what citizens are told about it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def _dossier_key() -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    return sa.Column("reference", sa.String(40), nullable=False), sa.ForeignKeyConstraint(
        ["reference"], ["dossiers.reference"], ondelete="CASCADE"
    )


def upgrade() -> None:
    _create_handovers()
    _create_following()


def _create_handovers() -> None:
    op.create_table(
        "handovers",
        *_dossier_key(),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("last_error", sa.String(300)),
        sa.PrimaryKeyConstraint("reference", "number"),
    )
    op.create_index("ix_handovers_status_next_attempt_at", "handovers", ["status", "next_attempt_at"])
    op.create_table(
        "handover_notes",
        *_dossier_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("value", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("reference", "name"),
    )


def _create_following() -> None:
    op.create_table(
        "followed_dossiers",
        *_dossier_key(),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("promised_at", MOMENT),
        sa.Column("overdue_told_for", MOMENT),
        sa.Column("next_poll_at", MOMENT),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("reference"),
    )
    op.create_index("ix_followed_dossiers_code", "followed_dossiers", ["code"])
    op.create_index("ix_followed_dossiers_next_poll_at", "followed_dossiers", ["next_poll_at"])
    op.create_table(
        "status_notices",
        *_dossier_key(),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT),
        sa.PrimaryKeyConstraint("reference", "number"),
    )
    op.create_index("ix_status_notices_told_at_due_at", "status_notices", ["told_at", "due_at"])


def downgrade() -> None:
    for table in ("status_notices", "followed_dossiers", "handover_notes", "handovers"):
        op.drop_table(table)
