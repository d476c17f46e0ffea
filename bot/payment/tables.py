"""The tables of money: what was asked, tried, told, received, given back; and the ledger over all of it.

No key leads to the dossiers: a citizen may have everything erased, the accountant keeps the sums.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.tables import Moment, metadata

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
REFERENCE, PROVIDER, ATTEMPT, TRANSACTION = sa.String(12), sa.String(16), sa.String(80), sa.String(100)
LIVE = ("open", "pending", "failed")  # still to be paid
_LIVE_SQL = sa.text("status IN ('open', 'pending', 'failed')")
_PAID_SQL = sa.text("status = 'paid'")


def _payment_key(**options: Any) -> sa.Column[str]:
    return sa.Column("payment_reference", REFERENCE, sa.ForeignKey("payments.reference"), nullable=False, **options)


payments = sa.Table(
    "payments",
    metadata,
    sa.Column("reference", REFERENCE, primary_key=True),
    sa.Column("dossier_reference", sa.String(40), nullable=False, index=True),
    sa.Column("demand", sa.String(40), nullable=False),  # which of the dossier's demands; usually the only one
    sa.Column("amount_vnd", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("provider", PROVIDER),  # begun with last; of a paid one, paid by
    sa.Column("lines", sa.LargeBinary, nullable=False),  # JSON; figures of law, nothing personal
    sa.Column("billing", sa.LargeBinary),  # sealed; null once nothing is to be paid any more
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("paid_at", Moment),
    sa.Index(None, "status", "expires_at"),
)
# The database itself holds that a demand is asked by one payment at a time and paid once.
for _name, _where in (("live", _LIVE_SQL), ("paid", _PAID_SQL)):
    sa.Index(
        f"uq_payments_{_name}",
        payments.c.dossier_reference,
        payments.c.demand,
        unique=True,
        sqlite_where=_where,
        postgresql_where=_where,
    )

# One try with one provider, under a reference that is used once.
payment_attempts = sa.Table(
    "payment_attempts",
    metadata,
    sa.Column("provider", PROVIDER, primary_key=True),
    sa.Column("reference", ATTEMPT, primary_key=True),
    _payment_key(index=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("status", sa.String(8), nullable=False),  # pending | paid | failed | given_up
    sa.Column("started", sa.LargeBinary),  # sealed: where to pay; null until the provider answered
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("queries", sa.Integer, nullable=False),
    sa.Column("queried_at", Moment),
    sa.Column("next_query_at", Moment, index=True),  # null: nothing more is expected
    sa.UniqueConstraint("payment_reference", "number"),
)

# What providers told us, each statement once, kept before it is acted on.
payment_notices = sa.Table(
    "payment_notices",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("provider", PROVIDER, nullable=False),
    sa.Column("transaction_key", TRANSACTION, nullable=False),
    sa.Column("meaning", sa.String(32), nullable=False),  # hash of what it says: a later word differs, a copy does not
    sa.Column("origin", sa.String(9), nullable=False),  # notice | query | statement | citizen | desk
    sa.Column("reference", ATTEMPT, nullable=False),
    sa.Column("verdict", sa.String(8), nullable=False),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("amount", sa.BigInteger),
    sa.Column("currency", sa.String(8), nullable=False),
    sa.Column("body", sa.LargeBinary),  # sealed, as it came: the evidence
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("outcome", sa.String(20)),  # null: not acted on yet
    sa.Column("handled_at", Moment),
    sa.UniqueConstraint("provider", "transaction_key", "meaning"),
    sa.Index(None, "outcome", "received_at"),
    sqlite_autoincrement=True,
)

# Money that came in, by the provider's own number of it.
payment_transfers = sa.Table(
    "payment_transfers",
    metadata,
    sa.Column("provider", PROVIDER, primary_key=True),
    sa.Column("transaction_id", TRANSACTION, primary_key=True),
    sa.Column("attempt_reference", ATTEMPT, nullable=False),
    _payment_key(index=True),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(8), nullable=False),
    sa.Column("is_credited", sa.Boolean, nullable=False),  # False: held apart until it is given back
    sa.Column("received_at", Moment, nullable=False),
    sa.Index(None, "provider", "attempt_reference"),
)

refund_cases = sa.Table(
    "refund_cases",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("provider", PROVIDER, nullable=False),
    sa.Column("transaction_id", TRANSACTION, nullable=False),
    _payment_key(index=True),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(8), nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("status", sa.String(10), nullable=False, index=True),  # open | approved | sending | sent | done | refused
    sa.Column("asked_by", sa.String(80), nullable=False),  # "rules", or who asked
    sa.Column("approved_by", sa.String(80)),
    sa.Column("provider_number", TRANSACTION),
    sa.Column("last_error", sa.String(300)),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.UniqueConstraint("provider", "transaction_id"),
)

# Never changed, never deleted (a trigger holds it); the lines of one entry add up to nothing.
ledger_lines = sa.Table(
    "ledger_lines",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("entry", sa.String(32), nullable=False, index=True),
    sa.Column("kind", sa.String(10), nullable=False),  # see ledger.Kind
    sa.Column("account", sa.String(40), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),  # what is added; below zero: taken away
    sa.Column("currency", sa.String(8), nullable=False),
    sa.Column("payment_reference", REFERENCE, nullable=False, index=True),
    sa.Column("dossier_reference", sa.String(40), nullable=False),
    sa.Column("provider", PROVIDER),
    sa.Column("transaction_id", TRANSACTION),
    sa.Column("booked_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

# What follows from a change, written with it; told at least once, in order.
payment_events = sa.Table(
    "payment_events",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("payment_reference", REFERENCE, nullable=False, index=True),
    sa.Column("dossier_reference", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", Moment),  # null: told
    sa.Index(None, "next_attempt_at", "id"),
    sqlite_autoincrement=True,
)
