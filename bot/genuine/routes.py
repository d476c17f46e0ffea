"""The page /kiem-tra, on which anybody checks a notice: made on the server, read without scripts."""

from __future__ import annotations

import secrets
from functools import lru_cache
from importlib import resources
from typing import Annotated

import jinja2
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse

from bot.channels.routes import Parts, open_to_all
from bot.genuine.signs import MOST_CHARS
from bot.page_headers import page_headers
from bot.wording import say

PATH = "/kiem-tra"
WORDS = ("lead", "verdict", "label", "check", "kept")

router = APIRouter(include_in_schema=False)


@router.get(PATH, dependencies=[Depends(open_to_all)])
def ask(parts: Parts) -> HTMLResponse:
    """Open to all: where a code or a message is pasted."""
    return _page(parts.settings.hotline)


@router.post(PATH, dependencies=[Depends(open_to_all)])
async def check(request: Request, parts: Parts, tin: Annotated[str, Form()] = "") -> HTMLResponse:
    """Open to all: what is known of it. Posted, so that no log holds what people paste; nothing is kept."""
    text = tin[:MOST_CHARS].strip()
    who = request.client.host if request.client else "unknown"
    verdict = await parts.checking.verdict(text, f"page:{who}") if text else say("genuine.page.empty")
    return _page(parts.settings.hotline, text, verdict)


def _page(hotline: str, text: str = "", verdict: str = "") -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    template = _templates().get_template("check.html")
    body = template.render(
        title=say("genuine.page.title"),
        nonce=nonce,
        say=say,
        words={name: say(f"genuine.page.{name}") for name in WORDS},
        path=PATH,
        text=text,
        lines=verdict.splitlines(),
        hotline=hotline,
        most=MOST_CHARS,
        events_path="/viec-doi",
        guides_path="/huong-dan",
    )
    headers = page_headers(f"style-src 'nonce-{nonce}'", "form-action 'self'", is_for_all=True)
    return HTMLResponse(body, headers=headers)


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    folders = [str(resources.files("bot.genuine")), str(resources.files("bot.channels").joinpath("life_pages"))]
    loader = jinja2.FileSystemLoader(folders)
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
