"""The tables of helper mode: each consent with what came of it, who typed what, and what was sent to a telephone."""

from __future__ import annotations

import sqlalchemy as sa

from bot.tables import Moment, metadata

# One row from the code on a helper's screen to the end of what was agreed to; kept to tell who helped whom.
assist_sessions = sa.Table(
    "assist_sessions",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("helper_id", sa.String(32), sa.ForeignKey("helpers.id", ondelete="CASCADE"), nullable=False),
    sa.Column("procedure_code", sa.String(40), nullable=False),
    sa.Column("status", sa.String(8), nullable=False),  # waiting | asked | told | agreed | ended
    sa.Column("code_hash", sa.LargeBinary, unique=True),  # keyed; the code on the helper's screen, until it is used
    sa.Column("number_hash", sa.LargeBinary),  # keyed; the number in the citizen's chat, until it is used
    sa.Column("tries", sa.Integer, nullable=False),  # wrong numbers
    sa.Column("conversation_id", sa.String(32), sa.ForeignKey("conversations.id", ondelete="CASCADE")),
    sa.Column("dossier_id", sa.String(32)),  # outlives the draft: who helped is still known when it was dropped
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("until", Moment, nullable=False),  # of the step that waits, then of the consent
    sa.Column("consented_at", Moment),
    sa.Column("ended_at", Moment),
    sa.Column("ended_because", sa.String(12)),
    sa.Column("shown_version", sa.Integer),  # of the dossier that the citizen was asked to look at
    sa.Column("state", sa.LargeBinary),  # sealed; where the helper's page is, until the end
    sa.Column("channel", sa.String(12)),  # zalo_phone: agreed by a code sent to a number; null: in their own chat
    sa.Column("phone", sa.LargeBinary),  # sealed; that number, until the end
    sa.Column("phone_shown", sa.String(12)),  # its last figures, to tell where the code went
    sa.Index(None, "conversation_id", "status"),
    sa.Index(None, "helper_id", "status"),
    sa.Index(None, "status", "until"),
)

# Which answers a helper typed and when; what was answered is in the dossier alone.
assist_answers = sa.Table(
    "assist_answers",
    metadata,
    sa.Column("session_id", sa.String(32), sa.ForeignKey("assist_sessions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),  # of the dossier after it
    sa.Column("step", sa.String(80), nullable=False),
    sa.Column("at", Moment, nullable=False),
)

# Every message to a telephone number: what limits are counted from, for two days. Without the number itself.
assist_sends = sa.Table(
    "assist_sends",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("session_id", sa.String(32), sa.ForeignKey("assist_sessions.id", ondelete="SET NULL"), index=True),
    sa.Column("helper_id", sa.String(32), sa.ForeignKey("helpers.id", ondelete="CASCADE"), nullable=False),
    sa.Column("phone_hash", sa.LargeBinary),  # keyed; null once its citizen is forgotten
    sa.Column("kind", sa.String(8), nullable=False),  # code | page
    sa.Column("became", sa.String(12), nullable=False),  # sending, then what became of it; arrived in the end
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "helper_id", "at"),
    sa.Index(None, "phone_hash", "at"),
    sa.Index(None, "at"),
)

# The links by which a citizen who agreed by a code opens the page with their dossier; each opens it once.
assist_links = sa.Table(
    "assist_links",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),  # keyed; the token itself is only sent
    sa.Column(
        "session_id",
        sa.String(32),
        sa.ForeignKey("assist_sessions.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("until", Moment, nullable=False),
    sa.Column("used_at", Moment),
)
