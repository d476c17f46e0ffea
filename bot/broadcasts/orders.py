"""The citizen's two orders: no news of the ward, and news again."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import yaml

from bot.broadcasts.broadcasts import Broadcasts
from bot.channels.reply import Outcome, Reply, Turn
from bot.underway import Heard
from bot.wording import say
from knowledge.text import clean, fold

MOST_CHARS = 60


async def obey(broadcasts: Broadcasts, heard: Heard) -> Outcome | None:
    """None when the message is no such order."""
    ordered = _order(heard.text)
    if ordered is None:
        return None
    await broadcasts.want(heard.conversation_id, wanted=ordered == "want")
    return Outcome(replies=(Reply(text=say(f"broadcast.{ordered}")),), turn=Turn(kind="small_talk"))


def _order(text: str | None) -> str | None:
    if text is None or len(text) > MOST_CHARS:
        return None
    return _orders().get(_key(text))


@lru_cache(maxsize=1)
def _orders() -> dict[str, str]:
    data = yaml.safe_load(resources.files("bot.broadcasts").joinpath("orders.yml").read_text("utf-8"))
    return {_key(phrase): name for name, phrases in data.items() for phrase in phrases}


def _key(text: str) -> str:
    return fold(clean(text)).strip(" .!?/")
