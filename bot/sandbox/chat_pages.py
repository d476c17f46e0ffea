"""A page on which a person plays a citizen at the telephone, for each messenger that the sandbox pretends."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Protocol

from fastapi import APIRouter, Request, UploadFile
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.templating import Jinja2Templates

FOLDER = Path(__file__).parent
MOST_FILE_BYTES = 5_000_000
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src * data: blob:; frame-ancestors 'self'",
}


class Act(BaseModel):
    """What the person does: says, presses a button, or something of the messenger's own."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(max_length=20)
    text: str = Field(default="", max_length=20_000)


class Chat(Protocol):
    """One pretended messenger. `deeds` are the acts offered beside saying and pressing: kind and title."""

    name: str
    accent: str
    deeds: tuple[tuple[str, str], ...]
    takes_files: bool

    def lines(self, who: str, after: int) -> list[dict[str, Any]]: ...

    def act(self, who: str, kind: str, text: str) -> bool:
        """False when there is no such act."""
        ...

    def send_file(self, who: str, name: str, media_type: str, content: bytes) -> None: ...


def create_router(chat: Chat) -> APIRouter:
    router = APIRouter(default_response_class=Response)

    @router.get("/")
    def page(request: Request) -> Response:
        """Open to all, in a demonstration only; who one is, the page draws for itself."""
        root = request.scope.get("root_path", "")
        return _templates().TemplateResponse(request, "chat.html", {"chat": chat, "root": root}, headers=HEADERS)

    @router.get("/chat.{kind}")
    def asset(kind: str) -> Response:
        """Open to all, in a demonstration only."""
        path = FOLDER / f"chat.{kind}"
        return FileResponse(path, headers={"Cache-Control": "no-store"}) if kind in ("js", "css") else _missing()

    @router.get("/chat/{who}")
    def lines(who: str, after: int = 0) -> Response:
        """For whoever knows the number that the page drew, in a demonstration only."""
        return JSONResponse(chat.lines(who, after), headers=HEADERS) if _is_somebody(who) else _missing()

    @router.post("/chat/{who}")
    async def act(who: str, body: Act) -> Response:
        """For whoever knows the number that the page drew, in a demonstration only."""
        is_done = _is_somebody(who) and chat.act(who, body.kind, body.text)
        return Response(status_code=204) if is_done else _missing()

    @router.post("/chat/{who}/attachments")
    async def file(who: str, file: UploadFile) -> Response:
        """For whoever knows the number that the page drew, in a demonstration only."""
        content = await file.read(MOST_FILE_BYTES + 1)
        if not (_is_somebody(who) and chat.takes_files) or not 0 < len(content) <= MOST_FILE_BYTES:
            return _missing()
        chat.send_file(who, file.filename or "file", file.content_type or "", content)
        return Response(status_code=204)

    return router


def _is_somebody(who: str) -> bool:
    return who.isascii() and who.isdigit() and 6 <= len(who) <= 19 and who[0] != "0"


def _missing() -> Response:
    return Response(status_code=404)


@cache
def _templates() -> Jinja2Templates:
    return Jinja2Templates(FOLDER)
