"""A helper in Telegram: takes a case by a button, answers the citizen by typing, and uses the assistant otherwise.

Whatever is pressed or typed is checked as at the desk, each time: who owns this chat, and whether the case is theirs.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError
from telegram import Update

from bot import metrics
from bot.channels.inbound import Inbound
from bot.channels.reply import Reply
from bot.channels.telegram import CHANNEL as TELEGRAM
from bot.desk.parts import DeskParts
from bot.handoff import chat_sentences as words
from bot.handoff import sentences
from bot.handoff.case import Case, Status
from bot.handoff.chats import CHANNEL, Chat, Chats
from bot.handoff.taking import NotPossible
from bot.handoff.talking import MOST_CHARS
from bot.linking.codes import new_code, read_bare, shown
from bot.order_words import order
from bot.ratelimit import RateLimiter
from bot.services import Services
from bot.stories.case_news import CaseNews
from bot.stories.helper_presses import HelperPresses, Here
from bot.wording import say

log = logging.getLogger(__name__)

__all__ = ["HelperChat", "new_code", "shown"]

CONNECT = "/to"
TRIES_A_MINUTE = 5  # of codes, in one chat


class HelperChat:
    """`in_private` and `in_group` tell whether an update was a helper's; else it is a citizen's."""

    def __init__(self, services: Services, desk: DeskParts, chats: Chats, news: CaseNews) -> None:
        self._services, self._desk, self._chats = services, desk, chats
        self._presses = HelperPresses(services, desk, chats, news)
        self._tries = RateLimiter(TRIES_A_MINUTE)

    async def in_private(self, update: Update) -> bool:
        address, seen = str(update.effective_chat.id), f"u{update.update_id}"
        payload = update.callback_query.data if update.callback_query else None
        text = None if payload is not None else update.effective_message.text
        if (code := _code(text)) is not None:
            await self._connect(address, seen, code, in_group=False)
            return True
        chat = await self._chats.at(address)
        if chat is None or chat.helper_id is None:
            return payload is not None and payload.startswith(words.PREFIX)  # a button of a chat that was let go
        helper = await self._desk.directory.helper(chat.helper_id)
        if helper is None:
            await self._gone(chat, seen)
            return True
        return await self._once(Here(chat, helper, seen), update, payload, text)

    async def _once(self, here: Here, update: Update, payload: str | None, text: str | None) -> bool:
        if await self._chats.has_seen(here.update):
            return True
        if here.chat.focus is not None and await self._was_a_citizens(str(update.effective_chat.id), here.update):
            return False
        if not here.chat.is_reachable:
            await self._chats.woken(here.chat.id)
        replied_to = update.effective_message.reply_to_message if payload is None else None
        quoted = words.code_in(replied_to.text) if replied_to is not None else None
        replies = await self._heard(here, payload, text, quoted)
        if replies is None:
            return False
        await self._desk.directory.seen(here.helper.id)
        await self._tell(here.chat, here.update, replies)
        return True

    async def _was_a_citizens(self, address: str, update: str) -> bool:
        """A late second copy of what they asked the assistant must not reach the citizen whose case they took since."""
        first = Inbound(channel=TELEGRAM, sender=address, message_id=update)
        return await self._services.store.earlier(first) is not None

    async def in_group(self, update: Update) -> str | None:
        """What the presser sees at once; None when it was nothing of ours. In a group only cases are taken."""
        address, seen = str(update.effective_chat.id), f"u{update.update_id}"
        if update.callback_query is not None:
            return await self._pressed_in_group(update, seen)
        if (code := _code(update.effective_message.text)) is not None:
            await self._connect(address, seen, code, in_group=True)
            return ""
        return None

    async def _pressed_in_group(self, update: Update, seen: str) -> str | None:
        press = words.read_press(update.callback_query.data)
        if press is None:
            return None
        own = await self._chats.at(str(update.callback_query.from_user.id))
        helper = await self._desk.directory.helper(own.helper_id) if own and own.helper_id else None
        if own is None or helper is None or not own.is_reachable:
            await self._desk.audit.note(None, "chat_press", press[1], "denied")
            return say("helper_chat.connect_first")
        if await self._chats.has_seen(seen):
            return ""
        replies = await self._heard(Here(own, helper, seen), update.callback_query.data, None, None) or ()
        await self._desk.directory.seen(helper.id)
        await self._tell(own, seen, replies)
        return say("helper_chat.look_privately")

    async def _tell(self, chat: Chat, update: str, replies: Sequence[Reply]) -> None:
        try:
            await self._chats.answer(chat.id, update, replies)
        except IntegrityError:
            log.info("a second copy of an update was quicker")

    # ---- connecting

    async def _connect(self, address: str, update: str, code: str, in_group: bool) -> None:
        if await self._chats.has_seen(update):
            return
        is_allowed = self._tries.wait_seconds(address) == 0
        chat = await self._chats.connect(address, code, in_group) if is_allowed and code else None
        if chat is None:
            metrics.refused(CHANNEL, "wrong code")
            await self._desk.audit.note(None, "chat_connect", "", "failed")
            conversation = await self._services.store.conversation_for(CHANNEL, address)
            await self._chats.woken(conversation.id)
            await self._answer(conversation.id, update, Reply(text=say("helper_chat.wrong_code")))
            return
        await self._desk.audit.note(chat.helper_id, "chat_connect", chat.team_id or "")
        key = "group_connected" if in_group else "connected"
        await self._answer(chat.id, update, Reply(text=say(f"helper_chat.{key}")))

    async def _answer(self, chat_id: str, update: str, reply: Reply) -> None:
        try:
            await self._chats.answer(chat_id, update, (reply,))
        except IntegrityError:
            log.info("a second copy of an update was quicker")

    async def _gone(self, chat: Chat, update: str) -> None:
        """No longer in the list: the chat is a citizen's from now on, and is told so last."""
        await self._let_go(chat, update, "not_listed")

    async def _let_go(self, chat: Chat, update: str, told: str) -> None:
        """What waits is given up first: it may hold citizens' words."""
        await self._chats.disconnect(chat)
        await self._chats.woken(chat.id)
        await self._desk.audit.note(chat.helper_id, "chat_disconnect")
        await self._answer(chat.id, update, Reply(text=say(f"helper_chat.{told}")))

    # ---- what was pressed or typed

    async def _heard(
        self, here: Here, payload: str | None, text: str | None, quoted: str | None
    ) -> Sequence[Reply] | None:
        """None: a citizen's, as no case is looked at."""
        if payload is not None:
            press = words.read_press(payload)
            if press is None:  # a button of the assistant
                return None if here.chat.focus is None else (Reply(text=say("helper_chat.pause_first")),)
            return await self._presses.obey(here, *press)
        if text is not None and text.startswith("/"):
            obeyed = await self._ordered(here, order(text, "bot.stories", "helper_chat.yml"))
            if obeyed is not None or here.chat.focus is None:
                return obeyed
            return (Reply(text=say("helper_chat.unknown_order")),)
        if quoted is not None:
            return await self._say(here, await self._by_code(here, quoted), text)
        if here.chat.focus is None:
            return None
        return await self._say(here, await self._desk.cases.find(here.chat.focus), text)

    async def _ordered(self, here: Here, name: str | None) -> Sequence[Reply] | None:
        match name:
            case "list":
                return (await self._presses.listed(here),)
            case "pause" | "help" if here.chat.focus is not None or name == "pause":
                return await self._presses.pause(here) if name == "pause" else await self._focused(here)
            case "disconnect":
                await self._let_go(here.chat, here.update, "disconnected")
                return ()
        return None

    async def _focused(self, here: Here) -> Sequence[Reply]:
        case = await self._desk.cases.find(here.chat.focus or "")
        return (words.in_focus(case),) if case else await self._presses.pause(here)

    async def _by_code(self, here: Here, code: str) -> Case | None:
        """The one of theirs that the message they answer was about."""
        queue = await self._desk.cases.queue(here.helper)
        return next((one for one in queue if one.code == code and one.helper_id == here.helper.id), None)

    async def _say(self, here: Here, case: Case | None, text: str | None) -> Sequence[Reply]:
        """The words go to the citizen, or the helper hears why not; they never become a question to the assistant."""
        if text is None:
            return (Reply(text=say("helper_chat.only_text")),)
        if len(text) > MOST_CHARS:
            return (Reply(text=say("desk.too_long", count=MOST_CHARS)),)
        if not text.strip():
            return (Reply(text=say("desk.empty")),)
        try:
            if case is None or case.status is not Status.claimed or case.helper_id != here.helper.id:
                raise NotPossible("changed")
            said = (sentences.spoken(here.helper, text.strip()),)
            await self._desk.talking.say(case, here.helper, f"{CHANNEL}:{here.update}", said)
        except NotPossible as reason:
            if case is not None and here.chat.focus == case.id and reason.key != "citizen_left":
                await self._chats.focus(here.chat, None)
            return (Reply(text=say("helper_chat.not_sent", why=say(f"desk.{reason.key}"))),)
        return ()


def _code(text: str | None) -> str | None:
    """What follows the order to connect; empty when it is no code at all. None for any other message."""
    parts = (text or "").split(maxsplit=1)
    if not parts or parts[0].lower().split("@")[0] != CONNECT:
        return None
    return read_bare(parts[1]) or "" if len(parts) == 2 else ""
