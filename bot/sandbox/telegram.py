"""A Telegram Bot API server for one bot: the methods that we call, its limits, and faults on demand.

Wire format as python-telegram-bot speaks it: POST /bot<token>/<method>, form-encoded with JSON inside,
answered {"ok": …, "result" | "error_code", "description", "parameters"}.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

MOST_CHARS = 4096
MOST_CALLBACK_BYTES = 64
MOST_FETCHED_BYTES = 20 * 1024 * 1024
MOST_FILES = 200
SECRET = re.compile(r"^[A-Za-z0-9_-]{1,256}$")
BOT = {"id": 1, "is_bot": True, "first_name": "Một Cửa", "username": "motcua_bot"}


@dataclass
class Fault:
    """The next `times` calls of `method` fail with this."""

    method: str
    code: int
    description: str
    retry_after: int | None = None
    times: int = 1


@dataclass
class TelegramSandbox:
    """State of the pretended Telegram: what was sent to whom, and the updates waiting for the bot."""

    token: str
    sent: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    updates: deque[dict[str, Any]] = field(default_factory=deque)
    faults: list[Fault] = field(default_factory=list)
    blocked_by: set[int] = field(default_factory=set)
    webhook: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    _next_update: int = 10_000
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    # ---- what a citizen does

    def says(self, chat_id: int, text: str | None = None, chat_type: str = "private", **extra: Any) -> dict[str, Any]:
        """A message typed by a citizen, as an update."""
        message = {**self._message(chat_id, chat_type), **({"text": text} if text is not None else {}), **extra}
        return self._queue({"message": message})

    def sends_photo(self, chat_id: int, content: bytes, **extra: Any) -> dict[str, Any]:
        """A photo as phones send it: several sizes, of which the last is the largest."""
        sizes = [(90, 120, b"thumbnail"), (960, 1280, content)]
        photo = [{**self._file(data), "width": width, "height": height} for width, height, data in sizes]
        return self.says(chat_id, None, photo=photo, **extra)

    def sends_document(self, chat_id: int, content: bytes, name: str, **extra: Any) -> dict[str, Any]:
        return self.says(chat_id, None, document={**self._file(content), "file_name": name}, **extra)

    def shares_contact(self, chat_id: int, phone: str, whose: int | None = None, **extra: Any) -> dict[str, Any]:
        """A contact card; the citizen's own unless `whose`, as Telegram tells by its `user_id`."""
        card = {"phone_number": phone, "first_name": "An", "user_id": chat_id if whose is None else whose}
        return self.says(chat_id, None, contact=card, **extra)

    def _file(self, content: bytes) -> dict[str, Any]:
        while len(self.files) >= MOST_FILES:
            self.files.pop(next(iter(self.files)))
        name = f"file{self._next_update}-{secrets.token_hex(4)}"
        self.files[name] = content
        return {"file_id": name, "file_unique_id": name, "file_size": len(content)}

    def presses(self, chat_id: int, payload: str) -> dict[str, Any]:
        """A button pressed by a citizen, as an update."""
        query = {"id": f"q{self._next_update}", "from": _person(chat_id), "chat_instance": "-1", "data": payload}
        return self._queue({"callback_query": {**query, "message": {**self._message(chat_id), "text": "…"}}})

    def blocks(self, chat_id: int) -> dict[str, Any]:
        """A citizen blocks the bot, as an update."""
        self.blocked_by.add(chat_id)
        member = {"user": BOT, "status": "kicked", "until_date": 0}
        change = {"chat": self._chat(chat_id), "from": _person(chat_id), "date": 1_763_800_000}
        return self._queue(
            {
                "my_chat_member": {
                    **change,
                    "old_chat_member": {"user": BOT, "status": "member"},
                    "new_chat_member": member,
                }
            }
        )

    def texts_to(self, chat_id: int) -> list[str]:
        return [call["text"] for call in self.sent if call.get("chat_id") == chat_id and "text" in call]

    def _queue(self, body: dict[str, Any]) -> dict[str, Any]:
        update = {"update_id": self._next_update, **body}
        self._next_update += 1
        self.updates.append(update)
        self._arrived.set()
        return update

    def _message(self, chat_id: int, chat_type: str = "private") -> dict[str, Any]:
        return {
            "message_id": self._next_update,
            "date": 1_763_800_000,
            "from": _person(chat_id),
            "chat": self._chat(chat_id, chat_type),
        }

    def _chat(self, chat_id: int, chat_type: str = "private") -> dict[str, Any]:
        return {
            "id": chat_id,
            "type": chat_type,
            **({"first_name": "An"} if chat_type == "private" else {"title": "Thôn Phú Hòa"}),
        }

    # ---- what the bot calls

    async def answer(self, method: str, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.calls.append(method)
        fault = next((fault for fault in self.faults if fault.method == method and fault.times > 0), None)
        if fault:
            fault.times -= 1
            return _error(fault.code, fault.description, fault.retry_after)
        handler = getattr(self, f"_{_snake(method)}", None)
        if handler is None:
            return _error(404, "Not Found: method not found")
        return await handler(form)

    async def _get_me(self, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return _ok(
            {**BOT, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
        )

    async def _send_message(self, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        chat_id, text = int(form["chat_id"]), form.get("text", "")
        if chat_id in self.blocked_by:
            return _error(403, "Forbidden: bot was blocked by the user")
        if not text.strip():
            return _error(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > MOST_CHARS:
            return _error(400, "Bad Request: message is too long")
        markup = json.loads(form["reply_markup"]) if form.get("reply_markup") else {}
        keyboard, asked = markup.get("inline_keyboard", []), markup.get("keyboard", [])
        if refused := _refused_keys(asked, chat_id):
            return _error(400, f"Bad Request: {refused}")
        if any(len(key["callback_data"].encode()) > MOST_CALLBACK_BYTES for row in keyboard for key in row):
            return _error(400, "Bad Request: BUTTON_DATA_INVALID")
        contact = {"contact": asked[0][0]["text"]} if asked else {}
        self.sent.append({"chat_id": chat_id, "text": text, "keyboard": keyboard, **contact})
        return _ok({**self._message(chat_id), "message_id": len(self.sent), "from": BOT, "text": text})

    async def _send_photo(self, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return self._note_file(form, "photo")

    async def _send_document(self, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return self._note_file(form, "document")

    def _note_file(self, form: dict[str, Any], kind: str) -> tuple[int, dict[str, Any]]:
        chat_id = int(form["chat_id"])
        if chat_id in self.blocked_by:
            return _error(403, "Forbidden: bot was blocked by the user")
        if not str(form.get(kind, "")).startswith(("http://", "https://")):
            return _error(400, "Bad Request: wrong HTTP URL specified")
        self.sent.append({"chat_id": chat_id, kind: form[kind]})
        return _ok({**self._message(chat_id), "message_id": len(self.sent), "from": BOT})

    async def _get_updates(self, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.webhook.get("url"):
            return _error(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(form.get("offset") or 0)
        while self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        if not self.updates:
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), min(float(form.get("timeout") or 0), 2.0))
        return _ok(list(self.updates)[:100])

    async def _set_webhook(self, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if form.get("secret_token") and not SECRET.match(form["secret_token"]):
            return _error(400, "Bad Request: secret token contains unallowed characters")
        self.webhook = dict(form)
        return _ok(True)

    async def _delete_webhook(self, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.webhook = {}
        return _ok(True)

    async def _get_webhook_info(self, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        url = self.webhook.get("url", "")
        return _ok({"url": url, "has_custom_certificate": False, "pending_update_count": len(self.updates)})

    async def _get_file(self, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        content = self.files.get(form.get("file_id", ""))
        if content is None:
            return _error(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(content) > MOST_FETCHED_BYTES:
            return _error(400, "Bad Request: file is too big")
        name = form["file_id"]
        found = {"file_id": name, "file_unique_id": name, "file_size": len(content), "file_path": f"files/{name}"}
        return _ok(found)

    async def _answer_callback_query(self, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return _ok(True)

    async def _send_chat_action(self, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return _ok(True)


def create_sandbox(state: TelegramSandbox) -> FastAPI:
    """The server for `state`; a wrong token is answered 401, as Telegram does."""
    app = FastAPI(docs_url=None, openapi_url=None)

    @app.post("/bot{token}/{method}")
    async def call(token: str, method: str, request: Request) -> JSONResponse:
        if token != state.token:
            status, body = _error(401, "Unauthorized")
        else:
            status, body = await state.answer(method, dict(await request.form()))
        return JSONResponse(body, status)

    @app.get("/file/bot{token}/files/{name}")
    def file(token: str, name: str) -> Response:
        is_there = token == state.token and name in state.files
        return Response(state.files[name] if is_there else b"", 200 if is_there else 404)

    return app


def _refused_keys(rows: list[list[dict[str, Any]]], chat_id: int) -> str | None:
    """Why keys below the line of writing are not taken: they need a title, and ask for numbers in private only."""
    keys = [key for row in rows for key in row]
    if any(not str(key.get("text", "")).strip() for key in keys) or not all(rows):
        return "keyboard button text must be non-empty"
    is_asked = any(key.get("request_contact") for key in keys)
    return "phone number can be requested in private chats only" if is_asked and chat_id < 0 else None


def _person(chat_id: int) -> dict[str, Any]:
    return {"id": chat_id, "is_bot": False, "first_name": "An", "language_code": "vi"}


def _ok(result: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"ok": True, "result": result}


def _error(code: int, description: str, retry_after: int | None = None) -> tuple[int, dict[str, Any]]:
    parameters = {"parameters": {"retry_after": retry_after}} if retry_after else {}
    return code, {"ok": False, "error_code": code, "description": description, **parameters}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
