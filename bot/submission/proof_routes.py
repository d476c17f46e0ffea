"""Doors for whoever holds a link that proves itself: a result to check, its QR code, a visit for the calendar."""

from __future__ import annotations

import secrets
from functools import lru_cache
from importlib import resources

import jinja2
from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from bot.channels.routes import Parts, open_to_all
from bot.page_headers import page_headers
from bot.problems import Problem
from bot.submission.dossier import Status
from bot.submission.one_stop.following import Following
from bot.submission.one_stop.protocol import DossierState
from bot.submission.one_stop.sentences import masked_name
from bot.submission.proof import RESULTS, VISITS, Proofs, qr_png
from bot.submission.visits import Visits, calendar
from bot.wording import say
from knowledge.working_days import VIETNAM

DONE = (Status.completed, Status.returned)
WORDS = ("title", "is_real", "not_yet", "compare", "private", "seen_at", "show")


def create_router(proofs: Proofs, following: Following, visits: Visits, hotline: str) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all)])

    @router.get(f"{RESULTS}/{{token}}")
    async def result(token: str, parts: Parts) -> HTMLResponse:
        """Open to the holder of the link: that the dossier is real, and nothing private of it."""
        state = await _state(token)
        nonce = secrets.token_urlsafe(16)
        rows = _rows(state)
        told_at = parts.store.clock().astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")
        page = _template().render(
            is_done=state.status in DONE,
            rows=rows,
            qr=f"{proofs.path(state.code)}/qr.png",
            nonce=nonce,
            words={name: say(f"proof.{name}", at=told_at, hotline=hotline) for name in WORDS},
        )
        allowed = ("img-src 'self'", f"style-src 'nonce-{nonce}'", "form-action 'none'")
        return HTMLResponse(page, headers=page_headers(*allowed))

    @router.get(f"{RESULTS}/{{token}}/qr.png")
    async def picture(token: str) -> Response:
        """Open to the holder of the link: the same link as a QR code."""
        state = await _state(token)
        return Response(
            qr_png(proofs.result(state.code)), media_type="image/png", headers={"Cache-Control": "no-store"}
        )

    @router.get(f"{VISITS}/{{token}}.ics")
    async def visit(token: str, parts: Parts) -> Response:
        """Open to the holder of the link: a visit to the desk for one's own calendar."""
        found = proofs.read_visit(token)
        dossier = await parts.dossiers.open_by_id(found[0]) if found else None
        if found is None or dossier is None:
            raise Problem(404, "not_found")
        headers = {"Content-Disposition": 'attachment; filename="hen.ics"', "Cache-Control": "no-store"}
        content = calendar(dossier, found[1], visits.where(dossier))
        return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)

    async def _state(token: str) -> DossierState:
        """A forged link, or one whose dossier was erased, looks like any address that is not there."""
        code = proofs.read_result(token)
        reference = await following.reference_of(code) if code else None
        state = await following.state_of(reference) if reference else None
        if state is None:
            raise Problem(404, "not_found")
        return state

    return router


def _rows(state: DossierState) -> list[tuple[str, str]]:
    finished = state.finished_at.astimezone(VIETNAM).strftime("%d/%m/%Y") if state.finished_at else ""
    rows = [
        ("proof.code", state.code),
        ("proof.procedure", state.procedure_name),
        ("proof.applicant", masked_name(state.applicant_name)),
        ("proof.agency", state.agency),
        ("proof.state", say(f"my_dossiers.status.{state.status}") if state.status else ""),
        ("proof.finished", finished if state.status in DONE else ""),
        ("proof.results", ", ".join(result.name for result in state.results) if state.status in DONE else ""),
    ]
    return [(say(key), value) for key, value in rows if value]


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(resources.files("bot.submission").joinpath("proof.html").read_text("utf-8"))
