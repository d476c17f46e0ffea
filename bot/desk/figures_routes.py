"""What those responsible look at: how teams do, and messages that did not arrive."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from bot.channels.routes import Parts
from bot.desk import pages
from bot.desk.doors_routes import Desk, SignedIn
from bot.desk.parts import DeskParts
from bot.desk.role_routes import Leading, Running
from bot.handoff.statistics import DAYS

LETTERS = "/desk/thu-hong"

router = APIRouter(prefix="/desk", include_in_schema=False)


@router.get("/so-lieu")
async def figures(who: Leading, desk: Desk) -> Response:
    """For leads, officers and the province: the teams of their area."""
    return pages.page("figures.html", **who.shown(teams=await desk.statistics.of_area(who.helper), days=DAYS))


@router.get("/thu-hong")
async def letters(who: Running, desk: Desk, parts: Parts, tin: str = "") -> Response:
    """For the province: messages that were given up, and who did or tried what at the desk."""
    entries = [(entry, await _name(desk, entry.helper_id)) for entry in await desk.audit.newest()]
    content = who.shown(letters=await parts.outbox.queue.dead_letters(), entries=entries)
    return pages.page("letters.html", **{**content, "note": pages.told(tin)})


@router.post("/thu-hong/{letter_id}/gui-lai")
async def send_again(letter_id: int, who: Running, desk: Desk, parts: Parts) -> Response:
    """A message that was given up is tried once more; twice pressed it is still sent once."""
    is_done = await parts.outbox.queue.send_again(letter_id)
    return await _letter_done(desk, who, "send_again", letter_id, "letter_again" if is_done else "letter_late")


@router.post("/thu-hong/{letter_id}/bo")
async def give_up(letter_id: int, who: Running, desk: Desk, parts: Parts) -> Response:
    """It leaves the list; the conversation keeps its words."""
    is_done = await parts.outbox.queue.forget(letter_id)
    return await _letter_done(desk, who, "give_up", letter_id, "letter_gone" if is_done else "letter_late")


async def _letter_done(desk: DeskParts, who: SignedIn, act: str, letter_id: int, told: str) -> Response:
    await desk.audit.note(who.helper.id, act, str(letter_id), "failed" if told == "letter_late" else "done")
    return RedirectResponse(f"{LETTERS}?tin={told}", 303)


async def _name(desk: DeskParts, helper_id: str | None) -> str:
    helper = await desk.directory.helper(helper_id) if helper_id else None
    return helper.name if helper else ""
