"""Zalo and Telegram put together from the settings; a demonstration without accounts talks to our own sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from uuid import uuid4

import httpx
from fastapi import FastAPI
from fastapi.responses import FileResponse
from pydantic import SecretStr
from telegram.ext import ExtBot

from bot.assisting.sends import Sends
from bot.channels import zalo_phone_templates, zalo_templates, zalo_work
from bot.channels.inbound import Inbound, Sender
from bot.channels.reply import Reply
from bot.channels.telegram import CHANNEL as TELEGRAM
from bot.channels.telegram import TelegramDoor, TelegramSender, build_bot
from bot.channels.telegram_files import Fetched, FileLost
from bot.channels.telegram_files import RemoteFile as TelegramFile
from bot.channels.telegram_routes import create_router as telegram_router
from bot.channels.zalo_door import FileTrouble, Stories
from bot.channels.zalo_events import RemoteFile
from bot.channels.zalo_files import FileGone, fetched
from bot.channels.zalo_oauth import ZaloApp
from bot.channels.zalo_work import Account, ZaloWork
from bot.conversation import Conversation
from bot.handoff.chats import CHANNEL as HELPERS
from bot.jobs import public_base
from bot.services import Services
from bot.settings import Environment, Settings, TelegramMode
from bot.stories.shared_phone import SharedPhones, telegram_share, zalo_on_shared
from bot.submission.attachments import RefusedFile
from bot.wording import say

log = logging.getLogger(__name__)

ZALO_SANDBOX = "http://zalo.sandbox"  # reached without a network
TELEGRAM_SANDBOX = "http://telegram.sandbox"
OUR_OWN = "http://motcua.sandbox"

Job = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Messengers:
    """What the outbox sends through, and what reads and works while the server runs."""

    senders: tuple[Sender, ...]
    zalo: ZaloWork | None
    jobs: tuple[Job, ...]
    telegram: TelegramDoor | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """To be entered once what an earlier process left has been answered, so that nothing overtakes it."""
        async with contextlib.AsyncExitStack() as stack:
            if self.zalo:
                await stack.enter_async_context(self.zalo.running())
            tasks = [asyncio.create_task(job()) for job in self.jobs]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


async def connect_messengers(app: FastAPI, services: Services, stack: contextlib.AsyncExitStack) -> Messengers:
    """Each channel that is set up, with its doors in `app`; `stack` closes what they hold open."""
    zalo = await _zalo(app, services, stack)
    door, telegram, jobs = await _telegram(app, services, stack)
    if services.settings.env is Environment.DEMO:
        _show_side_by_side(app)
    senders: tuple[Sender, ...] = (*telegram, *((zalo.sender,) if zalo else ()))
    return Messengers(senders, zalo, jobs, door)


# ---- Zalo


async def _zalo(app: FastAPI, services: Services, stack: contextlib.AsyncExitStack) -> ZaloWork | None:
    settings = services.settings
    if settings.is_zalo_on:
        client = await stack.enter_async_context(httpx.AsyncClient(follow_redirects=False))
        work = _put_together(app, services, account_of(settings), client)
        refresh_token = settings.zalo_refresh_token.get_secret_value()
        if refresh_token:
            await work.tokens.seed(refresh_token)
        return work
    return await _pretended_zalo(app, services, stack) if settings.env is Environment.DEMO else None


def account_of(settings: Settings) -> Account:
    return Account(
        app=ZaloApp(settings.zalo_app_id, settings.zalo_app_secret.get_secret_value()),
        oa_secret=settings.zalo_oa_secret.get_secret_value(),
        api_base=settings.zalo_api_base,
        oauth_base=settings.zalo_oauth_base,
        template_ids=settings.zalo_templates,
        public_url=public_base(settings),
        business_base=settings.zalo_business_base,
        phone_template_ids=settings.zalo_phone_templates,
    )


def _put_together(app: FastAPI, services: Services, account: Account, client: httpx.AsyncClient) -> ZaloWork:
    async def on_message(conversation: Conversation, inbound: Inbound) -> None:
        await services.gateway.on_message(conversation, inbound, deliver=True)

    async def keep_file(conversation_id: str, file: RemoteFile) -> str:
        return await _keep_file(services, client, account.api_base, conversation_id, file)

    arrived = Sends(services.store).arrived
    shared = zalo_on_shared(SharedPhones(services.store, services.library))
    work = zalo_work.put_together(services.store, account, client, Stories(on_message, keep_file, shared, arrived))
    app.include_router(work.router)
    return work


async def _keep_file(
    services: Services, client: httpx.AsyncClient, base: str, conversation_id: str, file: RemoteFile
) -> str:
    """The same road as files from the web: told by content, bounded, sealed. Raises FileTrouble, FileUnreachable."""
    try:
        async with fetched(client, file.url, base) as download:
            name = file.name or uuid4().hex
            return (await services.attachments.accept(conversation_id, name, download)).id
    except FileGone as error:
        raise FileTrouble(Reply(text=say("zalo.file_lost"))) from error
    except RefusedFile as error:
        raise FileTrouble(Reply(text=error.sentence)) from error


async def _pretended_zalo(app: FastAPI, services: Services, stack: contextlib.AsyncExitStack) -> ZaloWork:
    from bot.sandbox import zalo as sandbox  # a server of the real world never loads it

    templates = {name: (one.text, one.parameters) for name, one in zalo_templates.load().items()}
    records = sandbox.demonstration_records(templates, services.store.clock)
    base = public_base(services.settings)
    for name, one in zalo_phone_templates.load().items():
        records.register(name, one.text, one.parameters, one.button, f"{base}{one.link}")
    to_us = await stack.enter_async_context(httpx.AsyncClient(transport=httpx.ASGITransport(app)))
    pretended = sandbox.create_zalo_sandbox(records, to_us, f"{OUR_OWN}{sandbox.WEBHOOK_PATH}", ZALO_SANDBOX)
    app.mount(sandbox.PATH, pretended, name="zalo-sandbox")
    to_zalo = httpx.ASGITransport(pretended, raise_app_exceptions=False)
    client = await stack.enter_async_context(httpx.AsyncClient(mounts={ZALO_SANDBOX: to_zalo}))
    account = Account(
        app=ZaloApp(records.app_id, records.app_secret),
        oa_secret=records.oa_secret,
        api_base=ZALO_SANDBOX,
        oauth_base=ZALO_SANDBOX,
        template_ids={name: name for name in templates},
        public_url=base,
        business_base=f"{ZALO_SANDBOX}/business",
        phone_template_ids={name: name for name in zalo_phone_templates.load()},
    )
    work = _put_together(app, services, account, client)
    await work.tokens.begin(records.consent(account.app.code_challenge))
    return work


# ---- Telegram


async def _telegram(
    app: FastAPI, services: Services, stack: contextlib.AsyncExitStack
) -> tuple[TelegramDoor | None, tuple[TelegramSender, ...], tuple[Job, ...]]:
    settings = services.settings
    transport = None
    if not settings.is_telegram_on:
        if settings.env is not Environment.DEMO or settings.telegram_mode is TelegramMode.OFF:
            return None, (), ()
        settings, transport = _pretended_telegram(app, settings)
    bot = build_bot(settings.telegram_bot_token.get_secret_value(), settings.telegram_api_base, transport)
    await stack.enter_async_context(bot)  # asks getMe: a wrong token is told at start

    async def accept(inbound: Inbound) -> None:
        conversation = await services.store.conversation_for(TELEGRAM, inbound.sender)
        await services.gateway.on_message(conversation, inbound, deliver=True)

    async def on_blocked(address: str) -> None:
        for channel in (TELEGRAM, HELPERS):
            await services.store.close_conversation(channel, address)

    async def bring(inbound: Inbound, file: TelegramFile) -> Inbound | None:
        return await _bring_file(services, bot, inbound, file)

    share = telegram_share(SharedPhones(services.store, services.library), services.store)
    door = TelegramDoor(bot, accept, on_blocked, bring, share)
    senders = (TelegramSender(bot), TelegramSender(bot, HELPERS))
    if settings.telegram_mode is TelegramMode.POLLING:
        return door, senders, (door.poll,)
    secret = settings.telegram_webhook_secret.get_secret_value()
    app.include_router(telegram_router(door, secret))
    if settings.public_url and secret:
        await door.set_webhook(f"{settings.public_url}/channels/telegram/webhook", secret)
    return door, senders, ()


async def _bring_file(services: Services, bot: ExtBot, inbound: Inbound, file: TelegramFile) -> Inbound | None:
    """The same road as files from the web. A second copy of a message fetches nothing and tells nothing again."""
    if await services.store.earlier(inbound) is not None:
        return inbound
    conversation = await services.store.conversation_for(TELEGRAM, inbound.sender)
    try:
        upload = Fetched(await file.fetch(bot))
        kept = await services.attachments.accept(conversation.id, file.name, upload)
        return dataclasses.replace(inbound, attachment_ids=(kept.id,))
    except (FileLost, RefusedFile) as error:
        why = error.sentence if isinstance(error, RefusedFile) else say("papers.refused.unfetched")
        if await services.store.first_time(TELEGRAM, f"refused {inbound.message_id}"):
            await services.gateway.push(conversation.id, Reply(text=why))
        return inbound if inbound.text else None


def _pretended_telegram(app: FastAPI, settings: Settings) -> tuple[Settings, httpx.ASGITransport]:
    from bot.sandbox import telegram_chat as sandbox

    state, pretended = sandbox.create_telegram_sandbox()
    app.mount(sandbox.PATH, pretended, name="telegram-sandbox")
    known = {"telegram_bot_token": SecretStr(state.token), "telegram_api_base": TELEGRAM_SANDBOX}
    known["telegram_mode"] = TelegramMode.POLLING
    return settings.model_copy(update=known), httpx.ASGITransport(pretended, raise_app_exceptions=False)


def _show_side_by_side(app: FastAPI) -> None:
    page = Path(str(resources.files("bot.sandbox").joinpath("channels.html")))

    @app.get("/sandbox/channels", include_in_schema=False)
    def channels() -> FileResponse:
        """Open to all, in a demonstration only: the three channels beside each other."""
        return FileResponse(page)
