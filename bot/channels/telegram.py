"""Telegram: updates become stored messages once, replies are sent with python-telegram-bot's own client."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import httpx
from telegram import Message as Received
from telegram import Update
from telegram.constants import ChatType
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from bot import metrics
from bot.channels.inbound import ChannelClosed, Inbound, RetryLater, Undeliverable
from bot.channels.reply import Reply
from bot.channels.telegram_files import Bring, file_of
from bot.channels.telegram_render import Message, render
from bot.channels.zalo_pace import Crowded, Pace
from bot.turn_order import TurnOrder
from bot.wording import say

log = logging.getLogger(__name__)

CHANNEL = "telegram"
ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")
POLL_SECONDS = 25
AFTER_FAILURE_SECONDS = 3.0
MOST_WEBHOOK_CONNECTIONS = 40
# To one chat: Telegram wants one message a second and forgives short bursts; a turn is often two or three messages.
PER_SECOND_TO_A_CHAT, AT_ONCE_TO_A_CHAT = 1.0, 3
CROWDED_SECONDS = 15.0

Accept = Callable[[Inbound], Awaitable[object]]


# What becomes of a contact card: the message as it is to be heard. None in the number's place: it is somebody else's.
Share = Callable[[Inbound, str | None], Awaitable[Inbound]]


class Colleagues(Protocol):
    """People who help, writing from chats that they connected to the desk."""

    async def in_private(self, update: Update) -> bool:
        """Whether it was theirs; else it is a citizen's."""
        ...

    async def in_group(self, update: Update) -> str | None:
        """What the one who pressed sees at once; None when it was nothing of theirs."""
        ...


def build_bot(token: str, api_base: str, transport: httpx.AsyncBaseTransport | None = None) -> ExtBot:
    """The library's client, asking Telegram's limits of itself: 30 a second in all, 20 a minute in a group.

    `transport` reaches a server that stands in for Telegram without a network.
    """
    base, over = api_base.rstrip("/"), {"transport": transport} if transport else None
    return ExtBot(
        token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=HTTPXRequest(
            connection_pool_size=16,
            connect_timeout=5,
            read_timeout=10,
            write_timeout=10,
            pool_timeout=5,
            httpx_kwargs=over,
        ),
        get_updates_request=HTTPXRequest(
            connection_pool_size=1, connect_timeout=5, read_timeout=POLL_SECONDS + 10, httpx_kwargs=over
        ),
        rate_limiter=AIORateLimiter(
            max_retries=0
        ),  # the outbox retries: it survives a restart, the library's wait does not
    )


class TelegramSender:
    """Delivers one reply; a failure is told in the outbox's words. `channel` is whose outbox it serves."""

    def __init__(self, bot: ExtBot, channel: str = CHANNEL) -> None:
        self._bot, self.channel = bot, channel
        self._pace = Pace(PER_SECOND_TO_A_CHAT, AT_ONCE_TO_A_CHAT)
        # How many messages of a reply have gone out, so that a retry goes on where it was cut off.
        self._gone: dict[tuple[str, Reply], int] = {}

    async def send(self, address: str, reply: Reply) -> None:
        """Raises RetryLater, Undeliverable or ChannelClosed."""
        key = (address, reply)
        for number, message in enumerate(render(reply)):
            if number < self._gone.get(key, 0):
                continue
            try:
                await self._send_one(int(address), message)
            except TelegramError as error:
                failure = _as_delivery_error(error)
                if not isinstance(failure, RetryLater):
                    self._gone.pop(key, None)
                raise failure from error
            except Crowded as error:
                raise RetryLater("many messages wait for their turn", CROWDED_SECONDS) from error
            self._gone[key] = number + 1
        self._gone.pop(key, None)

    async def _send_one(self, chat_id: int, message: Message) -> None:
        await self._pace.wait(str(chat_id))
        await self._bot.send_message(
            chat_id, message.text, reply_markup=message.keyboard, disable_web_page_preview=True
        )
        if message.image_url:
            await self._bot.send_photo(chat_id, message.image_url)
        if message.file_url:
            await self._bot.send_document(chat_id, message.file_url)


def _as_delivery_error(error: TelegramError) -> Exception:
    if isinstance(error, RetryAfter):
        after = error.retry_after
        return RetryLater(
            "telegram asks to wait", float(after.total_seconds() if hasattr(after, "total_seconds") else after)
        )
    if isinstance(error, Forbidden):
        return ChannelClosed("the citizen has blocked the bot or left")
    if isinstance(error, ChatMigrated):
        return ChannelClosed("the group became another one")
    if isinstance(error, BadRequest):
        if "chat not found" in error.message.lower():
            return ChannelClosed("the chat is gone")
        return Undeliverable(f"telegram refuses it: {error.message}")
    if isinstance(error, InvalidToken):
        return RetryLater("telegram refuses our token: an operator must mend it", 60.0)
    if isinstance(error, (TimedOut, NetworkError)):
        return RetryLater(f"telegram cannot be reached: {type(error).__name__}")
    return RetryLater(f"telegram error: {type(error).__name__}")


class TelegramDoor:
    """Reads updates, from the webhook or by long polling, and hands messages in."""

    def __init__(
        self,
        bot: ExtBot,
        accept: Accept,
        on_blocked: Callable[[str], Awaitable[None]],
        bring: Bring | None = None,
        share: Share | None = None,
    ) -> None:
        self._bot, self._accept, self._on_blocked, self._bring = bot, accept, on_blocked, bring
        self._share = share
        self._colleagues: Colleagues | None = None
        self._order = TurnOrder()  # a word after a photo must not overtake it, nor one photo of an album another

    def ask_first(self, colleagues: Colleagues) -> None:
        """From now on what helpers write is theirs."""
        self._colleagues = colleagues

    async def take(self, raw: Any) -> None:
        """One update as JSON. Unknown kinds are dropped and counted; a malformed one raises ValueError."""
        if (
            isinstance(raw, dict)
            and isinstance(raw.get("update_id"), int)
            and not any(kind in raw for kind in ALLOWED_UPDATES)
        ):
            metrics.refused(CHANNEL, "unknown update")
            return
        update = read(raw, self._bot)
        if update.my_chat_member is not None:
            await self._membership(update)
            return
        message = update.effective_message
        if message is None or update.effective_chat is None:
            metrics.refused(CHANNEL, "unknown update")
            return
        if update.effective_chat.type != ChatType.PRIVATE:
            await self._in_group(update)
            return
        if update.callback_query is not None:
            await self._quietly(self._bot.answer_callback_query(update.callback_query.id))
        await self._order.store_then_turn(str(update.effective_chat.id), lambda: self._brought(update), self._hand_in)

    async def _in_group(self, update: Update) -> None:
        """What is said in a group is read by others: nothing personal is asked, answered or stored there."""
        shown = await self._colleagues.in_group(update) if self._colleagues else None
        query = update.callback_query
        if query is not None:
            await self._quietly(self._bot.answer_callback_query(query.id, shown or None, show_alert=bool(shown)))
        if shown is None:
            await self._quietly(self._bot.send_message(update.effective_chat.id, say("telegram.group")))

    async def _brought(self, update: Update) -> Inbound | None:
        """The message, with its file where it has one; None when it was a helper's."""
        if self._colleagues and await self._colleagues.in_private(update):
            return None
        if self._share and update.message and update.message.contact:
            return await self._share(_inbound(update), own_number(update.message))
        file = file_of(update.message) if self._bring else None
        return await self._bring(_inbound(update), file) if file else _inbound(update)

    async def _hand_in(self, inbound: Inbound | None) -> None:
        if inbound is not None:
            await self._accept(inbound)

    async def _membership(self, update: Update) -> None:
        member = update.my_chat_member
        if member.new_chat_member.status in ("kicked", "left"):
            await self._on_blocked(str(member.chat.id))

    async def _quietly(self, call: Awaitable) -> None:
        """A courtesy whose failure must not lose the message it belongs to."""
        with contextlib.suppress(TelegramError):
            await call

    async def poll(self) -> None:
        """Long polling until cancelled; an update counts as read only after it was taken."""
        offset: int | None = None
        await self._quietly(self._bot.delete_webhook())
        while True:
            try:
                updates = await self._bot.get_updates(
                    offset=offset, timeout=POLL_SECONDS, allowed_updates=list(ALLOWED_UPDATES)
                )
                for update in updates:
                    await self._take_polled(update)
                    offset = update.update_id + 1
            except RetryAfter as error:
                await asyncio.sleep(float(_as_delivery_error(error).after_seconds or AFTER_FAILURE_SECONDS))
            except TelegramError as error:
                log.warning("telegram polling: %s", type(error).__name__)
                await asyncio.sleep(AFTER_FAILURE_SECONDS)

    async def _take_polled(self, update: Update) -> None:
        try:
            await self.take(update)
        except Exception:
            log.exception("an update could not be taken")
            metrics.refused(CHANNEL, "failed update")

    async def set_webhook(self, url: str, secret: str) -> None:
        await self._bot.set_webhook(
            url, secret_token=secret, allowed_updates=list(ALLOWED_UPDATES), max_connections=MOST_WEBHOOK_CONNECTIONS
        )


def read(raw: Any, bot: ExtBot) -> Update:
    """Raises ValueError when it is no update."""
    if isinstance(raw, Update):
        return raw
    if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
        raise ValueError("not an update: update_id is missing")
    try:
        return Update.de_json(raw, bot)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise ValueError(f"not an update: {type(error).__name__}") from error


def own_number(message: Received) -> str | None:
    """The number of a card that its sender shared of themselves; None for anybody else's, or a forwarded one."""
    card, sender = message.contact, message.from_user
    is_own = card is not None and sender is not None and card.user_id == sender.id and message.forward_origin is None
    return card.phone_number if is_own else None


def _inbound(update: Update) -> Inbound:
    """`message_id` is the update's id: Telegram repeats an update, never the id."""
    message = update.effective_message
    query = update.callback_query
    text = None if query else (message.text or message.caption)
    return Inbound(
        channel=CHANNEL,
        sender=str(update.effective_chat.id),
        message_id=f"u{update.update_id}",
        text=text,
        payload=query.data if query else None,
        album=None if query else message.media_group_id,
    )
