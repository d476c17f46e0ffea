"""Brings the pretended Zalo's events to our webhook, signed, and again when it does not answer in time."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
from typing import Any

import httpx

from bot.sandbox.zalo_records import Citizen, ZaloRecords

log = logging.getLogger(__name__)

ANSWER_SECONDS = 2.0
AGAIN_AFTER_SECONDS = (30.0, 300.0, 900.0, 1800.0, 3600.0)


class Courier:
    """`deliver` returns at once; events travel on their own, those of one citizen one after another."""

    def __init__(
        self,
        records: ZaloRecords,
        client: httpx.AsyncClient,
        webhook_url: str,
        again_after_seconds: tuple[float, ...] = AGAIN_AFTER_SECONDS,
    ) -> None:
        self._records, self._client, self._url = records, client, webhook_url
        self._again_after = again_after_seconds
        self._last: dict[str, asyncio.Task] = {}

    def deliver(self, citizen: Citizen, event: dict[str, Any]) -> asyncio.Task:
        body = json.dumps(event, ensure_ascii=False).encode()
        task = asyncio.create_task(self._travel(self._last.get(citizen.id), body, event["timestamp"]))
        self._last[citizen.id] = task
        task.add_done_callback(lambda done: self._forget(citizen.id, done))
        return task

    def _forget(self, citizen_id: str, done: asyncio.Task) -> None:
        if self._last.get(citizen_id) is done:
            del self._last[citizen_id]

    async def _travel(self, before: asyncio.Task | None, body: bytes, timestamp: str) -> bool:
        """Whether it was taken in the end."""
        if before is not None:
            await asyncio.wait([before], timeout=ANSWER_SECONDS)
        if await self._send(body, timestamp, None):
            return True
        for number, wait in enumerate(self._again_after, 1):
            await asyncio.sleep(wait)
            if await self._send(body, timestamp, number):
                return True
        log.warning("the pretended Zalo gives an event up: its webhook does not answer")
        return False

    async def _send(self, body: bytes, timestamp: str, num_retry: int | None) -> bool:
        signature = signed(self._records.app_id, body, timestamp, self._records.oa_secret)
        headers = {"X-ZEvent-Signature": signature, "Content-Type": "application/json"}
        if num_retry is not None:
            headers["num_retry"] = str(num_retry)
        try:
            answer = await self._client.post(self._url, content=body, headers=headers, timeout=ANSWER_SECONDS)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    async def arrived(self) -> None:
        """Waits for everything under way."""
        while self._last:
            await asyncio.wait(set(self._last.values()))


def signed(app_id: str, body: bytes, timestamp: str, oa_secret: str) -> str:
    """The header as Zalo's own SDK builds it."""
    return (
        "mac=" + hashlib.sha256(b"".join([app_id.encode(), body, timestamp.encode(), oa_secret.encode()])).hexdigest()
    )


def event_of(records: ZaloRecords, citizen: Citizen, name: str, **more: Any) -> dict[str, Any]:
    """An event as Zalo writes it: ids and times are strings."""
    common = {
        "app_id": records.app_id,
        "user_id_by_app": f"9{citizen.id[1:]}",
        "event_name": name,
        "timestamp": str(int(records.clock().timestamp() * 1000)),
    }
    if name in ("follow", "unfollow"):
        return common | {"oa_id": records.oa_id, "follower": {"id": citizen.id}, "source": "oa_profile"} | more
    return common | {"sender": {"id": citizen.id}, "recipient": {"id": records.oa_id}} | more


def said(records: ZaloRecords, citizen: Citizen, text: str) -> dict[str, Any]:
    return event_of(records, citizen, "user_send_text", message={"text": text, "msg_id": secrets.token_hex(10)})


def sent_file(records: ZaloRecords, citizen: Citizen, kind: str, url: str, name: str, size: int) -> dict[str, Any]:
    """`kind` is image or file."""
    payload = {"url": url, "thumbnail": url} if kind == "image" else {"url": url, "name": name, "size": str(size)}
    message = {"msg_id": secrets.token_hex(10), "attachments": [{"type": kind, "payload": payload}]}
    return event_of(records, citizen, f"user_send_{kind}", message=message)


def sent_location(records: ZaloRecords, citizen: Citizen, latitude: float, longitude: float) -> dict[str, Any]:
    coordinates = {"latitude": str(latitude), "longitude": str(longitude)}
    attachment = {"type": "location", "payload": {"coordinates": coordinates}}
    message = {"msg_id": secrets.token_hex(10), "attachments": [attachment]}
    return event_of(records, citizen, "user_send_location", message=message)


def shared_info(records: ZaloRecords, citizen: Citizen, phone: str, ward: str, city: str) -> dict[str, Any]:
    address = {"user_city": city, "user_ward": ward, "user_address": ""}
    info = {"name": "Nguyễn Văn Thử", "phone": phone, "full_address": address}
    return event_of(records, citizen, "user_submit_info", info=info)


def received(records: ZaloRecords, phone: str, msg_id: str, tracking_id: str) -> dict[str, Any]:
    """A message to a telephone number is there; it tells the number, and the id that the sender gave."""
    now = str(int(records.clock().timestamp() * 1000))
    parties = {"sender": {"id": records.oa_id}, "recipient": {"id": phone}}
    message = {"delivery_time": now, "msg_id": msg_id, "tracking_id": tracking_id}
    return event_of(records, records.citizen(phone), "user_received_message", **parties, message=message)


def operator_said(records: ZaloRecords, citizen: Citizen, text: str) -> dict[str, Any]:
    """A person writes in the account's own window; Zalo tells us as an echo with the person's id."""
    parties = {"sender": {"id": records.oa_id, "admin_id": "7391"}, "recipient": {"id": citizen.id}}
    message = {"text": text, "msg_id": secrets.token_hex(10)}
    return event_of(records, citizen, "oa_send_text", **parties, message=message)
