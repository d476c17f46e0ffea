"""A provincial one-stop system of our own, for demonstrations and tests: machine doors, officers' pages, faults."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from fastapi import FastAPI

from bot.sandbox import one_stop_exchange, one_stop_officer, one_stop_sync
from bot.sandbox.one_stop_exchange import Access, state_record
from bot.sandbox.one_stop_faults import SLOW_SECONDS, FaultyDoors
from bot.sandbox.one_stop_records import Dossier, Missing, Records
from knowledge.working_days import VIETNAM

log = logging.getLogger(__name__)

PATH = "/sandbox/one-stop"
USER, PASSWORD, UNIT = "motcua", "sandbox", "H15.50.05.13"  # nothing is protected by these: the data are pretended
DOORS = frozenset(
    f"/{name}"
    for name in (
        "auth",
        "integration",
        "GetToken",
        "GetNextValue",
        "UploadFile",
        "CreateDossier",
        "CapNhatTienTrinh",
        "CapNhatTrangThai",
    )
)


@dataclass(frozen=True)
class ReportTo:
    """Where the sender of a DvcSync dossier wants to hear that it has moved."""

    base: str
    secret: str = field(repr=False)


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def create_one_stop_sandbox(
    folder: Path,
    public_base: str,
    report_to: ReportTo | None = None,
    clock: Callable[[], dt.datetime] = utc_now,
    slow_seconds: float = SLOW_SECONDS,
) -> FastAPI:
    """The whole system over its own database in `folder`; `public_base` is where browsers reach it.

    `app.state.records` is that database.
    """
    records = Records(folder / "one_stop.sqlite3", UNIT, clock)
    access = Access(USER, PASSWORD, public_base)
    app = FastAPI(title="Hệ thống một cửa thử nghiệm", docs_url=None, openapi_url=None, redoc_url=None)
    app.state.records = records
    app.state.on_moved = None  # called with a dossier's code whenever an officer has moved it
    app.add_middleware(FaultyDoors, records=records, is_door=DOORS.__contains__, slow_seconds=slow_seconds)
    app.include_router(one_stop_exchange.create_router(records, access))
    app.include_router(one_stop_sync.create_router(records, access))

    async def report(dossier: Dossier) -> None:
        if report_to and dossier.way == "dvc_sync":
            await _report(report_to, records, access, dossier)
        if app.state.on_moved:
            await app.state.on_moved(dossier.code)

    app.include_router(one_stop_officer.create_router(records, report))
    app.add_exception_handler(Missing, one_stop_officer.missing)
    return app


def mount(app: FastAPI, folder: Path, public_base: str, is_demo: bool) -> FastAPI | None:
    """Puts it under /sandbox/one-stop of `app`; anywhere but in a demonstration that address does not exist (404)."""
    if not is_demo:
        return None
    sandbox = create_one_stop_sandbox(folder, f"{public_base}{PATH}")
    app.mount(PATH, sandbox, name="one-stop-sandbox")
    return sandbox


async def _report(to: ReportTo, records: Records, access: Access, dossier: Dossier) -> None:
    """CapNhatTrangThai to the sender; when it is not heard the officer's next move reports again."""
    record = state_record(records, access, dossier)
    moment = records.clock().astimezone(VIETNAM).strftime("%Y%m%d%H%M%S")
    body = record | {"TrangThai": record["TrangThaiHoSo"], "ThoiDiem": moment}
    try:
        async with httpx.AsyncClient(timeout=10) as client:
            headers = {"Authorization": f"Bearer {to.secret}"}
            answer = await client.post(f"{to.base}/one-stop/CapNhatTrangThai", json=body, headers=headers)
        if answer.status_code != 200:
            log.warning("the report of a status was answered with HTTP %d", answer.status_code)
    except httpx.HTTPError as error:
        log.warning("the report of a status did not arrive: %s", type(error).__name__)
