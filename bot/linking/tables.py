"""The tables of linked conversations and of the codes that link them."""

from __future__ import annotations

import sqlalchemy as sa

from bot.tables import Moment, metadata


def _conversation_key() -> sa.Column[str]:
    return sa.Column(
        "conversation_id", sa.String(32), sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )


# The conversations of one citizen share a `citizen_id`, which means nothing else; one that is alone has no row.
linked_conversations = sa.Table(
    "linked_conversations",
    metadata,
    _conversation_key(),
    sa.Column("citizen_id", sa.String(32), nullable=False, index=True),
    sa.Column("linked_at", Moment, nullable=False),
    sa.Column("answered_at", Moment, nullable=False),  # the last turn here: its memory goes on, notices go there
)

# One code per conversation at a time; it goes when it is used, and a new one replaces it.
link_codes = sa.Table(
    "link_codes",
    metadata,
    _conversation_key(),
    sa.Column("code_hash", sa.LargeBinary, nullable=False, unique=True),  # keyed; the code itself is only told
    sa.Column("expires_at", Moment, nullable=False),
)

# The telephone number that its citizen confirmed in this channel, as a keyed hash only: enough to meet itself again.
confirmed_phones = sa.Table(
    "confirmed_phones",
    metadata,
    _conversation_key(),
    sa.Column("phone_hash", sa.LargeBinary, nullable=False, index=True),
    sa.Column("confirmed_at", Moment, nullable=False),
    sa.Column("counted_from", Moment, nullable=False),  # `times` since then: a day's limit
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("is_offered", sa.Boolean, nullable=False),  # this confirmation has been answered with a question
)

# Two conversations in which the same number was confirmed: linked when first the one and then the other says so.
phone_links = sa.Table(
    "phone_links",
    metadata,
    _conversation_key(),  # where the number was confirmed last, and who is asked first
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column(
        "other_id", sa.String(32), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    sa.Column("is_wanted", sa.Boolean, nullable=False),  # said yes to here; the other one has been asked
    sa.Column("expires_at", Moment, nullable=False),
)
