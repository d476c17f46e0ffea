"""Signing in to the desk by the province's own accounts: away, back with a proof, a second factor where one is due."""

from __future__ import annotations

import contextlib
import hmac
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import httpx
from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from bot import metrics
from bot.channels.routes import Parts
from bot.desk import oidc_cookie, pages, sessions
from bot.desk.doors_routes import Desk, limited
from bot.desk.oidc import Asked, Away, Proof, Provider, Refused, client_of
from bot.desk.parts import Denied, DeskParts
from bot.desk.sign_in_routes import let_in
from bot.handoff.accounts import Account, SignIn
from bot.handoff.identities import Identities
from bot.jobs import public_base
from bot.problems import Problem
from bot.settings import Settings
from bot.wording import say

log = logging.getLogger(__name__)

router = APIRouter(prefix="/desk/oidc", include_in_schema=False, dependencies=[limited])


@contextlib.asynccontextmanager
async def provider(settings: Settings, clock: Callable[[], datetime]) -> AsyncIterator[Provider | None]:
    """None where it is switched off."""
    client = client_of(settings, public_base(settings))
    async with httpx.AsyncClient(follow_redirects=False) as http:
        yield Provider(client, http, clock) if client else None


async def switched_on(request: Request) -> Provider:
    found = request.app.state.oidc
    if found is None:
        raise Problem(404, "not_found")
    return found


Province = Annotated[Provider, Depends(switched_on)]


def _query(most_chars: int) -> Query:
    return Query(max_length=most_chars)


@router.get("")
async def go(province: Province, desk: Desk, parts: Parts) -> Response:
    """Open to all; what the browser must come back with is sealed in its cookie."""
    asked = Asked.new()
    try:
        answer = RedirectResponse(await province.address(asked), 303, headers=pages.HEADERS)
    except Away as away:
        return _away(away)
    now = parts.store.clock()
    oidc_cookie.give(answer, desk.keys, oidc_cookie.AWAY, asdict(asked), now, desk.is_encrypted)
    return answer


@router.get("/ve")
async def come_back(
    request: Request,
    province: Province,
    desk: Desk,
    parts: Parts,
    state: Annotated[str, _query(500)] = "",
    code: Annotated[str, _query(4_000)] = "",
    error: Annotated[str, _query(200)] = "",
    iss: Annotated[str, _query(500)] = "",
) -> Response:
    """Open to all; only the browser that was sent away comes in, once, with a code of its own."""
    now = parts.store.clock()
    cookie = oidc_cookie.read(desk.keys, oidc_cookie.AWAY, request.cookies.get(oidc_cookie.COOKIE, ""), now)
    asked = Asked(cookie["state"], cookie["nonce"], cookie["verifier"]) if cookie else None
    if asked is None or not hmac.compare_digest(asked.state.encode(), state.encode()):
        return await _refused(desk, "stale")
    if iss not in ("", province.client.issuer):  # RFC 9207: another provider's answer
        return await _refused(desk, "refused", "iss")
    if error or not code:
        is_theirs = error == "access_denied"
        return await _refused(desk, "cancelled" if is_theirs else "refused", "provider")
    try:
        proof = await province.proof(code, asked)
        account = await _account(desk, Identities(parts.store), province, proof)
    except Away as away:
        return _away(away)
    except Refused as refused:
        return await _refused(desk, "refused", str(refused))
    if account is None:
        return await _refused(desk, "nobody")
    return await _proved(desk, account, proof.is_strong, now)


async def _account(desk: DeskParts, identities: Identities, province: Provider, proof: Proof) -> Account | None:
    """Whom this account was bound to; at its first sign-in, whose telephone it has verified."""
    helper_id = await identities.helper_id(proof.issuer, proof.subject)
    if helper_id is None:
        phone = await province.phone(proof)
        helper_id = await identities.bind(proof.issuer, proof.subject, phone) if phone else None
    return await desk.accounts.of(helper_id) if helper_id else None


async def _proved(desk: DeskParts, account: Account, is_strong: bool, now: datetime) -> Response:
    """Who has set up a second factor here is asked for it, unless the provider has asked for one."""
    if account.has_second_factor and not is_strong:
        answer: Response = pages.page("oidc_code.html", note="")
        waiting = {"helper": account.helper.id, "generation": account.generation}
        oidc_cookie.give(answer, desk.keys, oidc_cookie.CODE, waiting, now, desk.is_encrypted)
        return answer
    answer = await let_in(account, desk, now, sessions.OIDC_STRONG if is_strong else sessions.OIDC)
    oidc_cookie.take(answer)
    return answer


@router.post("/ma")
async def second_factor(
    request: Request, province: Province, desk: Desk, parts: Parts, code: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """For the browser whose helper the provider has just vouched for."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Denied
    now = parts.store.clock()
    waiting = oidc_cookie.read(desk.keys, oidc_cookie.CODE, request.cookies.get(oidc_cookie.COOKIE, ""), now)
    account = await desk.accounts.account(waiting["helper"], waiting["generation"]) if waiting else None
    if account is None:
        return await _refused(desk, "stale")
    result = await desk.accounts.takes_code(account, code)
    if result is not SignIn.done:
        await _note(desk, "code", account.helper.id)
        note = say("oidc.wrong_code") if result is SignIn.wrong else say("desk.sign_in_locked")
        return pages.page("oidc_code.html", 401, note=note)
    answer = await let_in(account, desk, now, sessions.OIDC)
    oidc_cookie.take(answer)
    return answer


# ---- what else may come of it


async def _note(desk: DeskParts, reason: str, helper_id: str | None = None) -> None:
    metrics.refused("desk", "oidc")
    await desk.audit.note(helper_id, "sign_in", f"oidc: {reason}", "failed")


async def _refused(desk: DeskParts, sentence: str, reason: str = "") -> Response:
    """A sentence and a line of the audit; nothing of what came is repeated."""
    await _note(desk, reason or sentence)
    return _page(401, say(f"oidc.{sentence}"))


def _away(away: Away) -> Response:
    log.warning("the province's sign-in does not work: %s", away)
    metrics.refused("desk", "oidc away")
    return _page(503, say("oidc.away"))


def _page(status: int, note: str) -> Response:
    answer = pages.page("sign_in.html", status, note=note, phone="", needs_code=False, has_oidc=True)
    oidc_cookie.take(answer)
    return answer
