"""The pretended Zalo's OAuth: consent by a click, codes for ten minutes, refresh tokens that work once."""

from __future__ import annotations

import base64
import hashlib
import hmac
from html import escape
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from bot.sandbox.zalo_records import ZaloRecords

ERRORS = {
    -14001: "Invalid app id",
    -14002: "App is not active",
    -14003: "Invalid redirect uri",
    -14004: "Invalid secret key",
    -14012: "Invalid authorization code",
    -14014: "Invalid refresh token",
    -14015: "Invalid code verifier",
    -14020: "Invalid grant type",
}


def create_router(records: ZaloRecords) -> APIRouter:
    router = APIRouter(default_response_class=Response)

    @router.get("/v4/oa/permission")
    def permission(app_id: str = "", redirect_uri: str = "", code_challenge: str = "", state: str = "") -> Response:
        """Open to all, in a demonstration only: the administrator's consent page."""
        if app_id != records.app_id:
            return JSONResponse(_error(-14001))
        if not redirect_uri.startswith(("http://", "https://")):
            return JSONResponse(_error(-14003))
        query = {"redirect_uri": redirect_uri, "code_challenge": code_challenge, "state": state}
        hidden = "".join(f'<input type="hidden" name="{key}" value="{escape(value)}">' for key, value in query.items())
        return HTMLResponse(
            '<!doctype html><html lang="vi"><meta charset="utf-8"><title>Zalo thử nghiệm</title>'
            "<p>Cho phép ứng dụng nhắn tin thay Official Account này?</p>"
            f'<form action="agree">{hidden}<button>Cho phép</button></form></html>'
        )

    @router.get("/v4/oa/agree")
    def agree(redirect_uri: str = "", code_challenge: str = "", state: str = "") -> Response:
        """Open to all, in a demonstration only."""
        query = {"code": records.consent(code_challenge), "oa_id": records.oa_id}
        return RedirectResponse(f"{redirect_uri}?{urlencode(query | ({'state': state} if state else {}))}", 303)

    @router.post("/v4/oa/access_token")
    async def access_token(request: Request) -> Response:
        """For whoever holds the app's secret. Errors come with HTTP 200, as Zalo's do."""
        if records.faults.is_oauth_away:
            return JSONResponse({"message": "bad gateway"}, 502)
        given = {key: str(value) for key, value in (await request.form()).items()}
        return JSONResponse(_answer(records, request.headers.get("secret_key", ""), given))

    return router


def _answer(records: ZaloRecords, secret: str, given: dict[str, str]) -> dict[str, Any]:
    if given.get("app_id") != records.app_id:
        return _error(-14001)
    if not hmac.compare_digest(secret.encode(), records.app_secret.encode()):
        return _error(-14004)
    match given.get("grant_type"):
        case "authorization_code":
            return _by_code(records, given)
        case "refresh_token":
            return _by_refresh_token(records, given.get("refresh_token", ""))
    return _error(-14020)


def _by_code(records: ZaloRecords, given: dict[str, str]) -> dict[str, Any]:
    challenge, until = records.codes.pop(given.get("code", ""), ("", None))
    if until is None or until <= records.clock():
        return _error(-14012)
    digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
    if challenge and base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
        return _error(-14015)
    return records.new_pair()


def _by_refresh_token(records: ZaloRecords, token: str) -> dict[str, Any]:
    """Used up by being used, whatever becomes of the answer."""
    records.refresh_uses.append(token)
    known, until = records.refresh or ("", records.clock())
    if token != known or until <= records.clock():
        return _error(-14014)
    return records.new_pair()


def _error(code: int) -> dict[str, Any]:
    return {"error": code, "error_name": ERRORS[code], "error_reason": "", "ref_doc": "", "error_description": ""}
