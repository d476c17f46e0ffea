"""Dossiers and the procedures they rest on, frozen as they were read."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "frozen_procedures",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("frozen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table("dossiers", *_columns(), *_constraints())
    _create_indexes()


def _columns() -> list[sa.Column]:
    return [
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("procedure_code", sa.String(40), nullable=False),
        sa.Column("procedure_digest", sa.String(64), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("answers", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("last_change", sa.LargeBinary),
        sa.Column("resume_hash", sa.LargeBinary),
        sa.Column("reference", sa.String(40)),
        sa.Column("consented_at", MOMENT),
        sa.Column("submitted_at", MOMENT),
        sa.Column("warned_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
    ]


def _constraints() -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["procedure_digest"], ["frozen_procedures.digest"]),
        sa.UniqueConstraint("resume_hash"),
        sa.UniqueConstraint("reference"),
    ]


def _create_indexes() -> None:
    op.create_index("ix_dossiers_conversation_id", "dossiers", ["conversation_id"])
    op.create_index("ix_dossiers_procedure_digest", "dossiers", ["procedure_digest"])
    op.create_index("ix_dossiers_status_expires_at", "dossiers", ["status", "expires_at"])
    is_draft = sa.text("status = 'draft'")
    op.create_index(
        "uq_dossiers_draft",
        "dossiers",
        ["conversation_id", "procedure_code"],
        unique=True,
        sqlite_where=is_draft,
        postgresql_where=is_draft,
    )


def downgrade() -> None:
    op.drop_table("dossiers")
    op.drop_table("frozen_procedures")
