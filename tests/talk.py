"""Short ways to say what tests say all the time."""

from __future__ import annotations

from bot.channels.inbound import Inbound
from bot.channels.reply import Button, Outcome, Reply, Turn
from bot.store import Store


def message(text: str = "làm khai sinh cho con", message_id: str = "m1", sender: str = "an", channel: str = "telegram"):
    return Inbound(channel=channel, sender=sender, message_id=message_id, text=text)


def outcome(*texts: str) -> Outcome:
    replies = tuple(Reply(text=text, buttons=(Button(title="Lệ phí", payload="f:cost:1.001193"),)) for text in texts)
    return Outcome(replies=replies, turn=Turn(kind="answer", procedure_code="1.001193", confidence=0.9))


async def answered(store: Store, conversation_id: str, text: str, *replies: str, message_id: str = "m1", **options):
    """A whole turn; the seq of the citizen's line."""
    received = await store.receive(conversation_id, message(text, message_id))
    await store.answer(conversation_id, received.seq, outcome(*replies), options.get("context", {}), deliver=True)
    return received.seq
