"""The page of a citizen who agreed by a code: a link opens it once, then it is their telephone's own."""

from __future__ import annotations

import secrets
from functools import lru_cache
from importlib import resources

import jinja2
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from bot.assisting.links import PATH, Links, Seen
from bot.channels.routes import Parts, open_to_all
from bot.page_headers import page_headers
from bot.problems import Problem

MOST_TOKEN_CHARS = 64
# The widget draws pictures that it has just been given, and talks to this server only.
ALLOWED = ("script-src 'self' 'nonce-{nonce}'", "style-src 'nonce-{nonce}'", "connect-src 'self'", "form-action 'none'")
PICTURES = "img-src 'self' data: blob:"

router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all)])


async def links_of(request: Request) -> Links:
    return request.app.state.assisting_by_phone.links


@router.get(f"{PATH}/{{token}}")
async def page(token: str, parts: Parts, request: Request) -> HTMLResponse:
    """Open to the holder of the link; looking opens nothing, for messengers look at links before people do."""
    links = await links_of(request)
    seen = await links.look(token) if len(token) <= MOST_TOKEN_CHARS else Seen.gone
    nonce = secrets.token_urlsafe(16)
    text = _template().render(is_fresh=seen is Seen.fresh, nonce=nonce, hotline=parts.settings.hotline)
    allowed = [one.format(nonce=nonce) for one in ALLOWED]
    return HTMLResponse(text, 404 if seen is Seen.gone else 200, headers=page_headers(*allowed, PICTURES))


class Holder(BaseModel):
    """What the telephone drew for itself, before it asked: so a lost answer can be asked for again."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    token: str = Field(pattern=r"^[A-Za-z0-9_-]{43}$")


@router.post(f"{PATH}/{{token}}")
async def open_once(token: str, body: Holder, request: Request) -> JSONResponse:
    """For the holder of the link, once: the conversation, to which this telephone alone has the token."""
    links = await links_of(request)
    conversation_id = await links.open(token, body.token) if len(token) <= MOST_TOKEN_CHARS else None
    if conversation_id is None:
        raise Problem(404, "not_found")
    return JSONResponse({"conversation_id": conversation_id}, headers={"Cache-Control": "no-store"})


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(resources.files("bot.assisting").joinpath("page.html").read_text("utf-8"))
