"""Who may pass a door of the desk: signed in, with a form of ours, in their own area; everything else is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from bot.channels.routes import Parts, open_to_all
from bot.desk import pages, sessions
from bot.desk.parts import Denied, DeskParts, NotSignedIn
from bot.handoff.accounts import Account
from bot.handoff.case import Case
from bot.handoff.people import Helper
from bot.problems import Problem

SIGN_IN = "/desk/vao"
ACCOUNT = "/desk/tai-khoan"
FORM_FIELD, FORM_HEADER = "form_token", "X-Form-Token"


async def desk_parts(request: Request) -> DeskParts:
    return request.app.state.desk


Desk = Annotated[DeskParts, Depends(desk_parts)]


@dataclass(frozen=True)
class SignedIn:
    """Who is there, and the token their forms carry."""

    account: Account
    session: sessions.Session

    @property
    def helper(self) -> Helper:
        return self.account.helper

    def shown(self, **content: Any) -> dict[str, Any]:
        """What every page is rendered with."""
        return {"me": self.helper, "form_token": self.session.form_token, "note": "", **content}


async def signed_in_anyhow(request: Request, desk: Desk, parts: Parts) -> SignedIn:
    """Also those who must first change their password or set up a second factor."""
    token = request.cookies.get(sessions.COOKIE, "")
    session = sessions.read(desk.keys, token, parts.store.clock()) if token else None
    account = await desk.accounts.account(session.helper_id, session.generation) if session else None
    if session is None or account is None:
        raise NotSignedIn
    if request.method != "GET" and not await _is_our_form(request, session):
        await desk.audit.note(account.helper.id, "form", request.url.path, "denied")
        raise Denied
    if session.by != sessions.PASSWORD:
        account = account.proved_elsewhere(session.by == sessions.OIDC_STRONG)
    return SignedIn(account, session)


async def _is_our_form(request: Request, session: sessions.Session) -> bool:
    given = request.headers.get(FORM_HEADER) or str((await request.form()).get(FORM_FIELD, ""))
    return sessions.is_form_of(session, given)


class _AccountFirst(Exception):
    pass


async def signed_in(who: Annotated[SignedIn, Depends(signed_in_anyhow)]) -> SignedIn:
    if who.account.must_change or who.account.must_enrol:
        raise _AccountFirst
    return who


Anyhow = Annotated[SignedIn, Depends(signed_in_anyhow)]
Who = Annotated[SignedIn, Depends(signed_in)]
limited = Depends(open_to_all)


async def case_in_area(case_id: str, who: Who, desk: Desk, request: Request) -> Case:
    """The case of this address; 404 when there is none, 403 and a line of the audit when it is not theirs."""
    case = await desk.cases.find(case_id[:40])
    if case is None:
        raise Problem(404, "not_found")
    if case.helper_id != who.helper.id and not who.helper.may_see(case.team, case.province, case.ward):
        await desk.audit.note(who.helper.id, "case", case.id, "denied")
        raise Denied
    return case


Here = Annotated[Case, Depends(case_in_area)]


def install(app: FastAPI) -> None:
    """What a refused caller gets: a page for eyes, a status for scripts."""
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(Denied, _denied)
    app.add_exception_handler(_AccountFirst, _to_account)


async def _to_sign_in(request: Request, error: Exception) -> Response:
    if _is_script(request):
        return Response(status_code=401, headers=pages.HEADERS)
    return RedirectResponse(SIGN_IN, 303)


async def _to_account(request: Request, error: Exception) -> Response:
    if _is_script(request):
        return Response(status_code=403, headers=pages.HEADERS)
    return RedirectResponse(ACCOUNT, 303)


async def _denied(request: Request, error: Exception) -> Response:
    if _is_script(request):
        return Response(status_code=403, headers=pages.HEADERS)
    return pages.page("denied.html", 403)


def _is_script(request: Request) -> bool:
    return FORM_HEADER in request.headers or "text/html" not in request.headers.get("accept", "")
