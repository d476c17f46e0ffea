"""A small world for hand-overs: citizens with submitted dossiers, a sandbox one-stop system, and our side of it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI

from bot.jobs import adapter
from bot.quiet_hours import QuietHours
from bot.sandbox.one_stop import PASSWORD, UNIT, USER, create_one_stop_sandbox
from bot.sandbox.one_stop_records import Records
from bot.settings import Settings
from bot.store import Store
from bot.submission.dossier import Status, seal_answers
from bot.submission.one_stop.agency_files import AgencyFiles
from bot.submission.one_stop.following import Following
from bot.submission.one_stop.handovers import Handovers
from bot.submission.one_stop.looking_up import LookUp
from bot.submission.one_stop.notices import Notices
from bot.submission.one_stop.protocol import Handover, HandoverCost, OneStop
from bot.submission.one_stop.sending import HandingOver
from bot.submission.one_stop.sentences import Teller
from bot.submission.one_stop.wire import Wire
from bot.tables import conversations, dossiers, frozen_procedures

NEVER_QUIET = QuietHours.parse("00:00-00:00")
LOCAL = "http://sandbox"
_letters = itertools.product("ABCDEFGHJK", repeat=6)


def new_reference() -> str:
    return f"MC-261124-{''.join(next(_letters))}"


def a_handover(reference: str, **changes: Any) -> Handover:
    plain = {
        "reference": reference,
        "procedure_code": "1.001193",
        "procedure_name": "Đăng ký khai sinh",
        "sector": "Hộ tịch",
        "applicant_name": "Nguyễn Văn An",
        "citizen_id": "066085001234",
        "phone": "0912345678",
        "email": "an@example.vn",
        "summary": "Đăng ký khai sinh cho con",
        "channel": "telegram",
        "submitted_at": datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
        "answers": {"Họ tên con": "Nguyễn Bình An"},
        "costs": (HandoverCost("Lệ phí khai sinh", 8000),),
    }
    return Handover(**(plain | changes))


async def submitted_dossier(store: Store, conversation_id: str, reference: str | None = None) -> str:
    """The row that a journey leaves when its citizen has agreed and sent it; returns its reference."""
    reference = reference or new_reference()
    await store.database.write(lambda connection: insert_dossier(connection, store, conversation_id, reference))
    return reference


def insert_dossier(connection: sa.Connection, store: Store, conversation_id: str, reference: str) -> None:
    now, dossier_id = store.clock(), reference.replace("-", "").lower()
    frozen = {"digest": "d", "code": "1.001193", "body": b"{}", "frozen_at": now}
    if connection.execute(sa.select(frozen_procedures.c.digest)).first() is None:
        connection.execute(sa.insert(frozen_procedures), frozen)
    row = {
        "id": dossier_id,
        "conversation_id": conversation_id,
        "procedure_code": "1.001193",
        "procedure_digest": "d",
        "status": Status.submitted,
        "answers": seal_answers(store.keys, dossier_id, {}),
        "version": 2,
        "reference": reference,
        "submitted_at": now,
        "created_at": now,
        "changed_at": now,
    }
    connection.execute(sa.insert(dossiers), row)


def access(settings: Settings, protocol: str = "exchange") -> Settings:
    """Settings that the sandbox lets in."""
    known = {"one_stop_user": USER, "one_stop_password": type(settings.one_stop_password)(PASSWORD)}
    protocol = type(settings.one_stop_protocol)(protocol)
    return settings.model_copy(
        update=known | {"one_stop_unit": UNIT, "one_stop_protocol": protocol, "one_stop_base": LOCAL}
    )


@dataclass
class World:
    """Our side over one store; `one_stop` is the adapter that reaches the sandbox, or any fake."""

    store: Store
    one_stop: OneStop | None
    quiet: QuietHours = NEVER_QUIET
    announced: list[str] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.teller = Teller("1800 1096")
        self.queue = Handovers(self.store)
        self.notices = Notices(self.store, self.quiet, self._announce, self.woken.append)
        self.following = Following(self.store, self.notices, self.teller, timedelta(minutes=15))
        self.look_up = LookUp(self.store, self.one_stop, self.following, self.queue, self.teller)
        if self.one_stop:
            self.sending = self.worker(self.one_stop)

    def worker(self, one_stop: OneStop, **options: Any) -> HandingOver:
        options = {"jitter": lambda: 0.5} | options
        return HandingOver(self.store, self.queue, one_stop, self.following, self.notices, self.teller, **options)

    async def _announce(self, conversation_id: str) -> None:
        self.announced.append(conversation_id)

    async def hand_over(self, conversation_id: str, **changes: Any) -> str:
        """A submitted dossier, put in and attempted once; its reference."""
        reference = await submitted_dossier(self.store, conversation_id)
        submitted_at = changes.pop("submitted_at", self.store.clock())
        await self.queue.add(a_handover(reference, submitted_at=submitted_at, **changes))
        await self.sending.hand_over_due()
        return reference

    async def told(self, conversation_id: str) -> list[str]:
        """What the citizen has been told by now."""
        await self.notices.tell_due()
        lines = await self.store.history(conversation_id)
        return [reply["text"] for line in lines if line["direction"] == "out" for reply in line["replies"]]


@asynccontextmanager
async def connected(
    store: Store, settings: Settings, app: FastAPI, protocol: str = "exchange"
) -> AsyncIterator[OneStop]:
    """The adapter that reaches this app without a network."""
    given = access(settings, protocol)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app, raise_app_exceptions=False)) as client:
        files = AgencyFiles(store, settings.attachments_dir, "https://motcua.example.gov.vn")
        yield adapter(given, Wire(client, LOCAL), store, files)


def sandbox_app(folder: Path, clock: Callable[[], datetime], **options: Any) -> tuple[FastAPI, Records]:
    app = create_one_stop_sandbox(folder, LOCAL, clock=clock, slow_seconds=0.01, **options)
    return app, app.state.records


async def count(store: Store, what: sa.Select) -> int:
    return await store.database.read(lambda connection: connection.execute(what).scalar_one())


def conversation_row(store: Store, conversation_id: str) -> dict[str, Any]:
    now = store.clock()
    return {
        "id": conversation_id,
        "channel": "web",
        "last_seq": 0,
        "created_at": now,
        "last_active_at": now,
    }


async def add_conversation(store: Store, conversation_id: str) -> None:
    row = conversation_row(store, conversation_id)
    await store.database.write(lambda connection: connection.execute(sa.insert(conversations), row))
