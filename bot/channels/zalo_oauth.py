"""Zalo's OAuth for an Official Account: the consent page's address, a code or a refresh token for a new pair."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

CONSENT_PATH = "/v4/oa/permission"
TOKEN_PATH = "/v4/oa/access_token"
CALL_SECONDS = 15.0
DEFAULT_LIFE_SECONDS = 90_000  # 25 hours
STATE_LIFE = timedelta(hours=1)


class ConsentRefused(Exception):
    """Zalo says no to this code or refresh token: asking again would not help."""


class OAuthUnreachable(Exception):
    """No answer, or one that is none of Zalo's: whether the token was used is unknown."""


@dataclass(frozen=True)
class Pair:
    """An access token for a day, and the refresh token that is good for one new pair."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    life_seconds: int = DEFAULT_LIFE_SECONDS


@dataclass(frozen=True)
class ZaloApp:
    """Which app of Zalo's we are."""

    id: str
    secret: str = field(repr=False)

    @property
    def code_verifier(self) -> str:
        """One for ever and derived: Zalo's console keeps the challenge, so it cannot change with every consent."""
        return _base64url(hmac.digest(self.secret.encode(), b"motcua/zalo/pkce", hashlib.sha256))

    @property
    def code_challenge(self) -> str:
        return _base64url(hashlib.sha256(self.code_verifier.encode()).digest())

    def state(self, now: datetime) -> str:
        """Proves for an hour that the consent was begun by whoever holds the app's secret."""
        until = str(int((now + STATE_LIFE).timestamp()))
        return f"{until}.{self._state_mac(until)}"

    def is_state(self, state: str, now: datetime) -> bool:
        until, _, mac = state.partition(".")
        if not hmac.compare_digest(mac.encode(), self._state_mac(until).encode()):
            return False
        return int(until) >= now.timestamp()

    def _state_mac(self, until: str) -> str:
        return _base64url(hmac.digest(self.secret.encode(), b"motcua/zalo/state/" + until.encode(), hashlib.sha256))


class ZaloOAuth:
    """Calls Zalo's token server; never twice by itself, for a refresh token is used up by the first call."""

    def __init__(self, client: httpx.AsyncClient, base: str, app: ZaloApp) -> None:
        self._client, self._base, self.app = client, base.rstrip("/"), app

    def consent_url(self, redirect_uri: str, now: datetime) -> str:
        query = {
            "app_id": self.app.id,
            "redirect_uri": redirect_uri,
            "code_challenge": self.app.code_challenge,
            "state": self.app.state(now),
        }
        return f"{self._base}{CONSENT_PATH}?{urlencode(query)}"

    async def exchange(self, code: str) -> Pair:
        """Raises ConsentRefused, OAuthUnreachable."""
        grant = {"grant_type": "authorization_code", "code": code, "code_verifier": self.app.code_verifier}
        return await self._ask(grant)

    async def renew(self, refresh_token: str) -> Pair:
        """Raises ConsentRefused, OAuthUnreachable."""
        return await self._ask({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def _ask(self, grant: dict[str, str]) -> Pair:
        try:
            answer = await self._client.post(
                f"{self._base}{TOKEN_PATH}",
                data={"app_id": self.app.id, **grant},
                headers={"secret_key": self.app.secret},
                timeout=CALL_SECONDS,
            )
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise OAuthUnreachable(type(error).__name__) from error
        return _pair(body, answer.status_code)


def _pair(body: Any, status: int) -> Pair:
    """Errors come with HTTP 200; figures come as strings."""
    if not isinstance(body, dict):
        raise OAuthUnreachable("not an object")
    access, refresh = body.get("access_token"), body.get("refresh_token")
    if isinstance(access, str) and access and isinstance(refresh, str) and refresh:
        life = str(body.get("expires_in", ""))
        return Pair(access, refresh, int(life) if life.isdigit() and int(life) > 0 else DEFAULT_LIFE_SECONDS)
    code = body.get("error")
    if status >= 500 or code in (None, 0, -32, "-32"):  # -32: too many calls, the token was not looked at
        raise OAuthUnreachable(f"HTTP {status}, error {code}")
    raise ConsentRefused(f"{code} {body.get('error_name') or body.get('error_description') or ''}".strip()[:150])


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
