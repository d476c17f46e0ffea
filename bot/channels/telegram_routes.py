"""Telegram's webhook: only calls that carry the secret we gave Telegram are read."""

from __future__ import annotations

import hmac
import json
import logging
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from bot import metrics
from bot.channels.telegram import TelegramDoor

log = logging.getLogger(__name__)


def create_router(door: TelegramDoor, secret: str) -> APIRouter:
    """A blank secret would verify against anything, so it closes the door (404)."""
    router = APIRouter()

    @router.post("/channels/telegram/webhook")
    async def webhook(
        request: Request, x_telegram_bot_api_secret_token: Annotated[str | None, Header()] = None
    ) -> Response:
        """Called by Telegram alone, known by the secret in its header; 200 once the update is stored and answered."""
        if not secret:
            return Response(status_code=404)
        if not hmac.compare_digest((x_telegram_bot_api_secret_token or "").encode(), secret.encode()):
            metrics.refused("telegram", "wrong secret")
            return Response(status_code=401)
        try:
            await door.take(json.loads(await request.body()))
        except (ValueError, UnicodeDecodeError):
            metrics.refused("telegram", "malformed")
            return Response(status_code=400)
        return Response(status_code=200)

    return router
