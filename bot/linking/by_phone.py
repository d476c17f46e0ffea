"""The conversation about a number confirmed in two channels: one side is asked, then the other, then they are one."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone

from bot.channels.reply import Button, Outcome, Reply
from bot.linking.answers import LinkedNow, channel_name, outcome, said
from bot.linking.links import Linked, Refusal
from bot.linking.phones import QUESTION_LIFE, Asked, Match, Over, Phones, Standing
from bot.underway import Heard
from bot.wording import say

CHANNELS = ("telegram", "zalo")  # that vouch for a number
# What a channel hands in in place of what was shared; the number itself is in no message.
CONFIRMED, OTHERS, ENOUGH = "lkp:confirmed", "lkp:others", "lkp:enough"
VIETNAM = timezone(timedelta(hours=7))
MINUTES = int(QUESTION_LIFE.total_seconds() // 60)
_PRESSED = re.compile(r"lkp:(want|drop|agree|deny):([0-9a-f]{32})")


def asking(channel: str) -> tuple[Reply, ...]:
    """The way by the number, beside the code; nothing where the channel cannot vouch for one."""
    if channel not in CHANNELS:
        return ()
    return (Reply(text=say("linking_phone.share"), contact_button=say("linking_phone.button.share")),)


class ByPhone:
    """`announce(conversation_id)` tells open pages, `ring(channel)` the outbox."""

    def __init__(self, phones: Phones, announce: Callable[[str], Awaitable[None]], ring: Callable[[str], None]) -> None:
        self._phones, self._announce, self._ring = phones, announce, ring

    async def take(self, heard: Heard) -> LinkedNow | None:
        """None when the message has nothing to do with a shared number."""
        match heard.payload:
            case None:
                return None
            case "lkp:confirmed":
                return await self._offer(heard)
            case "lkp:others":
                return said("linking_phone.others"), None
            case "lkp:enough":
                return said("linking_phone.enough"), None
        pressed = _PRESSED.fullmatch(heard.payload)
        match pressed and pressed[1]:
            case "want":
                return await self._want(pressed[2], heard), None
            case "agree":
                return await self._agree(pressed[2], heard)
            case "drop" | "deny" as verb:
                is_dropped = await self._phones.drop(pressed[2], heard.conversation_id)
                return said(f"linking_phone.no.{verb}" if is_dropped else "linking_phone.no.over"), None
        return None

    async def _offer(self, heard: Heard) -> LinkedNow | None:
        match await self._phones.offer(heard.conversation_id):
            case Match() as match:
                return _offers(match), None
            case Standing() as standing:
                return said(f"linking_phone.confirmed.{standing}"), None
        return None

    async def _want(self, question: str, heard: Heard) -> Outcome:
        text = say("linking_phone.asked_there", channel=channel_name(heard.channel), minutes=MINUTES)
        there = Reply(text=text, buttons=_buttons(question, "agree", "deny"))
        match await self._phones.want(question, heard.conversation_id, there):
            case Asked() as asked:
                await self._tell(asked)
                return said("linking_phone.asked", channel=channel_name(asked.channel), minutes=MINUTES)
            case Over() as over:
                return said(f"linking_phone.no.{over}")
            case Refusal() as refusal:
                return said(f"linking.no.{refusal}")

    async def _agree(self, question: str, heard: Heard) -> LinkedNow:
        off = Button(title=say("linking.button.off"), payload="lk:off")
        told = Reply(text=say("linking.told_there", channel=channel_name(heard.channel)), buttons=(off,))
        match await self._phones.agree(question, heard.conversation_id, told):
            case Linked() as linked:
                await self._tell(linked)
                return said("linking.linked", channel=channel_name(linked.channel)), linked.conversation_id
            case Over() as over:
                return said(f"linking_phone.no.{over}"), None
            case Refusal() as refusal:
                return said(f"linking.no.{refusal}"), None

    async def _tell(self, done: Asked | Linked) -> None:
        for channel in done.rings:
            self._ring(channel)
        await self._announce(done.conversation_id)


def _offers(match: Match) -> Outcome:
    text = say("linking_phone.offer", channel=channel_name(match.channel), day=_day(match.confirmed_at))
    return outcome(Reply(text=text, buttons=_buttons(match.id, "want", "drop")))


def _buttons(question: str, *verbs: str) -> tuple[Button, ...]:
    return tuple(Button(title=say(f"linking_phone.button.{verb}"), payload=f"lkp:{verb}:{question}") for verb in verbs)


def _day(moment: datetime) -> str:
    return moment.astimezone(VIETNAM).strftime("%d/%m/%Y")
