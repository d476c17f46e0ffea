"""Which conversations belong to the same citizen, where they answered last, and where a notice goes.

The one place that knows it: every query that asks "is it this citizen's?" takes its condition from here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam as bind

from bot.linking.tables import confirmed_phones, link_codes, linked_conversations, phone_links
from bot.tables import conversations

PAGE_LIFE = timedelta(hours=1)  # so long after a word on the web page its citizen is thought to look at it still

_links = linked_conversations


def linked_with(conversation: Any) -> sa.Select:
    """The conversations linked with this one, itself among them; none where it stands alone."""
    own, others = _links.alias("own"), _links.alias("others")
    citizen = sa.select(own.c.citizen_id).where(own.c.conversation_id == conversation).scalar_subquery()
    return sa.select(others.c.conversation_id).where(others.c.citizen_id == citizen)


def is_theirs(column: Any, conversation: Any) -> sa.ColumnElement[bool]:
    """Whether `column` is this conversation or one that is linked to it; `conversation` may be a bound parameter."""
    return sa.or_(column == conversation, column.in_(linked_with(conversation)))


_NOTE_ANSWER = sa.update(_links).where(_links.c.conversation_id == bind("linked")).values(answered_at=bind("answered"))
_FIND_GROUP = (
    sa.select(conversations.c.id, conversations.c.channel, conversations.c.closed_at, _links.c.answered_at)
    .outerjoin(_links, _links.c.conversation_id == conversations.c.id)
    .where(is_theirs(conversations.c.id, bind("conversation_id")))
    .order_by(_links.c.answered_at.desc(), conversations.c.id)
)
FIND_MEMORY = (
    sa.select(conversations.c.id, conversations.c.context, _links.c.citizen_id.is_not(None).label("is_linked"))
    .outerjoin(_links, _links.c.conversation_id == conversations.c.id)
    .where(is_theirs(conversations.c.id, bind("conversation_id")))
    .order_by(_links.c.answered_at.desc())
    .limit(1)
)


def note_answer(connection: sa.Connection, conversation_id: str, now: datetime) -> None:
    """A turn was taken here; nothing where the conversation is not linked."""
    connection.execute(_NOTE_ANSWER, {"linked": conversation_id, "answered": now})


def group(connection: sa.Connection, conversation_id: str) -> list[Any]:
    """The citizen's conversations (id, channel, closed_at, answered_at), the one answered in last first."""
    return list(connection.execute(_FIND_GROUP, {"conversation_id": conversation_id}).all())


def where_to_tell(connection: sa.Connection, conversation_id: str, now: datetime) -> str:
    """The conversation a notice goes to: where the citizen answered last and can be reached.

    A page that was left is not looked at, so after an hour a channel that reaches the citizen is preferred to it.
    """
    open_ones = [row for row in group(connection, conversation_id) if row.closed_at is None and row.answered_at]
    awake = [row for row in open_ones if row.channel != "web" or row.answered_at > now - PAGE_LIFE]
    return next((row.id for row in awake or open_ones), conversation_id)


def leave(connection: sa.Connection, conversation_id: str) -> None:
    """This conversation belongs to nobody else's any more; one that is left alone is not linked either."""
    ours = sa.select(_links.c.citizen_id).where(_links.c.conversation_id == conversation_id)
    citizen_id = connection.execute(ours).scalar()
    connection.execute(sa.delete(link_codes).where(link_codes.c.conversation_id == conversation_id))
    asked = sa.or_(phone_links.c.conversation_id == conversation_id, phone_links.c.other_id == conversation_id)
    connection.execute(sa.delete(phone_links).where(asked))
    if citizen_id is None:
        return
    connection.execute(sa.delete(_links).where(_links.c.conversation_id == conversation_id))
    left = sa.select(sa.func.count()).where(_links.c.citizen_id == citizen_id)
    if connection.execute(left).scalar_one() == 1:
        connection.execute(sa.delete(_links).where(_links.c.citizen_id == citizen_id))


def forget(connection: sa.Connection, conversation_id: str) -> None:
    """The conversation is erased: it is nobody else's, and no number was confirmed in it."""
    connection.execute(sa.delete(confirmed_phones).where(confirmed_phones.c.conversation_id == conversation_id))
    leave(connection, conversation_id)
