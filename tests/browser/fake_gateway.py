"""A small gateway that speaks the HTTP contract and fails on demand: what the widget is tried against."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, UploadFile
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles

CHANNELS = Path(__file__).parents[2] / "bot" / "channels"
INJECTION = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> javascript:alert(1) <b>đậm</b>'
AT = "2026-03-02T01:15:00.000+00:00"
SOURCE = {
    "title": "Cổng Dịch vụ công Quốc gia",
    "url": "https://dichvucong.gov.vn/thu-tuc/1.001193",
    "checked_on": "2026-02-20",
}
FOOTER = "Nguồn: Cổng Dịch vụ công Quốc gia. Kiểm tra ngày 20/02/2026."
PAPERS = (
    ("Tờ khai đăng ký khai sinh theo mẫu", "1 bản chính. Lấy ở: bộ phận một cửa", None),
    ("Giấy chứng sinh", "1 bản chính. Bệnh viện nơi sinh cấp", None),
    ("Văn bản cam đoan về việc sinh", "Thay cho giấy chứng sinh", "Không có giấy chứng sinh"),
    ("Biên bản về việc trẻ bị bỏ rơi", None, "Trẻ bị bỏ rơi"),
)
STEPS = (
    "Chuẩn bị giấy tờ.",
    "Nộp tại Trung tâm Phục vụ hành chính công phường, hoặc trên Cổng Dịch vụ công Quốc gia.",
    "Nhận giấy khai sinh ngay trong ngày.",
)


@dataclass
class Conversation:
    token: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, direction: str, **what: Any) -> dict[str, Any]:
        self.lines.append({"seq": len(self.lines) + 1, "direction": direction, "at": AT, **what})
        return self.lines[-1]


@dataclass
class Faults:
    """What goes wrong next: each of `next` is spent by one message (a status, "drop", "drop-after" or "html")."""

    next: list[int | str] = field(default_factory=list)
    slow_seconds: float = 0.0
    events_status: int = 200
    is_expired: bool = False
    holds_events: bool = False


class FakeGateway:
    def __init__(self) -> None:
        self.conversations: dict[str, Conversation] = {}
        self.faults = Faults()
        self.received: list[dict[str, Any]] = []  # every body that came, copies too
        self.event_requests = 0
        self.turn_more: dict[str, Any] = {}  # what the next turns tell besides: a question that waits, how far it is
        self.app = FastAPI()
        self._add_routes()

    def conversation(self) -> Conversation:
        return next(reversed(self.conversations.values()))

    def acted_on(self) -> list[str]:
        """Texts and payloads a turn was taken for, over all conversations."""
        lines = [line for conversation in self.conversations.values() for line in conversation.lines]
        return [line["text"] or line["payload"] or "file" for line in lines if line["direction"] == "in"]

    def push(self, **reply: Any) -> None:
        """A line no turn caused: a helper's words."""
        self.conversation().add("out", reply_to=None, replies=[reply], turn=None)

    def _add_routes(self) -> None:
        app, api = self.app, "/api/v1/conversations"
        app.mount("/widget", StaticFiles(directory=CHANNELS / "web_widget"))
        app.mount("/demo", StaticFiles(directory=CHANNELS / "demo"))
        app.get("/")(lambda: FileResponse(CHANNELS / "demo" / "index.html"))
        app.get("/plain")(self.plain_page)
        app.post(api, status_code=201)(self.start)
        app.post(api + "/{conversation_id}/messages")(self.message)
        app.get(api + "/{conversation_id}/messages")(self.history)
        app.get(api + "/{conversation_id}/events")(self.events)
        app.post(api + "/{conversation_id}/attachments", status_code=201)(self.attach)
        app.delete(api + "/{conversation_id}")(self.erase)

    def plain_page(self, attributes: str = "") -> HTMLResponse:
        """A page with nothing but the widget, under a strict content security policy."""
        policy = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' https:"
        page = (
            "<!doctype html><html lang=vi><meta name=viewport content='width=device-width'><title>Trang</title>"
            "<body><h1>Trang của phường</h1><p><a href='#x'>Liên kết</a></p>"
            f"<script src='/widget/motcua-widget.js' {attributes} async></script>"
        )
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    def start(self) -> dict[str, str]:
        conversation_id = f"c{len(self.conversations) + 1}"
        self.conversations[conversation_id] = Conversation(token=f"token-{conversation_id}")
        self.faults.is_expired = False
        return {"conversation_id": conversation_id, "token": f"token-{conversation_id}"}

    def holder(self, conversation_id: str, request: Request) -> Conversation | None:
        found = self.conversations.get(conversation_id)
        given = request.headers.get("authorization", "")
        is_allowed = found and given == f"Bearer {found.token}" and not self.faults.is_expired
        return found if is_allowed else None

    async def message(self, conversation_id: str, request: Request) -> Response:
        conversation = self.holder(conversation_id, request)
        if conversation is None:
            return problem(401, "Phiên trò chuyện không còn hiệu lực.")
        body = await request.json()
        self.received.append(body)
        fault = self.faults.next.pop(0) if self.faults.next else None
        if isinstance(fault, int):
            return problem(fault, "Có trục trặc phía hệ thống.")
        if fault == "html":
            return HTMLResponse("<p>Đăng nhập wifi</p>")
        if fault == "drop":
            return drop()
        answer = self.turn(conversation, body)
        await asyncio.sleep(self.faults.slow_seconds)
        return drop() if fault == "drop-after" else JSONResponse(answer)

    def turn(self, conversation: Conversation, body: dict[str, Any]) -> dict[str, Any]:
        if body["message_id"] in conversation.answers:
            return conversation.answers[body["message_id"]]
        said = {"text": body.get("text"), "payload": body.get("payload")}
        files = body.get("attachment_ids", [])
        line = conversation.add("in", message_id=body["message_id"], attachment_ids=files, **said)
        replies = answer_to(said["text"] or said["payload"] or "tệp")
        turn = {"kind": "answer", "procedure_code": "1.001193", "facet": "documents", "sources": [SOURCE]}
        turn |= self.turn_more
        conversation.add("out", reply_to=line["seq"], replies=replies, turn=turn)
        conversation.answers[body["message_id"]] = {"replies": replies, "turn": turn}
        return conversation.answers[body["message_id"]]

    def history(self, conversation_id: str, request: Request, after: int = 0) -> Response:
        conversation = self.holder(conversation_id, request)
        if conversation is None:
            return problem(401, "Phiên trò chuyện không còn hiệu lực.")
        return JSONResponse({"messages": conversation.lines[after : after + 100]})

    def events(self, conversation_id: str, request: Request, after: int = 0) -> Response:
        self.event_requests += 1
        conversation = self.holder(conversation_id, request)
        if conversation is None or self.faults.events_status != 200:
            return problem(401 if conversation is None else self.faults.events_status, "Không được.")
        return StreamingResponse(self._stream(conversation, after), media_type="text/event-stream")

    async def _stream(self, conversation: Conversation, seen: int) -> AsyncIterator[str]:
        yield "retry: 3000\n\n"
        while True:
            for line in conversation.lines[seen:]:
                seen = line["seq"]
                yield f"event: message\nid: {seen}\ndata: {json.dumps(line, ensure_ascii=False)}\n\n"
            await asyncio.sleep(0.05)

    async def attach(self, conversation_id: str, request: Request, file: UploadFile) -> Response:
        if self.holder(conversation_id, request) is None:
            return problem(401, "Phiên trò chuyện không còn hiệu lực.")
        if not (await file.read(4)).startswith(b"\x89PNG"):
            return problem(415, "Chỉ nhận ảnh (JPEG, PNG, HEIC) hoặc PDF.")
        return JSONResponse({"attachment_id": "a1"}, 201)

    def erase(self, conversation_id: str, request: Request) -> Response:
        if self.holder(conversation_id, request) is None:
            return problem(401, "Phiên trò chuyện không còn hiệu lực.")
        del self.conversations[conversation_id]
        return Response(status_code=204)


def problem(status: int, detail: str) -> JSONResponse:
    body = {"type": "about:blank", "title": str(status), "status": status, "detail": detail}
    return JSONResponse(body, status, media_type="application/problem+json")


def drop() -> Response:
    """A connection that ends in the middle of an answer."""

    async def half() -> AsyncIterator[bytes]:
        yield b'{"replies": [{"te'
        raise ConnectionResetError

    return StreamingResponse(half(), media_type="application/json")


def answer_to(text: str) -> list[dict[str, Any]]:
    """Enough kinds of answers to show all a reply may hold."""
    buttons = [
        {"title": "Lệ phí", "payload": "f:cost:1.001193"},
        {"title": "Bao lâu xong", "payload": "f:time_limit:1.001193"},
        {"title": "Các bước làm", "payload": "f:steps:1.001193"},
        {"title": "Gặp người hỗ trợ", "payload": "h:"},
    ]
    if "xss" in text:
        card = {"title": INJECTION, "kind": "checklist", "items": [{"text": INJECTION, "note": INJECTION}]}
        link = "Xem https://example.vn/a?b=1. Không mở javascript:alert(1)"
        return [
            {"text": f"{INJECTION}\n{link}", "card": card, "image_url": "javascript:alert(1)", "file_url": "data:,x"},
            {"text": "hai", "buttons": [{"title": INJECTION, "payload": "x:1"}], "from_person": INJECTION},
        ]
    if text.startswith("f:cost"):
        return [{"text": f"Lệ phí để làm giấy khai sinh:\n• Đúng hạn: miễn phí\n\n{FOOTER}", "buttons": buttons[1:]}]
    if text.startswith("f:steps"):
        card = {"title": "Các bước làm giấy khai sinh", "kind": "steps", "items": [{"text": step} for step in STEPS]}
        return [{"text": "Bạn làm theo các bước sau:", "card": card, "buttons": buttons[:2]}]
    if text == "h:":
        return [{"text": "Mình đã báo người hỗ trợ của phường. Bạn đợi một chút nhé."}]
    if "khai sinh" in text:
        items = [{"text": name, "note": note, "case": case} for name, note, case in PAPERS]
        rows = "\n".join(f"{number}. {paper[0]}" for number, paper in enumerate(PAPERS[:2], 1))
        more = "(còn 2 giấy tờ nữa, xem đủ ở danh sách bên dưới)"
        card = {"title": "Giấy tờ để làm giấy khai sinh", "kind": "checklist", "items": items, "footer": FOOTER}
        lead = "Để làm giấy khai sinh, bạn cần:"
        return [{"text": f"{lead}\n{rows}\n{more}\n\n{FOOTER}", "card": card, "buttons": buttons}]
    return [{"text": f"Bạn vừa hỏi: {text}"}]


def main() -> None:
    """Serves it alone, to look at the widget without the rest: `python -m tests.browser.fake_gateway`."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    uvicorn.run(FakeGateway().app, port=int(os.environ.get("PORT", "8009")), log_level="warning")


if __name__ == "__main__":
    main()
