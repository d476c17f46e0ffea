"""A small OpenID Connect provider of our own: signs people in unasked, and can be told to do everything wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "mot-cua", "bí mật:của/ta"
KEY_BITS = 2048


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(KEY_BITS, {"kid": kid, "use": "sig"})


@dataclass
class OidcProvider:
    """What it says next is changed by the tests: `person` are claims, `wrong` claims put over the right ones."""

    issuer: str
    key: RSAKey
    clock: Callable[[], datetime]
    person: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)  # put over the discovery document
    told_apart: dict[str, Any] | None = None  # what userinfo says
    error: str = ""
    is_down: bool = False
    sign: Callable[[dict[str, Any]], str] | None = None  # instead of the right signature
    published: list[RSAKey] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def unsigned(self, claims: dict[str, Any]) -> str:
        return f"{_text({'alg': 'none', 'kid': self.key.kid})}.{_text(claims)}."

    def signed_with_the_public_key(self, claims: dict[str, Any]) -> str:
        """By hand: no library of today would make it."""
        content = f"{_text({'alg': 'HS256', 'kid': self.key.kid})}.{_text(claims)}"
        seal = hmac.digest(self.key.as_pem(private=False), content.encode(), hashlib.sha256)
        return f"{content}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"

    def id_token(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= self.person | self.wrong
        return (self.sign or self.signed)({name: value for name, value in claims.items() if value is not None})

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def down(request: Request, call_next: Any) -> Response:
            self.asked.append(request.url.path)
            return Response("<h1>502</h1>", 502) if self.is_down else await call_next(request)

        @app.get("/.well-known/openid-configuration")
        def discovery() -> dict[str, Any]:
            named = ("authorization", "token", "userinfo")
            told = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in named}
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks", **told, **self.document}

        @app.get("/jwks")
        def jwks() -> Any:
            return KeySet([*self.published, self.key]).as_dict(private=False)

        @app.get("/authorization")
        def authorization(request: Request) -> Response:
            query = dict(request.query_params)
            if self.error:
                back = {"error": self.error}
            else:
                back = {"code": secrets.token_urlsafe(8), "iss": self.issuer}
                self.codes[back["code"]] = query
            return RedirectResponse(f"{query['redirect_uri']}?{urlencode({**back, 'state': query['state']})}", 302)

        @app.post("/token")
        async def token(request: Request, code: str = Form(), code_verifier: str = Form()) -> JSONResponse:
            if request.headers.get("authorization") != _basic():
                return JSONResponse({"error": "invalid_client"}, 401)
            query = self.codes.pop(code, None)
            digest = hashlib.sha256(code_verifier.encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if query is None or (query["code_challenge"], query["code_challenge_method"]) != (challenge, "S256"):
                return JSONResponse({"error": "invalid_grant"}, 400)
            return JSONResponse(
                {"id_token": self.id_token(query["nonce"]), "access_token": "at", "token_type": "Bearer"}
            )

        @app.get("/userinfo")
        def userinfo(request: Request) -> Any:
            assert request.headers["authorization"] == "Bearer at"
            return self.told_apart or {}

        return app


def _text(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _basic() -> str:
    pair = f"{quote(CLIENT_ID, safe='')}:{quote(CLIENT_SECRET, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
