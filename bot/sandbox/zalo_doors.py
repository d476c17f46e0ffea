"""The pretended Zalo's interface: consultation and template messages, uploads, with Zalo's limits and error codes."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, UploadFile
from fastapi.responses import JSONResponse, Response

from bot.sandbox.zalo_records import Citizen, ZaloRecords

MOST_CHARS, MOST_BUTTONS, MOST_TITLE_CHARS, MOST_PAYLOAD_CHARS = 2_000, 5, 100, 1_000
MOST_SUBTITLE_CHARS = 500
WINDOW = timedelta(days=7)
UPLOADS = {
    "image": (1_000_000, {"image/jpeg", "image/png"}),
    "gif": (5_000_000, {"image/gif"}),
    "file": (5_000_000, {"application/pdf", "application/msword", "text/csv"}),
}


class Refused(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def create_router(records: ZaloRecords) -> APIRouter:
    router = APIRouter(default_response_class=Response)

    @router.post("/v3.0/oa/message/cs")
    async def consultation(request: Request) -> Response:
        """For whoever holds an access token."""
        body = await read_body(request)
        return answer(records, request, lambda: _consultation(records, body), body)

    @router.post("/v3.0/oa/message/template")
    async def template(request: Request) -> Response:
        """For whoever holds an access token."""
        body = await read_body(request)
        return answer(records, request, lambda: _template(records, body), body)

    @router.get("/v2.0/oa/getoa")
    async def account(request: Request) -> Response:
        """For whoever holds an access token."""
        told = {"oa_id": records.oa_id, "name": "Một Cửa (thử nghiệm)", "is_verified": True, "num_follower": 1}
        return answer(records, request, lambda: told, {})

    @router.post("/v2.0/oa/upload/{kind}")
    async def upload(request: Request, kind: str, file: UploadFile) -> Response:
        """For whoever holds an access token."""
        content = await file.read()
        return answer(records, request, lambda: _upload(records, kind, content, file.content_type or ""), {})

    return router


async def read_body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        return None


def answer(records: ZaloRecords, request: Request, work: Any, body: Any, wrong_token: int = 0) -> Response:
    """Errors come with HTTP 200; only what breaks down on the way has another status.

    `wrong_token`: what this host says to any token that is not good.
    """
    breaks = records.faults.next_break()
    if breaks == "before":
        return _broken()
    remaining = records.remaining_calls()
    headers = {"X-RateLimit-Limit": str(records.calls_per_minute), "X-RateLimit-Remain": str(max(remaining, 0))}
    try:
        _let_in(records, request, remaining, wrong_token)
        if not isinstance(body, dict):
            raise Refused(-201, "body is invalid!")
        data = work()
    except Refused as refused:
        return JSONResponse({"error": refused.code, "message": refused.message}, headers=headers)
    if breaks == "after":
        records.faults.answers_lost += 1
        return _broken()
    return JSONResponse({"data": data, "error": 0, "message": "Success"}, headers=headers)


def _broken() -> Response:
    return Response("upstream timed out", 504)


def _let_in(records: ZaloRecords, request: Request, remaining: int, wrong_token: int) -> None:
    token = request.headers.get("access_token", "")
    if token not in records.access:
        raise Refused(wrong_token or -216, "Access token is invalid")
    if records.access[token] <= records.clock():
        raise Refused(wrong_token or -220, "access_token is expired or removed")
    if remaining < 0:
        raise Refused(-32, "Your application reached limit call api")
    if code := records.faults.next_code():
        raise Refused(code, "as ordered")


def _consultation(records: ZaloRecords, body: dict[str, Any]) -> dict[str, Any]:
    citizen = _receiver(records, (body.get("recipient") or {}).get("user_id"))
    if citizen.interacted_at is None or records.clock() - citizen.interacted_at > WINDOW:
        raise Refused(-230, "User has not interacted with the OA in the past 7 days")
    message = body.get("message")
    if not isinstance(message, dict):
        raise Refused(-201, "message is invalid!")
    line = _checked(message)
    citizen.add(True, **line)
    return _sent(records, citizen, body)


def _receiver(records: ZaloRecords, citizen_id: Any) -> Citizen:
    if not isinstance(citizen_id, str) or not citizen_id.isdigit():
        raise Refused(-201, "user_id is invalid!")
    citizen = records.citizen(citizen_id)
    if citizen.refuses:
        raise Refused(-213, "User has not followed the OA")
    return citizen


def _checked(message: dict[str, Any]) -> dict[str, Any]:
    """What the citizen will see of it, or why Zalo does not take it."""
    text, attachment = message.get("text", ""), message.get("attachment")
    if not isinstance(text, str) or (not text.strip() and attachment is None):
        raise Refused(-201, "text is invalid!")
    if len(text.encode("utf-16-le")) // 2 > MOST_CHARS:
        raise Refused(-210, "text exceeds the maximum length 2000")
    if attachment is None:
        return {"text": text}
    payload = attachment.get("payload") if isinstance(attachment, dict) else None
    if not isinstance(payload, dict) or attachment.get("type") not in ("template", "file"):
        raise Refused(-201, "attachment is invalid!")
    if payload.get("template_type") == "request_user_info":
        return {"text": _form(payload), "buttons": []}
    return {"text": text, "buttons": _buttons(payload.get("buttons", [])), "image": _image(payload)}


def _form(payload: dict[str, Any]) -> str:
    """What stands on the form by which a citizen shares name, number and address."""
    elements = payload.get("elements")
    if not isinstance(elements, list) or len(elements) != 1 or not isinstance(elements[0], dict):
        raise Refused(-201, "elements is invalid!")
    title, subtitle = (str(elements[0].get(name, "")) for name in ("title", "subtitle"))
    if (
        not title.strip()
        or len(title) > MOST_TITLE_CHARS
        or not subtitle.strip()
        or len(subtitle) > MOST_SUBTITLE_CHARS
    ):
        raise Refused(-201, "title or subtitle is invalid!")
    return f"{title}\n{subtitle}"


def _buttons(buttons: Any) -> list[dict[str, Any]]:
    if not isinstance(buttons, list) or len(buttons) > MOST_BUTTONS:
        raise Refused(-201, "buttons is invalid!")
    for button in buttons:
        title, payload = button.get("title", ""), button.get("payload")
        if not title.strip() or len(title) > MOST_TITLE_CHARS:
            raise Refused(-201, "title is invalid!")
        if not _is_payload(button.get("type"), payload):
            raise Refused(-201, "payload is invalid!")
    return buttons


def _is_payload(kind: Any, payload: Any) -> bool:
    if kind in ("oa.query.show", "oa.query.hide"):
        return isinstance(payload, str) and 0 < len(payload) <= MOST_PAYLOAD_CHARS
    if kind == "oa.open.url":
        return isinstance(payload, dict) and str(payload.get("url", "")).startswith(("http://", "https://"))
    return kind in ("oa.open.phone", "oa.open.sms") and isinstance(payload, dict)


def _image(payload: dict[str, Any]) -> str | None:
    if payload.get("template_type") != "media":
        return None
    elements = payload.get("elements")
    if not isinstance(elements, list) or len(elements) != 1:
        raise Refused(-201, "elements is invalid!")
    url = elements[0].get("url", "")
    if not url.startswith(("http://", "https://")) and "attachment_id" not in elements[0]:
        raise Refused(-201, "url is invalid!")
    return url or None


def _template(records: ZaloRecords, body: dict[str, Any]) -> dict[str, Any]:
    citizen = _receiver(records, body.get("user_id"))
    known = records.templates.get(str(body.get("template_id")))
    if known is None:
        raise Refused(-109, "template_id is invalid")
    text, parameters = known
    data = body.get("template_data")
    data = data if isinstance(data, dict) else {}
    for name, most in parameters.items():
        if not str(data.get(name, "")).strip():
            raise Refused(-1122, f"{name} is missing")
        if len(str(data[name])) > most:
            raise Refused(-1121, f"{name} is too long")
        text = text.replace(f"<{name}>", str(data[name]))
    citizen.add(True, text=text, kind="template")
    return _sent(records, citizen, body)


def _sent(records: ZaloRecords, citizen: Citizen, body: dict[str, Any]) -> dict[str, Any]:
    if records.keeps_calls:
        records.calls.append(body)
    now = str(int(records.clock().timestamp() * 1000))
    return {"message_id": secrets.token_hex(10), "user_id": citizen.id, "sent_time": now}


def _upload(records: ZaloRecords, kind: str, content: bytes, media_type: str) -> dict[str, str]:
    most, types = UPLOADS.get(kind, (0, set()))
    if not content or len(content) > most:
        raise Refused(-210, "file size exceeds the limit")
    if media_type not in types:
        raise Refused(-201, "file is invalid!")
    return {"token" if kind == "file" else "attachment_id": records.keep_file(content, media_type)}
