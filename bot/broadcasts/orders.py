"""The citizen's two orders: no news of the ward, and news again."""

from __future__ import annotations

from bot.broadcasts.broadcasts import Broadcasts
from bot.channels.reply import Outcome, Reply, Turn
from bot.order_words import order
from bot.underway import Heard
from bot.wording import say


async def obey(broadcasts: Broadcasts, heard: Heard) -> Outcome | None:
    """None when the message is no such order."""
    ordered = order(heard.text, "bot.broadcasts", "orders.yml")
    if ordered is None:
        return None
    await broadcasts.want(heard.conversation_id, wanted=ordered == "want")
    return Outcome(replies=(Reply(text=say(f"broadcast.{ordered}")),), turn=Turn(kind="small_talk"))
