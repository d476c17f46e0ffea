"""How much a citizen wants to hear of a dossier: every step, or only what needs them and the result."""

from __future__ import annotations

import sqlalchemy as sa

from bot.channels.reply import Outcome, Reply, Turn
from bot.order_words import order
from bot.store import Store
from bot.submission.dossier import Status
from bot.tables import notice_wishes
from bot.underway import Heard
from bot.wording import say

# What asks nothing of the citizen and ends nothing; a delay is never kept back, the law wants it told.
MERE_STEPS = frozenset({str(Status.processing), "submit_sent", "supplement_sent"})


async def obey(store: Store, heard: Heard) -> Outcome | None:
    """None when the message is no such order."""
    wish = order(heard.text, "bot.submission.one_stop", "wishes.yml")
    if wish is None:
        return None
    await store.database.write(lambda connection: note(connection, heard.conversation_id, only_few=wish == "few"))
    return Outcome(replies=(Reply(text=say(f"following.wish.{wish}")),), turn=Turn(kind="small_talk"))


def note(connection: sa.Connection, conversation_id: str, only_few: bool) -> None:
    connection.execute(sa.delete(notice_wishes).where(notice_wishes.c.conversation_id == conversation_id))
    if only_few:
        connection.execute(sa.insert(notice_wishes), {"conversation_id": conversation_id})


def is_wanted(connection: sa.Connection, conversation_ids: set[str], kind: str) -> bool:
    """Whether a notice of this kind is told, where the dossier was filed and where its citizen answers now."""
    if kind not in MERE_STEPS:
        return True
    few = sa.select(notice_wishes.c.conversation_id).where(notice_wishes.c.conversation_id.in_(conversation_ids))
    return connection.execute(few).first() is None
