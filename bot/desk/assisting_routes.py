"""Helper mode at the desk: a procedure chosen, the citizen's consent, their dossier filled in beside them."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from bot.assisting import codes
from bot.assisting.sends import Limit
from bot.assisting.session import Ending, Session, Status, TooMany
from bot.channels.routes import Parts
from bot.desk import pages
from bot.desk.doors_routes import Desk, SignedIn, Who
from bot.desk.parts import Denied
from bot.problems import Problem
from bot.services import Services
from bot.settings import Environment
from bot.stories.assisting import Assisting, NotAllowed, Over
from bot.stories.assisting_by_phone import ByPhone
from bot.wording import say

HERE = "/desk/lam-giup"
MOST_FOUND = 8
MOST_CHARS = 4_000
VIEW, ANSWER, SHOW, END = "assist", "assist_answer", "assist_show", "assist_end"
NOTES = (
    *(
        "code_sent",
        "page_sent",
        "page_failed",
        "unknown",
        "unreachable",
        "later",
        "broken",
        "closed",
        "not_a_number",
        "of_a_helper",
    ),
    *(f"limit_{limit}" for limit in Limit),
)
TOLD = ("shown", "shown_before", "not_ready", "left_channel")  # what an address may say

router = APIRouter(prefix=HERE, include_in_schema=False)


async def assisting_of(request: Request) -> Assisting:
    return request.app.state.assisting


async def by_phone_of(request: Request) -> ByPhone:
    return request.app.state.assisting_by_phone


Room = Annotated[Assisting, Depends(assisting_of)]
Phone = Annotated[ByPhone, Depends(by_phone_of)]
Short = Annotated[str, Form(max_length=100)]


async def own_session(session_id: str, who: Who, desk: Desk, room: Room) -> Session:
    """For the helper whom the citizen agreed to; anybody else is refused, and that is noted."""
    session = await room.consents.find(session_id[:40])
    if session is None:
        raise Problem(404, "not_found")
    if session.helper_id != who.helper.id:
        await desk.audit.note(who.helper.id, VIEW, session.id, "denied")
        raise Denied
    return session


Own = Annotated[Session, Depends(own_session)]


@router.get("")
async def choose_page(
    who: Who, room: Room, phone: Phone, parts: Parts, q: Annotated[str, Query(max_length=500)] = "", tin: str = ""
) -> Response:
    """For whoever is signed in: what they may help with, and what they have open."""
    live = await room.consents.live_of(who.helper.id)
    content = {
        "q": q,
        "found": await _found(room, parts, q),
        "live": [(one, await room.what(one.procedure_code)) for one in live],
        "note": say(f"assisting.desk.{tin}", count=room.consents.limits.most_live) if tin in _REFUSALS else "",
        "address": _widget_address(parts),
        "by_phone": await phone.is_open(),
    }
    return pages.page("assist_choose.html", **who.shown(**content))


_REFUSALS = ("too_many", "cannot")


@router.post("")
async def begin(who: Who, room: Room, phone: Phone, desk: Desk, parts: Parts, code: Short = "") -> Response:
    """A new code for the helper's screen; it is in no address and no log."""
    if await room.what(code) is None:
        return RedirectResponse(f"{HERE}?tin=cannot", 303)
    try:
        session_id, shown = await room.consents.begin(who.helper.id, code)
    except TooMany:
        return RedirectResponse(f"{HERE}?tin=too_many", 303)
    await desk.audit.note(who.helper.id, VIEW, session_id)
    session = await room.consents.find(session_id)
    return await waiting(who, session, room, phone, parts, shown)


@router.get("/{session_id}")
async def session_page(
    who: Who, session: Own, room: Room, phone: Phone, desk: Desk, parts: Parts, tin: str = ""
) -> Response:
    """Where it stands; the dossier only while the consent holds, and every look is noted."""
    if session.is_open:
        try:
            return await _filling(who, session, room, phone, desk, tin)
        except Over:
            session = await room.consents.find(session.id) or session
    if session.status is Status.ended or session.is_open:
        what = await room.what(session.procedure_code)
        over = {"because": _why(session), "what": what, "is_by_phone": session.is_by_phone}
        return pages.page("assist_over.html", **who.shown(**over))
    return await waiting(who, session, room, phone, parts, note=phone_note(phone, tin))


@router.get("/{session_id}/tinh-trang")
async def state(session: Own, room: Room, phone: Phone) -> Response:
    """For its own page, which looks again every few seconds; tells nothing of the dossier."""
    return JSONResponse({"now": await _state(session, room, phone)}, headers=pages.HEADERS)


@router.post("/{session_id}/tra-loi")
async def answer(
    who: Who,
    session: Own,
    room: Room,
    desk: Desk,
    message_id: Short,
    text: Annotated[str, Form(max_length=MOST_CHARS)] = "",
    payload: Short = "",
    question_id: Short = "",
) -> Response:
    """For its own helper: one answer. What only the citizen may do is refused, and that is noted."""
    said = {"text": None if payload else text.strip(), "payload": payload or None, "question_id": question_id or None}
    if not (payload or text.strip()):
        return back(session)
    try:
        await room.answer(session, message_id, **said)
    except NotAllowed:
        await desk.audit.note(who.helper.id, ANSWER, session.id, "denied")
        raise Denied from None
    except Over:
        await desk.audit.note(who.helper.id, ANSWER, session.id, "failed")
        return back(session)
    await desk.audit.note(who.helper.id, ANSWER, session.id)
    return back(session)


@router.post("/{session_id}/gui-xem")
async def show(who: Who, session: Own, room: Room, desk: Desk) -> Response:
    """For its own helper: everything to the citizen, who alone can send it."""
    try:
        told = await room.show(session, who.helper)
    except Over:
        return back(session)
    await desk.audit.note(who.helper.id, SHOW, session.id, "done" if told == "shown" else "failed")
    return back(session, told)


@router.post("/{session_id}/thoi")
async def end(who: Who, session: Own, room: Room, desk: Desk) -> Response:
    """For its own helper: nothing more is seen or typed."""
    await room.stop(session, who.helper)
    await desk.audit.note(who.helper.id, END, session.id)
    return RedirectResponse(HERE, 303)


# ---- what the pages show


async def waiting(
    who: SignedIn,
    session: Session | None,
    room: Assisting,
    phone: ByPhone,
    parts: Services,
    code: str = "",
    note: str = "",
) -> Response:
    address = _widget_address(parts)
    content: dict[str, Any] = {
        "session": session,
        "state": await _state(session, room, phone),
        "by_phone": await phone.is_open(),
        "has_code": await phone.has_code(session) if session.is_by_phone else "",
        "what": await room.what(session.procedure_code),
        "code": codes.shown(code) if code else "",
        "minutes": room.consents.limits.code_minutes,
        "note": note,
        "address": address,
        "qr": segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=2) if address and code else "",
    }
    return pages.page("assist_wait.html", **who.shown(**content))


async def _filling(who: SignedIn, session: Session, room: Assisting, phone: ByPhone, desk: Desk, tin: str) -> Response:
    if session.dossier_id is None:
        await room.begin(session, who.helper)
        session = await room.consents.find(session.id) or session
    sheet = await room.sheet(session)
    await desk.audit.note(who.helper.id, VIEW, session.id)
    content = {
        "session": session,
        "state": await _state(session, room, phone),
        "sheet": sheet,
        "page": await phone.has_page(session) if session.is_by_phone else "",
        "message_id": secrets.token_hex(16),
        "note": say(f"assisting.desk.{tin}") if tin in TOLD else phone_note(phone, tin),
    }
    return pages.page("assist_fill.html", **who.shown(**content))


async def _state(session: Session, room: Assisting, phone: ByPhone) -> str:
    """Changes whenever the page would look otherwise."""
    version = await room.version(session) if session.is_open and session.dossier_id else 0
    if version is None:
        return "ended:0"
    if not session.is_by_phone:
        return f"{session.status}:{version}"
    arrived = await (phone.has_page if session.is_open else phone.has_code)(session)
    return f"{session.status}:{version}:{arrived}"


def phone_note(phone: ByPhone, told: str) -> str:
    """The sentence of this name; an address may say anything."""
    return say(f"assisting.phone.note.{told}", **phone.figures) if told in NOTES else ""


async def _found(room: Assisting, parts: Services, q: str) -> list[tuple[str, str, bool]]:
    """Code, name, and whether it can be filed here."""
    snapshot = parts.library.snapshot
    hits = snapshot.searcher.search(q, limit=MOST_FOUND).hits if q.strip() else ()
    known = [snapshot.catalogue[hit.code] for hit in hits if hit.code in snapshot.catalogue]
    return [(one.code, one.name, await room.what(one.code) is not None) for one in known]


def _why(session: Session) -> str:
    return say(f"assisting.ending.{session.ended_because or Ending.late}")


def _widget_address(parts: Services) -> str:
    """Where a phone without Zalo or Telegram finds the chat; empty where we serve no page of our own."""
    is_served = parts.settings.env is not Environment.PRODUCTION and parts.settings.public_url
    return f"{parts.settings.public_url}/" if is_served else ""


def back(session: Session, told: str = "") -> Response:
    return RedirectResponse(f"{HERE}/{session.id}" + (f"?tin={told}" if told else ""), 303)
