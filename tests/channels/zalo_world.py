"""The Zalo channel over a pretended Zalo, in one process and without a network; the gateway is played by a desk."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from bot.channels import zalo_phone_templates, zalo_work
from bot.channels.inbound import Inbound
from bot.channels.zalo_door import Stories
from bot.channels.zalo_events import RemoteFile
from bot.channels.zalo_oauth import ZaloApp
from bot.channels.zalo_work import Account, ZaloWork
from bot.conversation import Conversation
from bot.sandbox.zalo import create_zalo_sandbox
from bot.sandbox.zalo_courier import signed
from bot.sandbox.zalo_records import ZaloRecords
from bot.store import Store

ZALO, OURS = "http://zalo.test", "http://ours.test"
AN = "2468458835296979220"  # past what a float holds
TEMPLATES = {
    "71": ("Bạn có tin mới: <noi_dung>", {"noi_dung": 200}),
    "72": ("Hồ sơ <ma_ho_so>: <noi_dung>", {"ma_ho_so": 40, "noi_dung": 200}),
}


@dataclass
class Desk:
    """Takes messages in the gateway's place and notes them."""

    taken: list[Inbound] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    shared: list[dict[str, str]] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)  # ids of messages to telephones
    failures: int = 0  # how many of the next messages break down
    file_trouble: Exception | None = None

    async def on_message(self, conversation: Conversation, inbound: Inbound) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the gateway is away")
        self.taken.append(inbound)

    async def keep_file(self, conversation_id: str, file: RemoteFile) -> str:
        if self.file_trouble:
            raise self.file_trouble
        self.files.append(file.url)
        return f"file{len(self.files)}"

    async def on_shared(self, conversation_id: str, shared: dict[str, str]) -> None:
        self.shared.append(shared)

    async def on_arrived(self, send_id: str) -> None:
        self.arrived.append(send_id)


@dataclass
class World:
    store: Store
    records: ZaloRecords
    sandbox: FastAPI
    work: ZaloWork
    desk: Desk
    client: httpx.AsyncClient  # to us

    @property
    def chat(self) -> Any:
        return self.sandbox.state.chat

    def event(self, name: str = "user_send_text", **more: Any) -> dict[str, Any]:
        base = {
            "app_id": self.records.app_id,
            "event_name": name,
            "timestamp": str(int(self.store.clock().timestamp() * 1000)),
            "sender": {"id": AN},
            "recipient": {"id": self.records.oa_id},
        }
        return base | more

    def text(self, text: str, msg_id: str = "m1", **more: Any) -> dict[str, Any]:
        return self.event(message={"text": text, "msg_id": msg_id}, **more)

    async def post(self, event: dict[str, Any] | bytes, signature: str | None = "right") -> int:
        body = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
        headers = {}
        if signature == "right":
            timestamp = str(json.loads(body).get("timestamp", "")) if body.startswith(b"{") else ""
            headers["X-ZEvent-Signature"] = signed(self.records.app_id, body, timestamp, self.records.oa_secret)
        elif signature is not None:
            headers["X-ZEvent-Signature"] = signature
        answer = await self.client.post(f"{OURS}/channels/zalo/webhook", content=body, headers=headers)
        return answer.status_code

    async def work_off(self) -> int:
        """Everything that may be worked off now, as the worker would."""
        count = 0
        while taken := await self.work.inbox.take(8):
            for waiting in taken:
                await self.work.worker._work_off(waiting)
                count += 1
        return count

    def told(self, citizen: str = AN) -> list[str]:
        return [line.text for line in self.records.citizen(citizen).lines if line.is_ours]


@contextlib.asynccontextmanager
async def zalo_world(store: Store, consented: bool = True, **account: Any) -> AsyncIterator[World]:
    records = ZaloRecords(clock=store.clock, templates=dict(TEMPLATES), keeps_calls=True)
    for name, template_id in (("assist_code", "81"), ("assist_page", "82")):
        one = zalo_phone_templates.load()[name]
        records.register(template_id, one.text, one.parameters, one.button, f"https://motcua.test{one.link}")
    ours, desk = FastAPI(), Desk()
    async with contextlib.AsyncExitStack() as stack:
        to_us = await stack.enter_async_context(httpx.AsyncClient(transport=httpx.ASGITransport(ours)))
        sandbox = create_zalo_sandbox(
            records, to_us, f"{OURS}/channels/zalo/webhook", ZALO, again_after_seconds=(0.01,) * 5
        )
        to_zalo = await stack.enter_async_context(httpx.AsyncClient(transport=httpx.ASGITransport(sandbox)))
        app = ZaloApp(records.app_id, records.app_secret)
        given = {
            "app": app,
            "oa_secret": records.oa_secret,
            "api_base": ZALO,
            "oauth_base": ZALO,
            "template_ids": {"news": "71", "dossier_news": "72"},
            "public_url": "https://motcua.test",
            "business_base": f"{ZALO}/business",
            "phone_template_ids": {"assist_code": "81", "assist_page": "82"},
        }
        stories = Stories(desk.on_message, desk.keep_file, desk.on_shared, desk.on_arrived)
        work = zalo_work.put_together(store, Account(**(given | account)), to_zalo, stories)
        ours.include_router(work.router)
        if consented:
            await work.tokens.begin(records.consent(app.code_challenge))
        yield World(store, records, sandbox, work, desk, to_us)
