"""The conversation about a message that somebody received: a code, a pasted text, a number or a link."""

from __future__ import annotations

from dataclasses import dataclass

from bot.channels.reply import Button, Outcome, Reply, Turn
from bot.genuine.codes import NoticeCodes, read_code
from bot.genuine.signs import MOST_CHARS, asks_whether_genuine, examine, pasted
from bot.genuine.telling import of_code, of_text
from bot.ratelimit import RateLimiter
from bot.underway import Heard
from bot.wording import say

PAYLOAD = "gn:"
TRIES_PER_MINUTE = 10
ALL_TRIES_PER_MINUTE = 300  # of everybody together: a code has 39 bits, and shows a notice with its numbers masked


@dataclass(frozen=True)
class Checked:
    """What is said, and whether the next message will be the one that is asked about."""

    outcome: Outcome
    waits: bool = False


class Checking:
    """Serves the conversation and the public page."""

    def __init__(self, codes: NoticeCodes, own_host: str, hotline: str) -> None:
        self._codes, self._own_host, self._hotline = codes, own_host, hotline
        self._tries, self._all_tries = RateLimiter(TRIES_PER_MINUTE), RateLimiter(ALL_TRIES_PER_MINUTE)

    async def take(self, heard: Heard, waits: bool) -> Checked | None:
        """None when the message does not ask whether something is genuine."""
        if heard.payload is not None:
            return _said(say("genuine.paste"), waits=True) if heard.payload == PAYLOAD else None
        text = heard.text or ""
        if read_code(text[:MOST_CHARS]):
            return _said(await self.verdict(text, heard.conversation_id))
        if waits and text.strip():
            return _said(await self.verdict(text, heard.conversation_id))
        if not asks_whether_genuine(text):
            return None
        found = pasted(text)
        return _said(await self.verdict(found, heard.conversation_id)) if found else _said(say("genuine.paste"), True)

    async def verdict(self, text: str, who: str) -> str:
        """What is said about this message; `who` is slowed down when they ask about many codes."""
        code = read_code(text[:MOST_CHARS])
        if code is None:
            return of_text(examine(text, self._own_host), self._hotline)
        if self._tries.wait_seconds(who) or self._all_tries.wait_seconds("all"):
            return say("genuine.slow")
        return of_code(await self._codes.check(code), text, self._own_host)


def check_button() -> Button:
    return Button(title=say("genuine.button"), payload=PAYLOAD)


def _said(text: str, waits: bool = False) -> Checked:
    return Checked(Outcome(replies=(Reply(text=text),), turn=Turn(kind="safety")), waits)
