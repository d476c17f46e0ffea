"""The ways to a citizen's consent: the code for their chat, the code to their telephone, the number they read out."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from bot.assisting import codes
from bot.assisting.session import Proof, Session, Status
from bot.channels.routes import Parts
from bot.desk.assisting_routes import HERE, Own, Phone, Room, Short, back, phone_note, waiting
from bot.desk.doors_routes import Desk, SignedIn, Who
from bot.stories.assisting import Assisting, Over
from bot.stories.assisting_by_phone import ByPhone
from bot.wording import say

NUMBER, CODE, PAGE = "assist_number", "assist_phone", "assist_page"
FAILED = ("unreachable", "later", "broken")  # begun, and surely not arrived

router = APIRouter(prefix=HERE, include_in_schema=False)


@router.post("/{session_id}/ma")
async def another_code(who: Who, session: Own, room: Room, phone: Phone, parts: Parts) -> Response:
    """For its own helper: begins the consent anew, until it is given."""
    shown = await room.consents.new_code(session.id)
    if shown is None:
        return back(session)
    return await waiting(who, await room.consents.find(session.id), room, phone, parts, shown)


@router.post("/{session_id}/zalo")
async def send_code(
    who: Who, session: Own, room: Room, phone: Phone, desk: Desk, parts: Parts, number: Short = ""
) -> Response:
    """For its own helper: a code to the citizen's telephone, which the citizen reads out."""
    told = await phone.send_code(session, who.helper, number)
    outcome = {"code_sent": "done", "unknown": "done", "of_a_helper": "denied"}.get(told, "failed")
    await desk.audit.note(who.helper.id, CODE, session.id, outcome)
    found = await room.consents.find(session.id) or session
    if told not in FAILED and found.status is not Status.waiting:
        return back(session, told)
    shown = await room.consents.new_code(session.id)  # the chat's was taken back, or is off the screen now
    if shown is None:
        return back(session)
    found = await room.consents.find(session.id)
    return await waiting(who, found, room, phone, parts, shown, phone_note(phone, told))


@router.post("/{session_id}/duong-dan")
async def send_page(who: Who, session: Own, phone: Phone, desk: Desk) -> Response:
    """For its own helper: the citizen's link once more, to the number that agreed and no other."""
    told = await phone.send_page(session, who.helper)
    await desk.audit.note(who.helper.id, PAGE, session.id, "done" if told in ("page_sent", "unknown") else "failed")
    return back(session, told)


@router.post("/{session_id}/so")
async def prove(
    who: Who, session: Own, room: Room, phone: Phone, desk: Desk, parts: Parts, number: Short = ""
) -> Response:
    """For its own helper: the number that the citizen reads out; three wrong ones end it."""
    proof = await room.consents.prove(session.id, codes.read_number(number))
    await desk.audit.note(who.helper.id, NUMBER, session.id, "done" if proof is Proof.right else "failed")
    if proof is Proof.right and session.is_by_phone:
        return await _begin_by_phone(who, session, room, phone, desk)
    if proof is not Proof.wrong:
        return back(session)
    session = await room.consents.find(session.id) or session
    left = room.consents.limits.number_tries - session.tries
    return await waiting(who, session, room, phone, parts, note=say("assisting.desk.wrong_number", left=left))


async def _begin_by_phone(who: SignedIn, session: Session, room: Assisting, phone: ByPhone, desk: Desk) -> Response:
    """The citizen's page is there before its link is sent."""
    session = await room.consents.find(session.id) or session
    try:
        await room.begin(session, who.helper)
    except Over:
        return back(session)
    return await send_page(who, session, phone, desk)
