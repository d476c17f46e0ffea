"""A Zalo of our own, for demonstrations and tests: OAuth, the account's interface, signed webhooks, a page to chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI, Response

from bot.sandbox import chat_pages, zalo_consent, zalo_doors, zalo_phone
from bot.sandbox import zalo_courier as courier
from bot.sandbox.zalo_courier import AGAIN_AFTER_SECONDS, Courier
from bot.sandbox.zalo_records import Citizen, ZaloRecords

PATH = "/sandbox/zalo"
WEBHOOK_PATH = "/channels/zalo/webhook"
PICTURES = {"image/jpeg", "image/png"}
EIGHT_DAYS = timedelta(days=8)


def utc_now() -> datetime:
    return datetime.now(UTC)


class ZaloChat:
    """The citizens' side: what a person does on the page becomes events on their way to us."""

    name, accent, takes_files = "Zalo", "zalo", True
    deeds = (
        ("follow", "Quan tâm"),
        ("unfollow", "Bỏ quan tâm"),
        ("location", "Gửi vị trí"),
        ("info", "Chia sẻ thông tin"),
        ("operator", "Nhân viên trả lời thay"),
        ("silent", "Im lặng 8 ngày"),
    )

    def __init__(self, records: ZaloRecords, travelling: Courier, base: str) -> None:
        self._records, self._courier, self._base = records, travelling, base

    def lines(self, who: str, after: int) -> list[dict[str, Any]]:
        citizen = self._records.citizens.get(who)
        return [_shown(line) for line in citizen.lines if line.number > after] if citizen else []

    def act(self, who: str, kind: str, text: str) -> bool:
        deed = getattr(self, f"_{kind}", None) if kind in ("say", "press") or kind in dict(self.deeds) else None
        if deed is None:
            return False
        deed(self._records.citizen(who), text)
        return True

    def send_file(self, who: str, name: str, media_type: str, content: bytes) -> None:
        citizen = self._touched(self._records.citizen(who))
        url = f"{self._base}/files/{self._records.keep_file(content, media_type)}"
        kind = "image" if media_type in PICTURES else "file"
        citizen.add(False, text=f"[{name}]", kind="citizen")
        self._courier.deliver(citizen, courier.sent_file(self._records, citizen, kind, url, name, len(content)))

    def _say(self, citizen: Citizen, text: str) -> None:
        self._touched(citizen).add(False, text=text, kind="citizen")
        self._courier.deliver(citizen, courier.said(self._records, citizen, text))

    def _press(self, citizen: Citizen, text: str) -> None:
        """`oa.query.hide`: it travels as a text that is not shown."""
        self._courier.deliver(self._touched(citizen), courier.said(self._records, citizen, text))

    def _follow(self, citizen: Citizen, text: str) -> None:
        self._touched(citizen).follows = True
        self._courier.deliver(citizen, courier.event_of(self._records, citizen, "follow"))

    def _unfollow(self, citizen: Citizen, text: str) -> None:
        citizen.follows, citizen.refuses = False, True
        self._courier.deliver(citizen, courier.event_of(self._records, citizen, "unfollow"))

    def _location(self, citizen: Citizen, text: str) -> None:
        self._touched(citizen).add(False, text="[vị trí]", kind="citizen")
        self._courier.deliver(citizen, courier.sent_location(self._records, citizen, 13.0955, 109.3209))

    def _info(self, citizen: Citizen, text: str) -> None:
        self._touched(citizen).add(False, text="[đã chia sẻ thông tin]", kind="citizen")
        event = courier.shared_info(self._records, citizen, "84912345678", "Phường Tuy Hòa", "Tỉnh Đắk Lắk")
        self._courier.deliver(citizen, event)

    def _operator(self, citizen: Citizen, text: str) -> None:
        said = text.strip() or "Chào bạn, mình là nhân viên trực."
        citizen.add(True, text=said, kind="operator")
        self._courier.deliver(citizen, courier.operator_said(self._records, citizen, said))

    def _silent(self, citizen: Citizen, text: str) -> None:
        citizen.interacted_at = self._records.clock() - EIGHT_DAYS

    def _touched(self, citizen: Citizen) -> Citizen:
        citizen.interacted_at, citizen.refuses = self._records.clock(), False
        return citizen


def create_zalo_sandbox(
    records: ZaloRecords,
    client: httpx.AsyncClient,
    webhook_url: str,
    base: str,
    again_after_seconds: tuple[float, ...] = AGAIN_AFTER_SECONDS,
) -> FastAPI:
    """`client` reaches our webhook at `webhook_url`; `base` is where we reach this server (files are named by it).

    `app.state.records`, `app.state.chat` and `app.state.courier` are its parts.
    """
    app = FastAPI(title="Zalo thử nghiệm", docs_url=None, openapi_url=None, redoc_url=None)
    travelling = Courier(records, client, webhook_url, again_after_seconds)
    chat = ZaloChat(records, travelling, base)
    app.state.records, app.state.chat, app.state.courier = records, chat, travelling
    app.include_router(zalo_consent.create_router(records))
    app.include_router(zalo_doors.create_router(records))
    app.include_router(zalo_phone.create_router(records, travelling))
    app.include_router(chat_pages.create_router(chat))

    @app.get("/files/{name}")
    def file(name: str) -> Response:
        """For whoever was told the address."""
        found = records.file(name)
        return Response(found[0], media_type=found[1]) if found else Response(status_code=404)

    return app


def demonstration_records(
    templates: Mapping[str, tuple[str, Mapping[str, int]]], clock: Callable[[], datetime] = utc_now
) -> ZaloRecords:
    """An account whose templates are registered under their own names."""
    known = {name: (text, dict(parameters)) for name, (text, parameters) in templates.items()}
    return ZaloRecords(clock=clock, templates=known)


def _shown(line: Any) -> dict[str, Any]:
    return {
        "number": line.number,
        "is_ours": line.is_ours,
        "text": line.text,
        "kind": line.kind,
        "image": line.image,
        "buttons": [_shown_button(button) for button in line.buttons],
    }


def _shown_button(button: dict[str, Any]) -> dict[str, str]:
    payload = button["payload"]
    named = {"payload": payload} if isinstance(payload, str) else {"url": payload.get("url", "#")}
    return {"title": button["title"], **named}
