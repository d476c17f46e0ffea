"""The door to a dossier's sheet: whoever holds the link, until it ends."""

from __future__ import annotations

import secrets

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from bot.channels.routes import Parts, open_to_all
from bot.page_headers import page_headers
from bot.problems import Problem
from bot.submission.sheet import PATH, read_token, render
from bot.submission.telling import portal_page
from knowledge.working_days import VIETNAM

MOST_TOKEN_CHARS = 100

router = APIRouter(include_in_schema=False)


@router.get(f"{PATH}/{{token}}", dependencies=[Depends(open_to_all)])
async def sheet(token: str, parts: Parts) -> HTMLResponse:
    """Open to the holder of the link only; a forged, old or erased one looks like any address that is not there."""
    opened = read_token(parts.store.keys, token, parts.store.clock()) if len(token) <= MOST_TOKEN_CHARS else None
    dossier = await parts.dossiers.open_by_id(opened.dossier_id) if opened else None
    if dossier is None or dossier.path.waiting is not None:
        raise Problem(404, "not_found")
    nonce = secrets.token_urlsafe(16)
    until = opened.until.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")
    allowed = (f"style-src 'nonce-{nonce}'", f"script-src 'nonce-{nonce}'", "form-action 'none'")
    page = render(dossier, portal_page(dossier.procedure), nonce, until)
    return HTMLResponse(page, headers=page_headers(*allowed))
