"""Helpers' Telegram chats put together with the desk: its page, the door that asks first, and the news of cases."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from fastapi import FastAPI

from bot.background import AFTER_TROUBLE_SECONDS, keep
from bot.desk import telegram_routes
from bot.handoff.case import Case
from bot.handoff.chats import Chats
from bot.jobs import public_base
from bot.services import Services
from bot.stories.case_news import CaseNews
from bot.stories.helper_chat import HelperChat

log = logging.getLogger(__name__)

LOOK_SECONDS = 3.0  # how late the citizen's next word, or another process's change, is noticed


async def connect_helper_chats(app: FastAPI, services: Services, stack: contextlib.AsyncExitStack) -> None:
    """After the desk and the messengers; without Telegram the desk's page says that it is off."""
    desk, door, chats = app.state.desk, app.state.messengers.telegram, Chats(services.store)
    app.state.helper_chats = chats if door is not None else None
    app.include_router(telegram_routes.router)
    if door is None:
        return
    news = CaseNews(services, desk, chats, public_base(services.settings))
    door.ask_first(HelperChat(services, desk, chats, news))
    changed = asyncio.Event()

    def wake(case: Case) -> None:
        changed.set()

    desk.taking.on_change(wake)
    keep(stack, lambda: _tell(news, changed))


async def _tell(news: CaseNews, changed: asyncio.Event) -> None:
    """At once when something changed here, else at the next look."""
    while True:
        try:
            changed.clear()
            pause = 0.0 if await news.tell_due() else LOOK_SECONDS
        except Exception:
            log.exception("the news of cases cannot be told; tried again")
            pause = AFTER_TROUBLE_SECONDS
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await changed.wait()
