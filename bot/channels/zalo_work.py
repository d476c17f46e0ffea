"""The Zalo channel at work: its parts put together over one account, and what runs beside the conversations."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import httpx
from fastapi import APIRouter

from bot.channels import zalo_routes
from bot.channels.zalo_api import ZaloApi
from bot.channels.zalo_door import Stories, ZaloDoor
from bot.channels.zalo_inbox import ZaloInbox
from bot.channels.zalo_oauth import ZaloApp, ZaloOAuth
from bot.channels.zalo_phone import ZaloPhone
from bot.channels.zalo_sender import ZaloSender
from bot.channels.zalo_tokens import ZaloTokens
from bot.channels.zalo_worker import ZaloWorker
from bot.store import Store


@dataclass(frozen=True)
class Account:
    """One Official Account and where its Zalo is."""

    app: ZaloApp
    oa_secret: str = field(repr=False)
    api_base: str
    oauth_base: str
    template_ids: Mapping[str, str]
    public_url: str
    business_base: str = ""
    phone_template_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ZaloWork:
    """`router` goes into the app, `sender` to the outbox; `running` is entered once what was left has been answered."""

    inbox: ZaloInbox
    door: ZaloDoor
    tokens: ZaloTokens
    api: ZaloApi
    sender: ZaloSender
    phone: ZaloPhone
    worker: ZaloWorker
    router: APIRouter

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Works events off and keeps the token fresh while the block runs."""
        fresh = asyncio.create_task(self.tokens.keep_fresh())
        try:
            async with self.worker.running():
                yield
        finally:
            fresh.cancel()
            await asyncio.gather(fresh, return_exceptions=True)
            await self.tokens.close()


def put_together(store: Store, account: Account, client: httpx.AsyncClient, stories: Stories) -> ZaloWork:
    inbox = ZaloInbox(store)
    door = ZaloDoor(store, inbox, stories, account.app.id, account.oa_secret)
    tokens = ZaloTokens(store, ZaloOAuth(client, account.oauth_base, account.app))
    api, worker = ZaloApi(client, account.api_base, tokens), ZaloWorker(inbox, door)
    return ZaloWork(
        inbox=inbox,
        door=door,
        tokens=tokens,
        api=api,
        sender=ZaloSender(api, inbox, store.clock, account.template_ids, account.public_url),
        phone=ZaloPhone(ZaloApi(client, account.business_base, tokens), account.phone_template_ids),
        worker=worker,
        router=zalo_routes.create_router(door, tokens, worker.wake, store.clock),
    )
