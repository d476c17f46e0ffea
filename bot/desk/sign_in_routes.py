"""Signing in and out of the desk, and one's own account: password and second factor."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot import metrics
from bot.channels.routes import Parts
from bot.desk import pages, sessions
from bot.desk.doors_routes import ACCOUNT, SIGN_IN, Anyhow, Desk, SignedIn, limited
from bot.desk.parts import Denied, DeskParts
from bot.handoff import totp
from bot.handoff.accounts import Account, SignIn
from bot.wording import say

ISSUER = "Mot Cua"
Short = Annotated[str, Form(max_length=300)]

router = APIRouter(prefix="/desk", include_in_schema=False)


@router.get("/vao", dependencies=[limited])
def sign_in_page(parts: Parts) -> Response:
    """Open to all."""
    has_oidc = parts.settings.is_oidc_on
    return pages.page("sign_in.html", note="", phone="", needs_code=False, has_oidc=has_oidc)


@router.post("/vao", dependencies=[limited])
async def sign_in(
    request: Request, desk: Desk, parts: Parts, phone: Short = "", password: Short = "", code: Short = ""
) -> Response:
    """Open to all; tells nobody whether the number is known."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Denied  # somebody else's page signs a helper in as somebody else
    tried = await desk.accounts.sign_in(phone, password, code)
    if tried.account is None:
        if tried.result is not SignIn.needs_code:
            metrics.refused("desk", str(tried.result))
            await desk.audit.note(None, "sign_in", "", "failed")
        needs_code = tried.result is SignIn.needs_code or bool(code)
        note = say(f"desk.sign_in_{tried.result}")
        content = {"phone": phone, "needs_code": needs_code, "has_oidc": parts.settings.is_oidc_on}
        return pages.page("sign_in.html", 401, note=note, **content)
    return await let_in(tried.account, desk, parts.store.clock())


async def let_in(account: Account, desk: DeskParts, now: datetime, by: str = sessions.PASSWORD) -> Response:
    """What every way in ends with, once the helper has proved who they are."""
    helper = account.helper
    await desk.audit.note(helper.id, "sign_in", "oidc" if by else "")
    await desk.directory.away(helper.id, False)
    answer = RedirectResponse("/desk", 303)
    _give_cookie(answer, desk, sessions.make(desk.keys, helper.id, account.generation, now, by))
    return answer


def _give_cookie(answer: Response, desk: Desk, token: str) -> None:
    answer.set_cookie(
        sessions.COOKIE,
        token,
        int(sessions.LIFE.total_seconds()),
        path="/desk",
        secure=desk.is_encrypted,
        httponly=True,
        samesite="lax",
    )


@router.post("/ra")
async def sign_out(who: Anyhow, desk: Desk) -> Response:
    """Ends this helper's sessions everywhere: a shared computer is the usual reason."""
    await desk.accounts.end_sessions(who.helper.id)
    await desk.directory.left(who.helper.id)
    await desk.audit.note(who.helper.id, "sign_out")
    answer = RedirectResponse(SIGN_IN, 303)
    answer.delete_cookie(sessions.COOKIE, path="/desk")
    return answer


@router.post("/truc")
async def on_duty(who: Anyhow, desk: Desk, is_away: Annotated[bool, Form()] = False) -> Response:
    """The helper says whether citizens may count on them now."""
    await desk.directory.away(who.helper.id, is_away)
    return RedirectResponse("/desk", 303)


@router.get("/tai-khoan")
async def account_page(who: Anyhow, desk: Desk, tin: str = "") -> Response:
    """For whoever is signed in."""
    return _account(who, desk, pages.told(tin))


@router.post("/tai-khoan/mat-khau")
async def change_password(who: Anyhow, desk: Desk, parts: Parts, old: Short = "", new: Short = "") -> Response:
    """Ends every other session; this one goes on."""
    trouble = await desk.accounts.change_password(who.account, old, new)
    await desk.audit.note(who.helper.id, "password", "", "failed" if trouble else "done")
    if trouble:
        return _account(who, desk, pages.told(trouble), 422)
    answer = RedirectResponse(f"{ACCOUNT}?tin=changed_password", 303)
    generation, now = who.account.generation + 1, parts.store.clock()
    token = sessions.make(desk.keys, who.helper.id, generation, now, who.session.by)
    _give_cookie(answer, desk, token)
    return answer


@router.post("/tai-khoan/hai-lop")
async def enrol(who: Anyhow, desk: Desk, sealed: Short = "", code: Short = "") -> Response:
    """The secret counts from its first right code on."""
    secret = sessions.open_secret(desk.keys, who.helper.id, sealed)
    is_enrolled = secret is not None and await desk.accounts.enrol(who.account, secret, code)
    await desk.audit.note(who.helper.id, "second_factor", "", "done" if is_enrolled else "failed")
    if not is_enrolled:
        return _account(who, desk, pages.told("wrong_code"), 422, secret)
    return RedirectResponse(f"{ACCOUNT}?tin=enrolled", 303)


def _account(who: SignedIn, desk: Desk, note: str, status: int = 200, secret: bytes | None = None) -> Response:
    secret = secret or totp.new_secret()
    scanned = segno.make(totp.address(secret, ISSUER, who.helper.phone), error="m", micro=False)
    content = who.shown(
        account=who.account,
        sealed=sessions.seal_secret(desk.keys, who.helper.id, secret),
        secret=totp.shown(secret),
        qr=scanned.png_data_uri(scale=5, border=3),
    )
    return pages.page("account.html", status, **{**content, "note": note})
