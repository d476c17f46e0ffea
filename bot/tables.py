"""The tables of the gateway; what a citizen said or was told is only ever a sealed column."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


class Moment(sa.types.TypeDecorator[datetime]):
    """A point in time: aware in our hands, UTC in every database (SQLite forgets the zone)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _conversation_key(**options: Any) -> sa.Column[str]:
    return sa.Column(
        "conversation_id",
        sa.String(32),
        sa.ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        **options,
    )


def _dossier_key() -> sa.Column[str]:
    return sa.Column(
        "reference", sa.String(40), sa.ForeignKey("dossiers.reference", ondelete="CASCADE"), primary_key=True
    )


conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("address", sa.LargeBinary),  # sealed; where the channel reaches the citizen
    sa.Column("address_hash", sa.LargeBinary),  # keyed, to find the conversation again
    sa.Column("token_hash", sa.LargeBinary),
    sa.Column("context", sa.LargeBinary),  # sealed
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_active_at", Moment, nullable=False),
    sa.Column("closed_at", Moment),  # the citizen left the channel: nothing may be pushed
    sa.Column("erased_at", Moment),  # the citizen asked; the empty shell goes with the next sweep
    sa.UniqueConstraint("channel", "address_hash"),
    sa.Index(None, "last_active_at"),
)

sa.Index(
    "ix_conversations_closed",
    conversations.c.closed_at,
    sqlite_where=sa.text("closed_at IS NOT NULL"),
    postgresql_where=sa.text("closed_at IS NOT NULL"),
)

# One line of a conversation: a citizen's message ("in"), or all we said at once ("out").
messages = sa.Table(
    "messages",
    metadata,
    _conversation_key(primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("direction", sa.String(3), nullable=False),
    sa.Column("message_key", sa.LargeBinary, unique=True),  # keyed hash of channel, sender and message id
    sa.Column("reply_to", sa.Integer),  # the seq answered by an "out" line; null when pushed
    sa.Column("body", sa.LargeBinary),  # sealed; null once erased
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("answered_at", Moment),
    sa.Column("recoveries", sa.Integer, nullable=False),
)
IS_UNANSWERED = sa.and_(messages.c.direction == "in", messages.c.answered_at.is_(None))
sa.Index(
    "ix_messages_unanswered",
    messages.c.received_at,
    sqlite_where=sa.text("direction = 'in' AND answered_at IS NULL"),
    postgresql_where=sa.text("direction = 'in' AND answered_at IS NULL"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    _conversation_key(),
    sa.Column("seq", sa.Integer, nullable=False),  # the "out" line
    sa.Column("part", sa.Integer, nullable=False),  # which of its replies
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("status", sa.String(8), nullable=False),  # waiting | sending | sent | dead
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", Moment, nullable=False),
    sa.Column("lease_until", Moment),  # a send not reported by then has an unknown outcome
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("last_error", sa.String(300)),
    sa.Index(None, "channel", "status", "next_attempt_at"),
    sa.Index(None, "conversation_id", "status", "id"),
    sqlite_autoincrement=True,  # an id is never given again, so order by id is order of writing
)

attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    _conversation_key(index=True),
    sa.Column("name", sa.LargeBinary, nullable=False),  # sealed: people name files after themselves
    sa.Column("media_type", sa.String(40), nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("details", sa.LargeBinary),  # sealed; what was seen when it was opened
    sa.Column("paper_of", sa.LargeBinary),  # of our own making: hash of the pages bound in it
)

# A procedure as it was read when somebody began a dossier; dossiers of the same reading share it.
frozen_procedures = sa.Table(
    "frozen_procedures",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),  # JSON; public knowledge, so not sealed
    sa.Column("frozen_at", Moment, nullable=False),
)

dossiers = sa.Table(
    "dossiers",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    _conversation_key(index=True),
    sa.Column("procedure_code", sa.String(40), nullable=False),
    sa.Column("procedure_digest", sa.String(64), sa.ForeignKey("frozen_procedures.digest"), nullable=False, index=True),
    sa.Column("status", sa.String(24), nullable=False),
    sa.Column("answers", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("version", sa.Integer, nullable=False),  # grows with every change: who writes must have read the last
    sa.Column("last_change", sa.LargeBinary),  # hash of the message that made it, so that a second copy is recognised
    sa.Column("resume_hash", sa.LargeBinary, unique=True),  # keyed; the code itself is only told
    sa.Column("reference", sa.String(40), unique=True),  # ours, given when it is submitted
    sa.Column("consented_at", Moment),
    sa.Column("submitted_at", Moment),
    sa.Column("warned_at", Moment),  # that the draft will expire
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),  # of a draft
    sa.Index(None, "status", "expires_at"),
)
sa.Index(
    "uq_dossiers_draft",
    dossiers.c.conversation_id,
    dossiers.c.procedure_code,
    unique=True,
    sqlite_where=sa.text("status = 'draft'"),
    postgresql_where=sa.text("status = 'draft'"),
)
# What is handed over to the one-stop system: number 0 is the dossier itself, later ones supplements and the like.
handovers = sa.Table(
    "handovers",
    metadata,
    _dossier_key(),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("status", sa.String(8), nullable=False),  # held | waiting | sending | done | rejected | dead
    sa.Column("body", sa.LargeBinary),  # sealed; null once it is done
    sa.Column("attempts", sa.Integer, nullable=False),  # taken so often; who finishes must have taken last
    sa.Column("next_attempt_at", Moment, nullable=False),
    sa.Column("lease_until", Moment),  # an attempt not reported by then has an unknown outcome
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("last_error", sa.String(300)),
    sa.Index(None, "status", "next_attempt_at"),
)

# What an adapter must not do twice: the number it drew, the files it sent.
handover_notes = sa.Table(
    "handover_notes",
    metadata,
    _dossier_key(),
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("value", sa.String(300), nullable=False),
)

# A dossier that is in the one-stop system, as it was told last.
followed_dossiers = sa.Table(
    "followed_dossiers",
    metadata,
    _dossier_key(),
    sa.Column("code", sa.String(60), nullable=False, index=True),  # the agency's
    sa.Column("version", sa.Integer, nullable=False),  # grows with every change
    sa.Column("state", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("promised_at", Moment),
    sa.Column("overdue_told_for", Moment),  # the promised day whose passing was apologised for
    sa.Column("next_poll_at", Moment, index=True),  # null: nothing more is expected
    sa.Column("changed_at", Moment, nullable=False),
)

# What a citizen is told about it, each once, by day.
status_notices = sa.Table(
    "status_notices",
    metadata,
    _dossier_key(),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("body", sa.LargeBinary),  # sealed; null once it is told
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("told_at", Moment),
    sa.Index(None, "told_at", "due_at"),
)

# Who wants to hear only what needs them, and the result; everybody else hears every step.
notice_wishes = sa.Table("notice_wishes", metadata, _conversation_key(primary_key=True))

switches = sa.Table(
    "switches",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("set_at", Moment, nullable=False),
)

# Events of a channel that are not messages (joined, left, edited …), so that a copy is recognised.
seen_events = sa.Table(
    "seen_events",
    metadata,
    sa.Column("source", sa.String(32), primary_key=True),
    sa.Column("event_key", sa.LargeBinary, primary_key=True),
    sa.Column("seen_at", Moment, nullable=False, index=True),
)

# One sealed word per key ever used: a missing key is told at start, not at the first citizen.
key_checks = sa.Table(
    "key_checks",
    metadata,
    sa.Column("key_id", sa.String(8), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

# The tables of money and of helpers stand in their rooms; they belong to the same schema, so whoever reads it must
# see them.
from bot.assisting import tables as assisting_tables  # noqa: E402, F401
from bot.broadcasts import tables as broadcast_tables  # noqa: E402, F401
from bot.channels import zalo_tables  # noqa: E402, F401
from bot.genuine import tables as genuine_tables  # noqa: E402, F401
from bot.handoff import tables as handoff_tables  # noqa: E402, F401
from bot.linking import tables as linking_tables  # noqa: E402, F401
from bot.payment import tables as payment_tables  # noqa: E402, F401
from bot.petitions import tables as petition_tables  # noqa: E402, F401
