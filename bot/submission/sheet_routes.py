"""The door to a dossier's sheet: whoever holds the link, until it ends."""

from __future__ import annotations

import secrets

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from bot.channels.routes import Parts, open_to_all
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
    return HTMLResponse(render(dossier, portal_page(dossier.procedure), nonce, until), headers=_headers(nonce))


def _headers(nonce: str) -> dict[str, str]:
    return {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    }
