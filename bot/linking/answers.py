"""How the room of links says things."""

from __future__ import annotations

from bot.channels.reply import Outcome, Reply, Turn
from bot.wording import say

LinkedNow = tuple[Outcome, str | None]  # what is said, and whose memory goes on here


def channel_name(channel: str) -> str:
    return say(f"linking.channel.{channel if channel in ('web', 'telegram', 'zalo') else 'other'}")


def said(key: str, **values: object) -> Outcome:
    return outcome(Reply(text=say(key, **values)))


def outcome(reply: Reply) -> Outcome:
    return Outcome(replies=(reply,), turn=Turn(kind="small_talk"))
