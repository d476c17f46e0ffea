"""The doors to a dossier's papers and filled form: under the sheet's private link, for as long as it lives."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import jinja2
from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from bot.channels.routes import Parts, open_to_all
from bot.page_headers import page_headers
from bot.problems import Problem
from bot.services import Services
from bot.submission.attachments import Attachment
from bot.submission.dossier import Dossier
from bot.submission.dossier_files import file_ids
from bot.submission.papers.filled import form_of
from bot.submission.papers.opening import Opening
from bot.submission.papers.paging import is_paper, page_ids
from bot.submission.papers.refusals import RefusedFile
from bot.submission.sheet import PATH, read_token
from bot.wording import say
from knowledge.working_days import VIETNAM

MOST_TOKEN_CHARS = 100
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}
NOTHING_RUNS = {"Content-Security-Policy": "default-src 'none'; sandbox"}


def create_router(opening: Opening) -> APIRouter:
    router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(open_to_all)])

    @router.get("/{token}/papers")
    async def papers(token: str, parts: Parts) -> HTMLResponse:
        """Open to the holder of the link only: every paper, to be looked at again."""
        dossier, until = await _opened(token, parts)
        nonce = secrets.token_urlsafe(16)
        page = _template().render(
            title=_word("title", what=dossier.procedure.spoken_name),
            papers=[await _paper(dossier, step, parts) for step in dossier.path.answered if _has_pages(dossier, step)],
            has_form=dossier.path.waiting is None,
            until=until.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y"),
            nonce=nonce,
            word=_word,
        )
        allowed = (f"style-src 'nonce-{nonce}'", "img-src 'self'", "form-action 'none'")
        return HTMLResponse(page, headers=page_headers(*allowed))

    @router.get("/{token}/papers/{file_id}")
    async def page(token: str, file_id: str, parts: Parts) -> StreamingResponse:
        """Open to the holder of the link only: one file that this dossier names."""
        dossier, _ = await _opened(token, parts)
        is_named = file_id in file_ids(dossier)
        file = await parts.attachments.find(dossier.conversation_id, file_id) if is_named else None
        if file is None:
            raise Problem(404, "not_found")
        headers = {**PRIVATE, **NOTHING_RUNS, "Content-Length": str(file.size_bytes), "Content-Disposition": "inline"}
        return StreamingResponse(parts.attachments.read(file), media_type=file.media_type, headers=headers)

    @router.get("/{token}/form.pdf")
    async def form(token: str, parts: Parts) -> Response:
        """Open to the holder of the link only: the filled form, once every question is answered."""
        dossier, _ = await _opened(token, parts)
        if dossier.path.waiting is not None:
            raise Problem(404, "not_found")
        today = parts.store.clock().astimezone(VIETNAM).date()
        try:
            content = await opening.write(form_of(dossier, today))
        except RefusedFile as error:
            raise Problem(503, "busy", 60, detail=error.sentence) from error
        headers = {**PRIVATE, **NOTHING_RUNS, "Content-Disposition": f'inline; filename="{dossier.procedure.code}.pdf"'}
        return Response(content, media_type="application/pdf", headers=headers)

    return router


async def _opened(token: str, parts: Services) -> tuple[Dossier, dt.datetime]:
    """A forged, old or erased link looks like any address that is not there."""
    opened = read_token(parts.store.keys, token, parts.store.clock()) if len(token) <= MOST_TOKEN_CHARS else None
    dossier = await parts.dossiers.open_by_id(opened.dossier_id) if opened else None
    if opened is None or dossier is None:
        raise Problem(404, "not_found")
    return dossier, opened.until


def _word(name: str, **values: object) -> str:
    return say(f"papers.page.{name}", **values)


def _has_pages(dossier: Dossier, step: Any) -> bool:
    return is_paper(step) and bool(page_ids(dossier, step))


async def _paper(dossier: Dossier, step: Any, parts: Services) -> dict[str, Any]:
    files = await parts.attachments.find_all(dossier.conversation_id, page_ids(dossier, step))
    return {"prompt": step.question.prompt, "files": _shown(files)}


def _shown(files: Sequence[Attachment]) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "is_photo": one.media_type.startswith("image/"), "pages": one.details.pages} for one in files
    ]


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(resources.files("bot.submission.papers").joinpath("papers.html").read_text("utf-8"))
