"""Questions that citizens asked in vain, at the desk: which they are, and which procedure was meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot.desk import pages
from bot.desk.doors_routes import Desk, SignedIn
from bot.desk.role_routes import Knowing, refuse
from bot.problems import Problem
from bot.stories.reindexing import State
from bot.stories.teaching import MOST_CHARS, Teaching
from bot.unmet import Unmet
from bot.wording import say

LIST = "/desk/cau-hoi"
LOOK_AGAIN_SECONDS = "5"

router = APIRouter(prefix=LIST, include_in_schema=False)


async def teaching_of(request: Request) -> Teaching:
    return request.app.state.teaching


Room = Annotated[Teaching, Depends(teaching_of)]


@dataclass(frozen=True)
class Asked:
    key: str
    question: Unmet


async def asked(key: str, who: Knowing, desk: Desk, room: Room) -> Asked:
    """404 when nobody asked it, 403 and a line of the audit when only citizens of other provinces did."""
    question = await room.question(key[:40])
    if question is None:
        raise Problem(404, "not_found")
    if not room.is_asked_in(key[:40], who.helper.team.province):
        await refuse(desk, who, "questions", key)
    return Asked(key, question)


Here = Annotated[Asked, Depends(asked)]
Words = Annotated[str, Form(max_length=2_000)]


@router.get("")
async def questions_page(who: Knowing, room: Room, bo: bool = False, tin: str = "") -> Response:
    """The last thirty days, numbers masked; or those put aside. The page looks again by itself while work goes on."""
    province = who.helper.team.province
    listed = await (room.put_aside(province) if bo else room.waiting(province))
    knowing = room.indexing.knowing()
    content = who.shown(listed=listed, is_aside=bo, knowing=knowing, is_of_nowhere=room.is_of_nowhere)
    page = pages.page("questions.html", **{**content, "note": _note(tin)})
    if listed.is_reading or knowing.state is State.updating:
        page.headers["Refresh"] = f"{LOOK_AGAIN_SECONDS}; url={LIST}{'?bo=true' if bo else ''}"
    return page


@router.post("/cap-nhat")
async def update(who: Knowing, desk: Desk, room: Room) -> Response:
    """The search takes in what was taught; pressed while it does so, it does so once more."""
    room.indexing.start()
    await desk.audit.note(who.helper.id, "question_update")
    return RedirectResponse(f"{LIST}?tin=question_update", 303)


@router.get("/{key}")
async def question_page(one: Here, who: Knowing, desk: Desk, room: Room) -> Response:
    """One question, with the procedures that come closest to its words; that it was opened is noted."""
    await desk.audit.note(who.helper.id, "questions", one.key)
    return await _page(one, who, room, words=one.question.text, text=one.question.text)


@router.post("/{key}/tim")
async def find(one: Here, who: Knowing, room: Room, q: Words = "", text: Words = "", code: Words = "") -> Response:
    """Other words for the search; what was typed below stays."""
    return await _page(one, who, room, words=q, text=text, code=code)


@router.post("/{key}/day")
async def teach(
    one: Here, who: Knowing, desk: Desk, room: Room, code: Words = "", text: Words = "", q: Words = ""
) -> Response:
    """The words are added to the procedure; refused, the page says why and keeps what was typed."""
    taught = await room.teach(one.key, code, text)
    await desk.audit.note(who.helper.id, "question_taught", code, "done" if taught.is_done else "failed")
    if taught.is_done:
        return RedirectResponse(f"{LIST}?tin={taught.told}", 303)
    note = say(f"desk.{taught.told}", name=taught.owner, count=MOST_CHARS)
    return await _page(one, who, room, words=q or one.question.text, text=text, code=code, note=note, status=422)


@router.post("/{key}/bo")
async def leave(one: Here, who: Knowing, desk: Desk, room: Room) -> Response:
    """Not our business: it does not come back, whoever asks it again."""
    is_done = await room.leave(one.key)
    await desk.audit.note(who.helper.id, "question_aside", one.key, "done" if is_done else "failed")
    return RedirectResponse(f"{LIST}?tin={'question_aside' if is_done else 'question_unkept'}", 303)


@router.post("/{key}/dua-lai")
async def bring_back(one: Here, who: Knowing, desk: Desk, room: Room) -> Response:
    """It was put aside by mistake."""
    is_done = await room.bring_back(one.key)
    await desk.audit.note(who.helper.id, "question_back", one.key, "done" if is_done else "failed")
    return RedirectResponse(f"{LIST}?tin=question_back", 303)


async def _page(
    one: Asked, who: SignedIn, room: Teaching, words: str, text: str, code: str = "", note: str = "", status: int = 200
) -> Response:
    near = await room.nearest(words)
    content = {"key": one.key, "question": one.question, "near": near, "words": words, "text": text, "code": code}
    return pages.page("question.html", status, **who.shown(most_chars=MOST_CHARS, **content) | {"note": note})


def _note(tin: str) -> str:
    return pages.told(tin) if tin in _NOTES else ""


_NOTES = ("question_taught", "question_known", "question_aside", "question_back", "question_update", "question_unkept")
