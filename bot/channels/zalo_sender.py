"""Delivers replies through Zalo: freely within its window, by template outside, its refusals in the outbox's words."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta, timezone

from bot.channels import zalo_metrics, zalo_templates
from bot.channels.inbound import ChannelClosed, RetryLater, Undeliverable
from bot.channels.reply import Reply
from bot.channels.zalo_api import CS_PATH, TEMPLATE_PATH, ZaloApi, ZaloUnreachable
from bot.channels.zalo_errors import RATE_LIMIT, Consequence, ZaloRefused
from bot.channels.zalo_inbox import CHANNEL, ZaloInbox
from bot.channels.zalo_pace import Crowded
from bot.channels.zalo_render import Message, render
from bot.channels.zalo_tokens import CannotRenew, NoConsent

log = logging.getLogger(__name__)

FREE_WINDOW = timedelta(hours=48)
WINDOW = timedelta(days=7)
CROWDED_SECONDS = 15.0
OPERATOR_SECONDS = 600.0
VIETNAM = timezone(timedelta(hours=7))
NIGHT_ENDS = time(6, 0)


class ZaloSender:
    """Raises RetryLater, Undeliverable or ChannelClosed, as the outbox expects."""

    channel = CHANNEL

    def __init__(
        self,
        api: ZaloApi,
        inbox: ZaloInbox,
        clock: Callable[[], datetime],
        template_ids: Mapping[str, str],
        public_url: str = "",
    ) -> None:
        self._api, self._inbox, self._clock = api, inbox, clock
        self._template_ids, self._public_url = template_ids, public_url
        # How many messages of a reply have gone out, so that a retry goes on where it was cut off.
        self._gone: dict[tuple[str, Reply], int] = {}

    async def send(self, address: str, reply: Reply) -> None:
        silent_for = await self._silent_for(address)
        if silent_for is None or silent_for > WINDOW:
            await self._by_template(address, reply)
            return
        key = (address, reply)
        try:
            await self._freely(key, is_billed=silent_for > FREE_WINDOW)
        except RetryLater:
            raise
        except Exception:
            self._gone.pop(key, None)
            raise
        self._gone.pop(key, None)

    async def _silent_for(self, address: str) -> timedelta | None:
        last = await self._inbox.last_interaction(address)
        return None if last is None else self._clock() - last

    async def _freely(self, key: tuple[str, Reply], is_billed: bool) -> None:
        address, reply = key
        for number, message in enumerate(render(reply, self._public_url)):
            if number < self._gone.get(key, 0):
                continue
            try:
                await self._call(CS_PATH, {"recipient": {"user_id": address}, "message": message})
            except _OutsideTheWindow:
                await self._by_template(address, reply)
                return
            self._gone[key] = number + 1
            if is_billed:
                zalo_metrics.billed("consultation")

    async def _by_template(self, address: str, reply: Reply) -> None:
        """One short notice, paid for; the whole text stands in the history, for when the citizen writes again."""
        found = zalo_templates.fitting(reply, self._template_ids)
        if found is None:
            raise Undeliverable("the citizen has been silent for seven days and no template is registered")
        body = {"user_id": address, "template_id": found.template_id, "template_data": found.data}
        try:
            await self._call(TEMPLATE_PATH, body)
        except _OutsideTheWindow as error:
            raise Undeliverable(f"not even by template: {error}") from error
        zalo_metrics.billed("template")

    async def _call(self, path: str, body: Message) -> None:
        try:
            await self._api.post(path, body)
        except ZaloRefused as refused:
            raise self._consequence(refused) from refused
        except ZaloUnreachable as error:
            raise RetryLater(f"Zalo cannot be reached: {error}") from error
        except Crowded as error:
            raise RetryLater("many messages wait for their turn", CROWDED_SECONDS) from error
        except CannotRenew as error:
            raise RetryLater(f"no token: {error}") from error
        except NoConsent as error:
            raise RetryLater(f"no consent ({error}): an operator must give it anew", OPERATOR_SECONDS) from error

    def _consequence(self, refused: ZaloRefused) -> Exception:
        match refused.consequence:
            case Consequence.GIVE_UP:
                return Undeliverable(str(refused))
            case Consequence.CLOSE:
                return ChannelClosed(str(refused))
            case Consequence.TEMPLATE:
                return _OutsideTheWindow(str(refused))
            case Consequence.NIGHT:
                return RetryLater(str(refused), self._until_morning())
            case Consequence.OPERATOR:
                log.error("%s: an operator must put it right", refused)
                return RetryLater(str(refused), OPERATOR_SECONDS)
            case Consequence.NEW_TOKEN:
                return RetryLater(f"{refused}, even with a new token", CROWDED_SECONDS)
        return RetryLater(str(refused), CROWDED_SECONDS if refused.code == RATE_LIMIT else None)

    def _until_morning(self) -> float:
        now = self._clock().astimezone(VIETNAM)
        morning = datetime.combine(now.date(), NIGHT_ENDS, VIETNAM)
        morning += timedelta(days=1 if morning <= now else 0)
        return (morning.astimezone(UTC) - self._clock()).total_seconds()


class _OutsideTheWindow(Exception):
    pass
