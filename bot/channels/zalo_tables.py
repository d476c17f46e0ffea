"""The tables of the Zalo channel: events as they came in, and the pair of tokens with which we may write."""

from __future__ import annotations

import sqlalchemy as sa

from bot.tables import Moment, metadata

# Stored before Zalo is answered, worked off in order per citizen. Done ones stay, empty, for as long as Zalo may
# repeat them and as the seven days last in which a citizen who wrote may be written to.
zalo_events = sa.Table(
    "zalo_events",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("event_key", sa.LargeBinary, nullable=False, unique=True),  # keyed hash of what makes it the same event
    sa.Column("conversation_id", sa.String(32), sa.ForeignKey("conversations.id", ondelete="CASCADE")),
    sa.Column("body", sa.LargeBinary),  # sealed, as it came; null once it is done
    sa.Column("status", sa.String(8), nullable=False),  # waiting | taken | done | dead | kept (of an unknown kind)
    sa.Column("is_interaction", sa.Boolean, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", Moment, nullable=False),
    sa.Column("lease_until", Moment),
    sa.Column("received_at", Moment, nullable=False),
    sa.Index(None, "status", "id"),
    sa.Index(None, "conversation_id", "status", "id"),
    sa.Index(None, "received_at"),
    sqlite_autoincrement=True,
)

# One row: what lets us write in the account's name. A refresh token works once, so who uses it first claims the row.
zalo_tokens = sa.Table(
    "zalo_tokens",
    metadata,
    sa.Column("app_id", sa.String(40), primary_key=True),
    sa.Column("pair", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("version", sa.Integer, nullable=False),  # grows with every new pair
    sa.Column("renew_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),  # of the access token
    sa.Column("lease_until", Moment),  # somebody is renewing it until then
    sa.Column("lost_at", Moment),  # Zalo refused to renew: a person has to give consent again
    sa.Column("lost_reason", sa.String(200)),
    sa.Column("seed_hash", sa.LargeBinary),  # of the setting it began with, so that a restart does not use it again
    sa.Column("changed_at", Moment, nullable=False),
)
