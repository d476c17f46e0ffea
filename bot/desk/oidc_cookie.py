"""What a browser carries while its helper is away at the province's sign-in: sealed, short-lived, for the desk only."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime, timedelta
from typing import Any

from fastapi.responses import Response

from bot.privacy import CannotDecrypt, KeyRing

COOKIE = "motcua_oidc"
LIFE = timedelta(minutes=10)
AWAY, CODE = "desk-oidc/away", "desk-oidc/code"  # one cannot be passed off as the other
MOST_CHARS = 2_000


def give(
    answer: Response, keys: KeyRing, stage: str, content: dict[str, Any], now: datetime, is_encrypted: bool
) -> None:
    plain = json.dumps({**content, "until": int((now + LIFE).timestamp())}).encode()
    answer.set_cookie(
        COOKIE,
        base64.urlsafe_b64encode(keys.seal(plain, stage)).decode().rstrip("="),
        int(LIFE.total_seconds()),
        path="/desk",
        secure=is_encrypted,
        httponly=True,
        samesite="lax",  # strict would not come along when the provider sends the browser back
    )


def read(keys: KeyRing, stage: str, cookie: str, now: datetime) -> dict[str, Any] | None:
    """None when it is missing, forged, of another stage or over."""
    cookie = cookie[:MOST_CHARS]
    try:
        raw = base64.b64decode(cookie + "=" * (-len(cookie) % 4), altchars=b"-_", validate=True)
        content = json.loads(keys.open(raw, stage))
    except (binascii.Error, ValueError, CannotDecrypt):
        return None
    return content if content.pop("until") > now.timestamp() else None


def take(answer: Response) -> None:
    answer.delete_cookie(COOKIE, path="/desk")
