"""Calls Zalo's interface for Official Accounts: its token header, its envelope, its pace."""

from __future__ import annotations

from typing import Any

import httpx

from bot.channels import zalo_metrics
from bot.channels.zalo_errors import Consequence, ZaloRefused
from bot.channels.zalo_pace import Pace
from bot.channels.zalo_tokens import ZaloTokens

CS_PATH = "/v3.0/oa/message/cs"
TEMPLATE_PATH = "/v3.0/oa/message/template"
ACCOUNT_PATH = "/v2.0/oa/getoa"
CALL_SECONDS = 10.0
CALLS_PER_MINUTE = 4_000  # of an app, all its processes together


class ZaloUnreachable(Exception):
    """No answer of Zalo's: whether the call was obeyed is unknown."""


class ZaloApi:
    """Raises ZaloRefused, ZaloUnreachable, Crowded (pace), and what the tokens raise."""

    def __init__(
        self, client: httpx.AsyncClient, base: str, tokens: ZaloTokens, calls_per_minute: int = CALLS_PER_MINUTE
    ) -> None:
        self._client, self._base, self.tokens = client, base.rstrip("/"), tokens
        self._pace = Pace(calls_per_minute / 60, at_once=max(1, calls_per_minute // 60))

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._call("POST", path, json=body)

    async def get(self, path: str) -> dict[str, Any]:
        return await self._call("GET", path)

    async def _call(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        """A token that Zalo no longer takes is renewed once, and the call made once more."""
        token = await self.tokens.access_token()
        try:
            return await self._once(method, path, token, **content)
        except ZaloRefused as refused:
            if refused.consequence is not Consequence.NEW_TOKEN:
                raise
        return await self._once(method, path, await self.tokens.renewed(token), **content)

    async def _once(self, method: str, path: str, token: str, **content: Any) -> dict[str, Any]:
        await self._pace.wait()
        try:
            answer = await self._client.request(
                method, f"{self._base}{path}", headers={"access_token": token}, timeout=CALL_SECONDS, **content
            )
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            zalo_metrics.unknown_outcome()
            raise ZaloUnreachable(type(error).__name__) from error
        return _data(body, answer.status_code)


def _data(body: Any, status: int) -> dict[str, Any]:
    code = body.get("error") if isinstance(body, dict) else None
    if isinstance(code, str) and code.removeprefix("-").isdigit():
        code = int(code)
    if not isinstance(code, int) or (code == 0 and status >= 400):
        zalo_metrics.unknown_outcome()
        raise ZaloUnreachable(f"HTTP {status} without Zalo's envelope")
    if code:
        zalo_metrics.refused(code)
        raise ZaloRefused(code, str(body.get("message", "")))
    data = body.get("data")
    return data if isinstance(data, dict) else {}
