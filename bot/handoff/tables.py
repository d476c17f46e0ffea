"""The tables of people's help: teams, helpers and their accounts, cases with all that happened to them, the audit."""

from __future__ import annotations

import sqlalchemy as sa

from bot.tables import Moment, metadata

LIVE = sa.text("status IN ('open', 'claimed')")


def _key(name: str, target: str, is_needed: bool = True, **options: object) -> sa.Column:
    on_delete = "CASCADE" if is_needed else None
    return sa.Column(name, sa.String(32), sa.ForeignKey(target, ondelete=on_delete), nullable=not is_needed, **options)


teams = sa.Table(
    "teams",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tier", sa.String(8), nullable=False),  # village | ward | province
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("province", sa.String(80), nullable=False),
    sa.Column("ward", sa.String(80), nullable=False),  # empty for a province's own team
    sa.Column("skills", sa.String(300), nullable=False),  # sectors, semicolons between; empty: any
    sa.Column("hours", sa.String(200), nullable=False),  # empty: those of its tier
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.UniqueConstraint("province", "ward", "tier", "name"),
)

helpers = sa.Table(
    "helpers",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    _key("team_id", "teams.id", index=True),
    sa.Column("role", sa.String(14), nullable=False),  # helper | team_lead | ward_officer | province_admin
    sa.Column("name", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("phone", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("phone_hash", sa.LargeBinary, nullable=False, unique=True),  # keyed
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("seen_at", Moment),  # at an open desk
    sa.Column("is_away", sa.Boolean, nullable=False),  # said so at the desk
)

desk_accounts = sa.Table(
    "desk_accounts",
    metadata,
    _key("helper_id", "helpers.id", primary_key=True),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("must_change", sa.Boolean, nullable=False),  # the password was given by somebody else
    sa.Column("totp_secret", sa.LargeBinary),  # sealed; null until a second factor is set up
    sa.Column("totp_step", sa.BigInteger, nullable=False),  # of the last code taken: each opens once
    sa.Column("failures", sa.Integer, nullable=False),  # in a row
    sa.Column("locked_until", Moment),
    sa.Column("generation", sa.Integer, nullable=False),  # grows when every session must end
)

# An account of the province's own sign-in, and the helper it was found to be; one each.
desk_identities = sa.Table(
    "desk_identities",
    metadata,
    sa.Column("issuer", sa.String(300), primary_key=True),
    sa.Column("subject", sa.String(255), primary_key=True),
    _key("helper_id", "helpers.id", unique=True),
    sa.Column("bound_at", Moment, nullable=False),
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    _key("conversation_id", "conversations.id"),
    _key("team_id", "teams.id", is_needed=False),
    _key("helper_id", "helpers.id", is_needed=False),  # who has it, or had it last
    sa.Column("status", sa.String(8), nullable=False),  # open | claimed | closed | expired
    sa.Column("reason", sa.String(16), nullable=False),
    sa.Column("tier", sa.String(8), nullable=False),
    sa.Column("province", sa.String(80), nullable=False),
    sa.Column("ward", sa.String(80), nullable=False),
    sa.Column("procedure_code", sa.String(40)),
    sa.Column("version", sa.Integer, nullable=False),  # grows with every change of status, team or helper
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("claimed_at", Moment),
    sa.Column("first_reply_at", Moment),
    sa.Column("waiting_since", Moment),  # the citizen's oldest word that no helper answered
    sa.Column("due_at", Moment),  # when the clock that runs now rings
    sa.Column("closed_at", Moment),
    sa.Column("close_reason", sa.String(16)),
    sa.Column("rating", sa.Integer),
    sa.Column("rating_word", sa.LargeBinary),  # sealed
    sa.Column("callback", sa.LargeBinary),  # sealed: a number and when to ring it
    sa.Column("dossier_id", sa.String(32)),  # the one a helper asked to see
    sa.Column("consent_asked_at", Moment),
    sa.Column("consented_at", Moment),
    sa.Index(None, "team_id", "status", "opened_at"),
    sa.Index(None, "province", "ward", "status"),
    sa.Index(None, "status", "due_at"),
    sa.Index(None, "conversation_id", "opened_at"),
    sa.Index(None, "helper_id", "status"),
)
sa.Index("uq_cases_live", cases.c.conversation_id, unique=True, sqlite_where=LIVE, postgresql_where=LIVE)

# What happened to a case, in order; a note's words are sealed.
case_lines = sa.Table(
    "case_lines",
    metadata,
    _key("case_id", "cases.id", primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("helper_id", sa.String(32)),
    sa.Column("body", sa.LargeBinary),
    sa.Column("at", Moment, nullable=False),
)

# Who did or tried what at the desk; grows, and is read by those responsible.
desk_audit = sa.Table(
    "desk_audit",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("helper_id", sa.String(32)),
    sa.Column("act", sa.String(32), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("outcome", sa.String(10), nullable=False),  # done | denied | failed
    sqlite_autoincrement=True,
)

# A helper's own Telegram chat, or a team's group; the outbox finds it by its conversation, of a channel of its own.
desk_chats = sa.Table(
    "desk_chats",
    metadata,
    _key("conversation_id", "conversations.id", primary_key=True),
    sa.Column("helper_id", sa.String(32), sa.ForeignKey("helpers.id", ondelete="CASCADE"), unique=True),
    sa.Column("team_id", sa.String(32), sa.ForeignKey("teams.id", ondelete="CASCADE"), unique=True),
    sa.Column("focus_case_id", sa.String(32)),  # what is typed there goes to this case
    sa.Column("connected_at", Moment, nullable=False),
)

# One code per helper and kind of chat at a time; a new one replaces it.
desk_chat_codes = sa.Table(
    "desk_chat_codes",
    metadata,
    _key("helper_id", "helpers.id", primary_key=True),
    sa.Column("for_group", sa.Boolean, primary_key=True),
    sa.Column("code_hash", sa.LargeBinary, nullable=False, unique=True),  # keyed; the code itself is only shown
    sa.Column("expires_at", Moment, nullable=False),
)

# How far the chats have been told of each case.
case_news = sa.Table(
    "case_news",
    metadata,
    _key("case_id", "cases.id", primary_key=True),
    sa.Column("told_number", sa.Integer, nullable=False),  # of the case's own lines
    sa.Column("told_seq", sa.Integer, nullable=False),  # of the conversation's, for who follows it
    sa.Column("follower_id", sa.String(32)),  # the helper who took it in a chat and reads it there
    sa.Column("is_over", sa.Boolean, nullable=False),
)

# Which lines of a helper's chat repeat a citizen's words: emptied once delivered, or when the citizen is forgotten.
desk_chat_lines = sa.Table(
    "desk_chat_lines",
    metadata,
    _key("conversation_id", "conversations.id", primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    _key("case_id", "cases.id", index=True),
)

# What a helper said of one of the assistant's answers; an operator accepts it as wording, or leaves it.
corrections = sa.Table(
    "corrections",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    _key("conversation_id", "conversations.id"),
    sa.Column("seq", sa.Integer, nullable=False),  # of the answer: one correction each
    sa.Column("question", sa.LargeBinary, nullable=False),  # sealed; numbers masked before
    sa.Column("said_kind", sa.String(12), nullable=False),  # of the turn: answer | clarify | not_found
    sa.Column("said_code", sa.String(40)),
    sa.Column("confidence", sa.Float),
    sa.Column("verdict", sa.String(8), nullable=False),  # right | wrong | none (no procedure is right)
    sa.Column("right_code", sa.String(40)),  # when wrong
    sa.Column("helper_id", sa.String(32), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # grows with every change, so that what was read is decided on
    sa.Column("status", sa.String(8), nullable=False),  # waiting | accepted | left
    sa.UniqueConstraint("conversation_id", "seq"),
    sa.Index(None, "status", "at"),
)
