"""Helper mode in the citizen's chat: the code typed there, the consent, the number to read out, the way back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.assisting import codes
from bot.assisting.consents import Consents
from bot.assisting.session import Session
from bot.channels.reply import Button, Outcome, Reply, Turn
from bot.order_words import order
from bot.ratelimit import RateLimiter
from bot.underway import Heard
from bot.wording import say

PREFIX = "hm:"
STOP = f"{PREFIX}off"


@dataclass(frozen=True)
class Helping:
    """Who asks, for what, as citizens read it."""

    helper: str
    team: str
    what: str


# None when the helper is no longer in the list, or the procedure is not filed here.
Describe = Callable[[Session], Awaitable[Helping | None]]


class Asking:
    def __init__(self, consents: Consents, describe: Describe) -> None:
        self._consents, self._describe, self._limits = consents, describe, consents.limits
        self._tries = RateLimiter(self._limits.code_tries_per_minute)
        self._all_tries = RateLimiter(self._limits.all_code_tries_per_minute)

    async def take(self, heard: Heard) -> Outcome | None:
        """None when the message has nothing to do with helper mode."""
        if heard.payload is not None:
            return await self._press(heard) if heard.payload.startswith(PREFIX) else None
        code = codes.code_in(heard.text)
        if code is not None:
            return await self._ask(code, heard)
        match order(heard.text, "bot.assisting", "orders.yml"):
            case "stop":
                return await self._stop(heard)
            case "agree" | "refuse" as word:
                return await self._by_word(word, heard)
        return None

    async def _press(self, heard: Heard) -> Outcome | None:
        match (heard.payload or "").split(":"):
            case ["hm", "y", session_id]:
                return await self._agree(session_id, heard)
            case ["hm", "n", session_id]:
                return await self._refuse(session_id, heard)
            case ["hm", "off"]:
                return await self._stop(heard)
        return None

    async def _by_word(self, word: str, heard: Heard) -> Outcome | None:
        """A yes or no in words, where our question is the one that waits."""
        asked = await self._consents.asked_in(heard.conversation_id)
        if asked is None:
            return None
        return await (self._agree if word == "agree" else self._refuse)(asked.id, heard)

    async def _ask(self, code: str, heard: Heard) -> Outcome:
        if self._tries.wait_seconds(heard.conversation_id) or self._all_tries.wait_seconds("all"):
            return _said(say("assisting.slow"))
        session = await self._consents.ask(code, heard.conversation_id)
        helping = await self._describe(session) if session else None
        if session is None or helping is None:
            return _said(say("assisting.unknown"))
        text = say(
            "assisting.ask",
            helper=helping.helper,
            team=helping.team,
            what=helping.what,
            hours=self._limits.consent_hours,
        )
        buttons = tuple(
            Button(title=say(f"assisting.button.{word}"), payload=f"{PREFIX}{key}:{session.id}")
            for key, word in (("y", "agree"), ("n", "refuse"))
        )
        return _said(text, buttons)

    async def _agree(self, session_id: str, heard: Heard) -> Outcome:
        number = await self._consents.agree(session_id, heard.conversation_id)
        session = await self._consents.find(session_id) if number else None
        helping = await self._describe(session) if session else None
        if number is None or helping is None:
            return _said(say("assisting.late"))
        minutes = self._limits.code_minutes
        return _said(
            say("assisting.number", helper=helping.helper, number=codes.shown(number), minutes=minutes), (stop(),)
        )

    async def _refuse(self, session_id: str, heard: Heard) -> Outcome:
        is_refused = await self._consents.refuse(session_id, heard.conversation_id)
        return _said(say("assisting.refused" if is_refused else "assisting.late"))

    async def _stop(self, heard: Heard) -> Outcome:
        ended = await self._consents.withdraw(heard.conversation_id)
        return _said(say("assisting.stopped" if ended else "assisting.none"))


def stop() -> Button:
    """For everything that is told while a consent holds."""
    return Button(title=say("assisting.button.stop"), payload=STOP)


def _said(text: str, buttons: tuple[Button, ...] = ()) -> Outcome:
    return Outcome(replies=(Reply(text=text, buttons=buttons),), turn=Turn(kind="small_talk"))
