"""The conversation about links: a code here, a confirmation there, and what "forget me" is meant to reach."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from bot.channels.reply import Button, Outcome, Reply
from bot.linking import by_phone, codes, words
from bot.linking.answers import LinkedNow, channel_name, outcome, said
from bot.linking.links import CODE_LIFE, Linked, Links, Offer, Refusal
from bot.ratelimit import RateLimiter
from bot.underway import Heard
from bot.wording import say

log = logging.getLogger(__name__)

PREFIX = "lk:"
TRIES_PER_MINUTE = 5
ALL_TRIES_PER_MINUTE = 60  # of everybody together: a code has 39 bits and lives ten minutes
Announce = Callable[[str], Awaitable[None]]
Ring = Callable[[str], None]


class Linking:
    """`announce(conversation_id)` tells open pages, `ring(channel)` the outbox."""

    def __init__(self, links: Links, announce: Announce, ring: Ring, is_erasure: Callable[[str], bool]) -> None:
        self._links, self._announce, self._ring, self._is_erasure = links, announce, ring, is_erasure
        self._tries, self._all_tries = RateLimiter(TRIES_PER_MINUTE), RateLimiter(ALL_TRIES_PER_MINUTE)

    async def take(self, heard: Heard) -> LinkedNow | None:
        """None when the message has nothing to do with links."""
        if heard.payload is not None:
            return await self._press(heard) if heard.payload.startswith(PREFIX) else None
        text = heard.text or ""
        if self._is_erasure(text):
            return await self._which_to_erase(heard)
        match words.order(text):
            case "link":
                return await self._issue(heard), None
            case "unlink":
                return await self._leave(heard), None
        is_asked = heard.underway is not None and not heard.underway.is_paused
        code = words.code_in(text, is_alone_enough=not is_asked)
        return await self._look_at(code, heard, text) if code else None

    async def _press(self, heard: Heard) -> LinkedNow | None:
        match heard.payload.split(":"):
            case ["lk", "new"]:
                return await self._issue(heard), None
            case ["lk", "off"]:
                return await self._leave(heard), None
            case ["lk", "y", code] if codes.read_bare(code):
                return await self._use(code, heard)
            case ["lk", "n", code] if codes.read_bare(code):
                await self._links.void(code)
                return said("linking.refused"), None
            case ["lk", "all"]:
                return _erased("linking.erased_all", everywhere=True), None
            case ["lk", "here"]:
                return _erased("linking.erased_here", everywhere=False), None
            case ["lk", "keep"]:
                return said("linking.kept"), None
        return None

    async def _issue(self, heard: Heard) -> Outcome:
        if self._tries.wait_seconds(f"issue:{heard.conversation_id}"):
            return said("linking.slow")
        code = codes.shown(await self._links.issue(heard.conversation_id))
        told = said("linking.code", code=code, minutes=int(CODE_LIFE.total_seconds() // 60))
        return told.model_copy(update={"replies": (*told.replies, *by_phone.asking(heard.channel))})

    async def _look_at(self, code: str, heard: Heard, text: str) -> LinkedNow | None:
        is_alone = codes.read_bare(text) is not None
        if self._is_too_quick(heard):
            return None if is_alone else (said("linking.slow"), None)
        offer = await self._links.look_at(code, heard.conversation_id)
        if isinstance(offer, Refusal):
            # Eight letters and figures by themselves may be many things: only a code of ours is taken for one.
            is_other = offer is Refusal.unknown and is_alone
            return None if is_other else (said(f"linking.no.{offer}"), None)
        return _asks(offer, code), None

    def _is_too_quick(self, heard: Heard) -> bool:
        return bool(self._tries.wait_seconds(heard.conversation_id) or self._all_tries.wait_seconds("all"))

    async def _use(self, code: str, heard: Heard) -> LinkedNow:
        if self._is_too_quick(heard):
            return said("linking.slow"), None
        told = Reply(
            text=say("linking.told_there", channel=channel_name(heard.channel)),
            buttons=(Button(title=say("linking.button.off"), payload="lk:off"),),
        )
        linked = await self._links.use(code, heard.conversation_id, told)
        if isinstance(linked, Refusal):
            return said(f"linking.no.{linked}"), None
        await self._tell(linked)
        return said("linking.linked", channel=channel_name(linked.channel)), linked.conversation_id

    async def _tell(self, linked: Linked) -> None:
        for channel in linked.rings:
            self._ring(channel)
        await self._announce(linked.conversation_id)

    async def _leave(self, heard: Heard) -> Outcome:
        return said("linking.unlinked" if await self._links.leave(heard.conversation_id) else "linking.not_linked")

    async def _which_to_erase(self, heard: Heard) -> LinkedNow | None:
        """None where nothing is linked: then there is only one thing to erase."""
        others = [one for one in await self._links.group(heard.conversation_id) if one.id != heard.conversation_id]
        if not others:
            return None
        names = ", ".join(dict.fromkeys(channel_name(one.channel) for one in others))
        buttons = tuple(Button(title=say(f"linking.button.{what}"), payload=f"lk:{what}") for what in _ERASE)
        return outcome(Reply(text=say("linking.erase_which", channels=names), buttons=buttons)), None


_ERASE = ("all", "here", "keep")


def _asks(offer: Offer, code: str) -> Outcome:
    buttons = tuple(Button(title=say(f"linking.button.{key}"), payload=f"lk:{key}:{code}") for key in ("y", "n"))
    return outcome(Reply(text=say("linking.confirm", channel=channel_name(offer.channel)), buttons=buttons))


def _erased(key: str, everywhere: bool) -> Outcome:
    return said(key).model_copy(update={"erases": True, "erases_linked": everywhere})
