"""Teams, helpers with their accounts, cases and what happened to them, and the desk's audit."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"

MOMENT = sa.DateTime(timezone=True)
ID = sa.String(32)
LIVE = sa.text("status IN ('open', 'claimed')")


def upgrade() -> None:
    _create_teams()
    _create_helpers()
    _create_accounts()
    _create_cases()
    _create_lines()
    _create_audit()


def _create_teams() -> None:
    op.create_table(
        "teams",
        sa.Column("id", ID, nullable=False),
        sa.Column("tier", sa.String(8), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("province", sa.String(80), nullable=False),
        sa.Column("ward", sa.String(80), nullable=False),
        sa.Column("skills", sa.String(300), nullable=False),
        sa.Column("hours", sa.String(200), nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("province", "ward", "tier", "name"),
    )


def _create_helpers() -> None:
    op.create_table(
        "helpers",
        sa.Column("id", ID, nullable=False),
        sa.Column("team_id", ID, nullable=False),
        sa.Column("role", sa.String(14), nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("phone", sa.LargeBinary, nullable=False),
        sa.Column("phone_hash", sa.LargeBinary, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("seen_at", MOMENT),
        sa.Column("is_away", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], ondelete="CASCADE"),
        sa.UniqueConstraint("phone_hash"),
    )
    op.create_index("ix_helpers_team_id", "helpers", ["team_id"])


def _create_accounts() -> None:
    op.create_table(
        "desk_accounts",
        sa.Column("helper_id", ID, nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.Column("totp_secret", sa.LargeBinary),
        sa.Column("totp_step", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", MOMENT),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("helper_id"),
        sa.ForeignKeyConstraint(["helper_id"], ["helpers.id"], ondelete="CASCADE"),
    )


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("team_id", ID),
        sa.Column("helper_id", ID),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("tier", sa.String(8), nullable=False),
        sa.Column("province", sa.String(80), nullable=False),
        sa.Column("ward", sa.String(80), nullable=False),
        sa.Column("procedure_code", sa.String(40)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        *(sa.Column(name, MOMENT) for name in ("claimed_at", "first_reply_at", "waiting_since", "due_at", "closed_at")),
        sa.Column("close_reason", sa.String(16)),
        sa.Column("rating", sa.Integer),
        sa.Column("rating_word", sa.LargeBinary),
        sa.Column("callback", sa.LargeBinary),
        sa.Column("dossier_id", ID),
        sa.Column("consent_asked_at", MOMENT),
        sa.Column("consented_at", MOMENT),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"]),
        sa.ForeignKeyConstraint(["helper_id"], ["helpers.id"]),
    )
    for columns in (
        ["team_id", "status", "opened_at"],
        ["province", "ward", "status"],
        ["status", "due_at"],
        ["conversation_id", "opened_at"],
        ["helper_id", "status"],
    ):
        op.create_index(f"ix_cases_{'_'.join(columns)}", "cases", columns)
    op.create_index(
        "uq_cases_live", "cases", ["conversation_id"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE
    )


def _create_lines() -> None:
    op.create_table(
        "case_lines",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("helper_id", ID),
        sa.Column("body", sa.LargeBinary),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], ondelete="CASCADE"),
    )


def _create_audit() -> None:
    op.create_table(
        "desk_audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("helper_id", ID),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_desk_audit_at", "desk_audit", ["at"])


def downgrade() -> None:
    for table in ("desk_audit", "case_lines", "cases", "desk_accounts", "helpers", "teams"):
        op.drop_table(table)
