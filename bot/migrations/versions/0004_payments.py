"""What is asked, tried, told, received and given back; and the ledger over it, which only grows."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
REFERENCE, PROVIDER, ATTEMPT, TRANSACTION = sa.String(12), sa.String(16), sa.String(80), sa.String(100)
LIVE, PAID = sa.text("status IN ('open', 'pending', 'failed')"), sa.text("status = 'paid'")


def upgrade() -> None:
    _create_payments()
    _create_attempts()
    _create_notices()
    _create_transfers()
    _create_refunds()
    _create_ledger()
    _create_events()
    _let_the_ledger_only_grow()


def _payment_key() -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    return sa.Column("payment_reference", REFERENCE, nullable=False), sa.ForeignKeyConstraint(
        ["payment_reference"], ["payments.reference"]
    )


def _create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("reference", REFERENCE, nullable=False),
        sa.Column("dossier_reference", sa.String(40), nullable=False),
        sa.Column("demand", sa.String(40), nullable=False),
        sa.Column("amount_vnd", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("provider", PROVIDER),
        sa.Column("lines", sa.LargeBinary, nullable=False),
        sa.Column("billing", sa.LargeBinary),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("paid_at", MOMENT),
        sa.PrimaryKeyConstraint("reference"),
    )
    op.create_index("ix_payments_dossier_reference", "payments", ["dossier_reference"])
    op.create_index("ix_payments_status_expires_at", "payments", ["status", "expires_at"])
    for name, where in (("live", LIVE), ("paid", PAID)):
        columns = ["dossier_reference", "demand"]
        op.create_index(
            f"uq_payments_{name}", "payments", columns, unique=True, sqlite_where=where, postgresql_where=where
        )


def _create_attempts() -> None:
    op.create_table(
        "payment_attempts",
        sa.Column("provider", PROVIDER, nullable=False),
        sa.Column("reference", ATTEMPT, nullable=False),
        *_payment_key(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("started", sa.LargeBinary),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("queries", sa.Integer, nullable=False),
        sa.Column("queried_at", MOMENT),
        sa.Column("next_query_at", MOMENT),
        sa.PrimaryKeyConstraint("provider", "reference"),
        sa.UniqueConstraint("payment_reference", "number"),
    )
    op.create_index("ix_payment_attempts_payment_reference", "payment_attempts", ["payment_reference"])
    op.create_index("ix_payment_attempts_next_query_at", "payment_attempts", ["next_query_at"])


def _create_notices() -> None:
    op.create_table(
        "payment_notices",
        sa.Column("id", ID, nullable=False),
        sa.Column("provider", PROVIDER, nullable=False),
        sa.Column("transaction_key", TRANSACTION, nullable=False),
        sa.Column("meaning", sa.String(32), nullable=False),
        sa.Column("origin", sa.String(9), nullable=False),
        sa.Column("reference", ATTEMPT, nullable=False),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("amount", sa.BigInteger),
        sa.Column("currency", sa.String(8), nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.String(20)),
        sa.Column("handled_at", MOMENT),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider", "transaction_key", "meaning"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_payment_notices_outcome_received_at", "payment_notices", ["outcome", "received_at"])


def _create_transfers() -> None:
    op.create_table(
        "payment_transfers",
        sa.Column("provider", PROVIDER, nullable=False),
        sa.Column("transaction_id", TRANSACTION, nullable=False),
        sa.Column("attempt_reference", ATTEMPT, nullable=False),
        *_payment_key(),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(8), nullable=False),
        sa.Column("is_credited", sa.Boolean, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("provider", "transaction_id"),
    )
    op.create_index("ix_payment_transfers_payment_reference", "payment_transfers", ["payment_reference"])
    op.create_index(
        "ix_payment_transfers_provider_attempt_reference", "payment_transfers", ["provider", "attempt_reference"]
    )


def _create_refunds() -> None:
    op.create_table(
        "refund_cases",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("provider", PROVIDER, nullable=False),
        sa.Column("transaction_id", TRANSACTION, nullable=False),
        *_payment_key(),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("approved_by", sa.String(80)),
        sa.Column("provider_number", TRANSACTION),
        sa.Column("last_error", sa.String(300)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider", "transaction_id"),
    )
    op.create_index("ix_refund_cases_payment_reference", "refund_cases", ["payment_reference"])
    op.create_index("ix_refund_cases_status", "refund_cases", ["status"])


def _create_ledger() -> None:
    op.create_table(
        "ledger_lines",
        sa.Column("id", ID, nullable=False),
        sa.Column("entry", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(8), nullable=False),
        sa.Column("payment_reference", REFERENCE, nullable=False),
        sa.Column("dossier_reference", sa.String(40), nullable=False),
        sa.Column("provider", PROVIDER),
        sa.Column("transaction_id", TRANSACTION),
        sa.Column("booked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ledger_lines_entry", "ledger_lines", ["entry"])
    op.create_index("ix_ledger_lines_payment_reference", "ledger_lines", ["payment_reference"])


def _create_events() -> None:
    op.create_table(
        "payment_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("payment_reference", REFERENCE, nullable=False),
        sa.Column("dossier_reference", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", MOMENT),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_payment_events_payment_reference", "payment_events", ["payment_reference"])
    op.create_index("ix_payment_events_next_attempt_at_id", "payment_events", ["next_attempt_at", "id"])


def _let_the_ledger_only_grow() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER ledger_only_grows_{verb.lower()} BEFORE {verb} ON ledger_lines "
                "BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger only grows'; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_lines "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_grows()"
    )


def downgrade() -> None:
    tables = ("payment_events", "ledger_lines", "refund_cases", "payment_transfers", "payment_notices")
    for table in (*tables, "payment_attempts", "payments"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_only_grows()")
