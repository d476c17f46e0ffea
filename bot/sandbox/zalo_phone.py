"""The pretended Zalo's messages to a telephone number: registered templates, their day's number, who has no Zalo."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.sandbox.zalo_courier import Courier, received
from bot.sandbox.zalo_doors import Refused, answer, read_body
from bot.sandbox.zalo_records import PhoneTemplate, ZaloRecords

MOST_TRACKING_CHARS = 48
DAY = timedelta(days=1)
_PHONE = re.compile(r"84[35789]\d{8}")
_MARK = re.compile(r"<(\w+)>")
# In a demonstration the end of a number says what its Zalo does.
BY_ENDING = {"000": -118, "001": -141, "002": -144}


def create_router(records: ZaloRecords, travelling: Courier) -> APIRouter:
    router = APIRouter(prefix="/business", default_response_class=Response)

    @router.post("/message/template")
    async def template(request: Request) -> Response:
        """For whoever holds an access token."""
        body = await read_body(request)
        return answer(records, request, lambda: _send(records, travelling, body), body, wrong_token=-124)

    return router


def _send(records: ZaloRecords, travelling: Courier, body: dict[str, Any]) -> dict[str, Any]:
    phone, known = str(body.get("phone", "")), records.phone_templates.get(str(body.get("template_id")))
    if not _PHONE.fullmatch(phone):
        raise Refused(-108, "Phone number invalid")
    if known is None:
        raise Refused(-109, "Template ID invalid")
    if not known.is_approved:
        raise Refused(-131, "ZNS template not approved")
    if len(str(body.get("tracking_id", ""))) > MOST_TRACKING_CHARS:
        raise Refused(-132, "tracking_id is too long")
    data = _checked(known, body.get("template_data"))
    if code := records.phone_codes.get(phone) or BY_ENDING.get(phone[-3:], 0):
        raise Refused(code, f"Zalo account {phone} refuses")  # names the number, as the real one may
    left = _left_today(records)
    if left < 0:
        raise Refused(-144, "OA has exceeded the daily limit")
    _arrive(records, phone, known, data)
    if records.keeps_calls:
        records.calls.append(body)
    msg_id = secrets.token_hex(10)
    told = received(records, phone, msg_id, str(body.get("tracking_id", "")))
    travelling.deliver(records.citizen(phone), told)
    quota = {"dailyQuota": str(records.phone_messages_per_day), "remainingQuota": str(left)}
    sent_time = str(int(records.clock().timestamp() * 1000))
    return {"msg_id": msg_id, "sent_time": sent_time, "sending_mode": "1", "quota": quota}


def _checked(known: PhoneTemplate, data: Any) -> dict[str, str]:
    if not isinstance(data, dict) or not data:
        raise Refused(-111, "Template data empty")
    for name, most in known.parameters.items():
        if not isinstance(data.get(name), str) or not data[name].strip():
            raise Refused(-1122, f"{name} is missing")
        if len(data[name]) > most:
            raise Refused(-1121, f"{name} is too long")
    return data


def _left_today(records: ZaloRecords) -> int:
    now = records.clock()
    records.phone_sent = [at for at in records.phone_sent if at > now - DAY]
    records.phone_sent.append(now)
    return records.phone_messages_per_day - len(records.phone_sent)


def _arrive(records: ZaloRecords, phone: str, known: PhoneTemplate, data: dict[str, str]) -> None:
    """It stands on the page of whoever plays that number."""

    def put_in(text: str) -> str:
        return _MARK.sub(lambda found: data.get(found[1], found[0]), text)

    url = {"payload": {"url": put_in(known.link)}}
    buttons = [{"title": known.button, "type": "oa.open.url", **url}] if known.button else []
    records.citizen(phone).add(True, text=put_in(known.text), kind="template", buttons=buttons)
