"""The province's own sign-in (OpenID Connect): where it is, what we ask of it, and whether its word is genuine."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from bot.settings import Settings

log = logging.getLogger(__name__)

# Only signatures that need the provider's private key: with none or HS* anyone could sign.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
STRONG = frozenset({"mfa", "otp", "hwk"})  # RFC 8176: more than a password was asked
SCOPE = "openid phone"
RETURN_PATH = "/desk/oidc/ve"
LEEWAY_SECONDS = 60
CALL_SECONDS = 8.0
MOST_BYTES = 256 * 1024
CACHED = timedelta(hours=1)  # so that a key the provider took back does not count for ever


class Away(Exception):
    """The provider does not answer, or not as one should; trying later may help."""


class Refused(Exception):
    """This attempt proves nothing; the message is a short reason for the log and the audit."""


class Document(BaseModel):
    """What we use of a discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] | None = None
    code_challenge_methods_supported: list[str] | None = None
    id_token_signing_alg_values_supported: list[str] | None = None

    @property
    def wants_secret_in_form(self) -> bool:
        methods = self.token_endpoint_auth_methods_supported or ["client_secret_basic"]
        return "client_secret_basic" not in methods and "client_secret_post" in methods

    def insecure(self) -> str | None:
        """The first address that is less safe than the issuer's own."""
        scheme = "https://" if self.issuer.startswith("https://") else ("https://", "http://")
        named = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
        return next((name for name in named if not (getattr(self, name) or "https://").startswith(scheme)), None)


@dataclass(frozen=True)
class Client:
    """Who we are to the provider."""

    issuer: str
    client_id: str
    redirect_uri: str
    secret: str = field(repr=False)

    @property
    def discovery(self) -> str:
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"


@dataclass(frozen=True)
class Asked:
    """What one browser was sent away with, and must come back with."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Asked:
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))


@dataclass(frozen=True)
class Proof:
    """Whom the provider vouches for."""

    issuer: str
    subject: str
    is_strong: bool
    phone: str | None = field(repr=False)  # verified by the provider, as it wrote it
    access_token: str = field(repr=False)


def client_of(settings: Settings, public_base: str) -> Client | None:
    """None while it is switched off, or where nobody could come back to."""
    if not settings.is_oidc_on or not public_base:
        return None
    secret = settings.oidc_client_secret.get_secret_value()
    return Client(settings.oidc_issuer, settings.oidc_client_id, f"{public_base}{RETURN_PATH}", secret)


class Provider:
    """One provider, its document and keys remembered for a while."""

    def __init__(self, client: Client, http: httpx.AsyncClient, clock: Callable[[], datetime]) -> None:
        self.client, self._http, self._clock = client, http, clock
        self._document: tuple[datetime, Document] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    async def address(self, asked: Asked) -> str:
        """Where the browser goes. Raises Away."""
        document = await self.document()
        query = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uri,
            "scope": SCOPE,
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": create_s256_code_challenge(asked.verifier),
            "code_challenge_method": "S256",
        }
        return str(httpx.URL(document.authorization_endpoint).copy_merge_params(query))

    async def proof(self, code: str, asked: Asked) -> Proof:
        """Who came back with this code. Raises Away, Refused."""
        tokens = await self._exchange(code, asked.verifier)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str):
            raise Refused("no id token")
        claims = await self._claims(id_token, asked.nonce)
        amr = claims.get("amr")
        is_strong = isinstance(amr, list) and not STRONG.isdisjoint(one for one in amr if isinstance(one, str))
        access = access_token if isinstance(access_token, str) else ""
        return Proof(self.client.issuer, claims["sub"], is_strong, verified_phone(claims), access)

    async def phone(self, proof: Proof) -> str | None:
        """The verified telephone; many providers tell it only at their userinfo address. Raises Away."""
        address = (await self.document()).userinfo_endpoint
        if proof.phone or not address or not proof.access_token:
            return proof.phone
        status, told = await self._call("GET", address, headers={"Authorization": f"Bearer {proof.access_token}"})
        is_theirs = status == 200 and isinstance(told, dict) and told.get("sub") == proof.subject
        return verified_phone(told) if is_theirs else None

    # ---- the provider's document and keys

    async def document(self) -> Document:
        now = self._clock()
        if self._document is None or now - self._document[0] > CACHED:
            self._document = (now, await self._discover())
        return self._document[1]

    async def _discover(self) -> Document:
        status, told = await self._call("GET", self.client.discovery)
        if status != 200:
            raise Away(f"discovery answers {status}")
        try:
            document = Document.model_validate(told)
        except ValidationError as error:
            raise Away(f"discovery lacks {error.errors()[0]['loc'][:1]}") from None
        if document.issuer != self.client.issuer:
            raise Away("discovery names another issuer")
        if document.insecure():
            raise Away(f"{document.insecure()} is not https")
        return document

    async def keys(self, is_fresh: bool = False) -> KeySet:
        """Raises Away."""
        now = self._clock()
        if is_fresh or self._keys is None or now - self._keys[0] > CACHED:
            self._keys = (now, await self._fetch_keys())
        return self._keys[1]

    async def _fetch_keys(self) -> KeySet:
        status, told = await self._call("GET", (await self.document()).jwks_uri)
        try:
            if status != 200:
                raise ValueError(status)
            return KeySet.import_key_set(told)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Away("its keys cannot be read") from error

    # ---- code and token

    async def _exchange(self, code: str, verifier: str) -> dict[str, Any]:
        document, us = await self.document(), self.client
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": us.redirect_uri}
        form |= {"code_verifier": verifier, "client_id": us.client_id}
        call: dict[str, Any] = {"data": form}
        if document.wants_secret_in_form:
            form["client_secret"] = us.secret
        else:
            call["auth"] = (quote(us.client_id, safe=""), quote(us.secret, safe=""))  # RFC 6749, 2.3.1
        status, told = await self._call("POST", document.token_endpoint, **call)
        if not isinstance(told, dict):
            raise Away("the token address answers no object")
        if status == 400 and told.get("error") == "invalid_grant":
            raise Refused("code")
        if status != 200:
            raise Away(f"the token address answers {status}")
        return told

    async def _claims(self, id_token: str, nonce: str) -> dict[str, Any]:
        try:
            claims = await self._signed(id_token)
            check_claims(claims, self.client, nonce, self._clock())
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            # the claim's name or the error's own short name: never what the token says
            raise Refused(str(getattr(error, "claim", "") or getattr(error, "error", "") or "token")) from None
        return claims

    async def _signed(self, id_token: str) -> dict[str, Any]:
        """An unknown key may be a new one: the keys are fetched once more."""
        try:
            return jwt.decode(id_token, await self.keys(), algorithms=ALGORITHMS).claims
        except InvalidKeyIdError:
            return jwt.decode(id_token, await self.keys(is_fresh=True), algorithms=ALGORITHMS).claims

    async def _call(self, method: str, address: str, **call: Any) -> tuple[int, Any]:
        """Status and JSON; whatever else comes, however slowly or much, is Away."""
        try:
            async with asyncio.timeout(CALL_SECONDS), self._http.stream(method, address, **call) as answer:
                body = bytearray()
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise Away("it answers too much")
            return answer.status_code, json.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, RecursionError) as error:
            raise Away(type(error).__name__) from error


def check_claims(claims: dict[str, Any], client: Client, nonce: str, now: datetime) -> None:
    """Raises JoseError or ValueError unless the token was made for us, for this sign-in, now."""
    needed: dict[str, Any] = {name: {"essential": True} for name in ("exp", "iat", "sub")}
    needed |= {
        "iss": {"essential": True, "value": client.issuer},
        "aud": {"essential": True, "value": client.client_id},
        "nonce": {"essential": True, "value": nonce},
    }
    jwt.JWTClaimsRegistry(now=int(now.timestamp()), leeway=LEEWAY_SECONDS, **needed).validate(claims)
    audience, party = claims["aud"], claims.get("azp")
    if (isinstance(audience, list) and len(audience) > 1 and party is None) or party not in (None, client.client_id):
        raise ValueError("azp")
    if not isinstance(claims["nonce"], str) or not 1 <= len(claims["sub"]) <= 255:
        raise ValueError("nonce or sub")


def verified_phone(claims: dict[str, Any]) -> str | None:
    """Only a number that the provider says it has verified; the word "true" is not the value."""
    phone = claims.get("phone_number")
    return phone[:40] if isinstance(phone, str) and claims.get("phone_number_verified") is True else None
