"""Zalo's webhook, and the page to which an account's administrator comes back after giving consent."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import HTMLResponse

from bot import metrics
from bot.channels.zalo_door import Forged, ZaloDoor
from bot.channels.zalo_events import NoEvent
from bot.channels.zalo_inbox import CHANNEL
from bot.channels.zalo_oauth import ConsentRefused, OAuthUnreachable
from bot.channels.zalo_tokens import ZaloTokens
from bot.wording import say

log = logging.getLogger(__name__)

WEBHOOK_PATH = "/channels/zalo/webhook"
CALLBACK_PATH = "/channels/zalo/callback"


def create_router(
    door: ZaloDoor, tokens: ZaloTokens, wake: Callable[[], None], clock: Callable[[], datetime]
) -> APIRouter:
    """A blank account secret would verify what anybody signs, so it closes the webhook (404)."""
    router = APIRouter()

    @router.post(WEBHOOK_PATH)
    async def webhook(request: Request, x_zevent_signature: Annotated[str | None, Header()] = None) -> Response:
        """Called by Zalo alone, known by its signature; 200 as soon as the event is stored, for it waits two seconds.

        Without any signature it is the test button of Zalo's console: answered, and dropped.
        """
        if not door.is_open:
            return Response(status_code=404)
        body = await request.body()
        try:
            event = door.judge(body, x_zevent_signature)
        except Forged:
            metrics.refused(CHANNEL, "wrong signature")
            return Response(status_code=401)
        except NoEvent:
            metrics.refused(CHANNEL, "malformed")
            return Response(status_code=400)
        if event is not None and await door.put(event, body):
            wake()
        return Response(status_code=200)

    @router.get(CALLBACK_PATH, include_in_schema=False)
    async def callback(
        code: Annotated[str, Query(max_length=2_000)] = "", state: Annotated[str, Query(max_length=200)] = ""
    ) -> HTMLResponse:
        """For who began the consent with our own link, known by its `state`."""
        if not tokens.oauth.app.is_state(state, clock()):
            return _page(401, say("zalo.consent.wrong_link"))
        try:
            await tokens.begin(code)
        except ConsentRefused as refused:
            return _page(400, say("zalo.consent.refused", reason=refused))
        except OAuthUnreachable as error:
            return _page(502, say("zalo.consent.unreachable", reason=error))
        log.info("Zalo's account has given its consent")
        return _page(200, say("zalo.consent.given"))

    return router


def _page(status: int, sentence: str) -> HTMLResponse:
    text = html.escape(sentence)
    page = f'<!doctype html><html lang="vi"><meta charset="utf-8"><title>Zalo</title><p>{text}</p></html>'
    return HTMLResponse(page, status, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
