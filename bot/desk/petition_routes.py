"""Petitions at the desk: those that wait with the law's clocks, one of them, and what is done about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response

from bot.channels.routes import Parts
from bot.desk import pages
from bot.desk.doors_routes import Desk
from bot.desk.role_routes import Answering, refuse
from bot.handoff.people import Helper, Role
from bot.petitions.area import Sees, is_in_area, sees_petition
from bot.petitions.operating import MOST_CHARS, act
from bot.petitions.petition import Petition, Status, triage
from bot.petitions.petitions import ACTS, Changed, NotNow
from bot.problems import Problem

LIST = "/desk/phan-anh"
WAITING = (Status.sent, Status.asked, Status.forwarded, Status.answered)  # an answer still has to be published
OVER = (Status.refused, Status.published)
VERBS = {
    "hoi-them": Status.asked,
    "chuyen": Status.forwarded,
    "tra-loi": Status.answered,
    "tu-choi": Status.refused,
    "cong-khai": Status.published,
}

router = APIRouter(prefix=LIST, include_in_schema=False)


async def petition_in_area(code: str, who: Answering, desk: Desk, parts: Parts) -> Petition:
    """404 when there is none, 403 and a line of the audit when it is another area's."""
    petition = await parts.petitions.by_code(code[:20].upper())
    if petition is None:
        raise Problem(404, "not_found")
    if not is_in_area(petition, _sees(who.helper)):
        await refuse(desk, who, "petition", code)
    return petition


Here = Annotated[Petition, Depends(petition_in_area)]


@router.get("")
async def petitions_page(who: Answering, parts: Parts, xong: bool = False) -> Response:
    """Waiting ones, what is due first on top; or, asked for, those that are over. No names."""
    found = await parts.petitions.in_area(_sees(who.helper), OVER if xong else WAITING)
    now = parts.store.clock()
    content = who.shown(rows=[_row(one, now) for one in found], is_over=xong)
    return pages.page("petitions.html", **content)


@router.get("/{code}")
async def petition_page(one: Here, who: Answering, desk: Desk, parts: Parts, tin: str = "") -> Response:
    """Everything in it; that it was opened is noted."""
    await desk.audit.note(who.helper.id, "petition", one.code)
    verbs = {verb for verb, status in VERBS.items() if one.status in ACTS[status]}
    content = who.shown(**_row(one, parts.store.clock()), verbs=verbs, most_chars=MOST_CHARS)
    return pages.page("petition.html", **{**content, "note": pages.told(tin)})


@router.post("/{code}/{verb}")
async def do(
    one: Here,
    verb: str,
    who: Answering,
    desk: Desk,
    parts: Parts,
    text: Annotated[str, Form(max_length=8_000)] = "",
    authority: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """One act, told to the citizen where they answered last; a second press finds it done and changes nothing."""
    status = VERBS.get(verb)
    if status is None:
        raise Problem(404, "not_found")
    told = await _act(parts, one, status, who.helper, text, authority)
    await desk.audit.note(
        who.helper.id, f"petition_{status}", one.code, "failed" if told != "petition_done" else "done"
    )
    return RedirectResponse(f"{LIST}/{one.code}?tin={told}", 303)


async def _act(parts: Any, one: Petition, status: Status, helper: Helper, text: str, authority: str) -> str:
    """The name of the sentence that says what became of it."""
    hotline, by = parts.settings.hotline, helper.shown_name
    try:
        await act(parts.petitions, one.code, status, by, hotline, text=text, authority=authority)
    except (NotNow, Changed, KeyError):
        return "petition_late"
    except ValueError:
        return "petition_words"
    return "petition_done"


def _sees(helper: Helper) -> Sees:
    return sees_petition(helper.role is Role.province_admin, helper.team.province, helper.team.ward)


def _row(one: Petition, now: datetime) -> dict[str, Any]:
    return {
        "petition": one,
        "is_late": one.is_late(now),
        "left_seconds": abs((one.due_at - now).total_seconds()) if one.due_at else None,
        "triage": _triage(one, now),
    }


def _triage(one: Petition, now: datetime) -> list[tuple[str, datetime, bool]]:
    """(act, until when, is it too late) for a new one; nothing once somebody has acted."""
    if one.status is not Status.sent or one.sent_at is None:
        return []
    return [(what, until, now > until) for what, until in triage(one.sent_at).items()]
