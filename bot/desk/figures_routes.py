"""What those responsible look at: how teams do, and messages that did not arrive."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from bot.channels.routes import Parts
from bot.desk import pages
from bot.desk.doors_routes import Desk, SignedIn
from bot.desk.parts import DeskParts
from bot.desk.role_routes import Leading, Running, refuse
from bot.handoff.audit import Entry
from bot.handoff.people import Helper
from bot.handoff.statistics import DAYS
from bot.services import Services
from bot.stories.areas import is_of
from bot.stories.closed_channels import closed_channels
from bot.wording import say

LETTERS = "/desk/thu-hong"
MOST_READ, MOST_SHOWN = 1_000, 100

router = APIRouter(prefix="/desk", include_in_schema=False)


@router.get("/so-lieu")
async def figures(who: Leading, desk: Desk) -> Response:
    """For leads, officers and the province: the teams of their area."""
    return pages.page("figures.html", **who.shown(teams=await desk.statistics.of_area(who.helper), days=DAYS))


@router.get("/thu-hong")
async def letters(who: Running, desk: Desk, parts: Parts, tin: str = "") -> Response:
    """For a province: its messages that were given up, its closed channels, and who did or tried what at its desk.

    What no province is known of stands there too, marked.
    """
    found = await parts.outbox.queue.dead_letters(MOST_READ)
    provinces = await desk.areas.of_conversations({one.conversation_id for one in found})
    mine = [one for one in found if is_of(who.helper, provinces[one.conversation_id])][:MOST_SHOWN]
    content = who.shown(
        letters=[(one, bool(provinces[one.conversation_id])) for one in mine],
        closed=await closed_channels(parts.store, desk.areas, who.helper),
        state=lambda status: say(f"my_dossiers.status.{status}"),
        entries=await _entries(desk, who.helper),
    )
    return pages.page("letters.html", **{**content, "note": pages.told(tin)})


@router.post("/thu-hong/{letter_id}/gui-lai")
async def send_again(letter_id: int, who: Running, desk: Desk, parts: Parts) -> Response:
    """A message that was given up is tried once more; twice pressed it is still sent once."""
    await _in_area(desk, who, parts, letter_id)
    is_done = await parts.outbox.queue.send_again(letter_id)
    return await _letter_done(desk, who, "send_again", letter_id, "letter_again" if is_done else "letter_late")


@router.post("/thu-hong/{letter_id}/bo")
async def give_up(letter_id: int, who: Running, desk: Desk, parts: Parts) -> Response:
    """It leaves the list; the conversation keeps its words."""
    await _in_area(desk, who, parts, letter_id)
    is_done = await parts.outbox.queue.forget(letter_id)
    return await _letter_done(desk, who, "give_up", letter_id, "letter_gone" if is_done else "letter_late")


async def _letter_done(desk: DeskParts, who: SignedIn, act: str, letter_id: int, told: str) -> Response:
    await desk.audit.note(who.helper.id, act, str(letter_id), "failed" if told == "letter_late" else "done")
    return RedirectResponse(f"{LETTERS}?tin={told}", 303)


async def _in_area(desk: DeskParts, who: SignedIn, parts: Services, letter_id: int) -> None:
    """A message to a citizen of another province is refused and noted."""
    conversation_id = await parts.outbox.queue.conversation_of(letter_id)
    if conversation_id is None:
        return
    province = (await desk.areas.of_conversations([conversation_id]))[conversation_id]
    if not is_of(who.helper, province):
        await refuse(desk, who, "letters", str(letter_id))


async def _entries(desk: DeskParts, mine: Helper) -> list[tuple[Entry, str]]:
    """What was done by helpers of one's province, or by nobody known (who could not sign in), with their names."""
    helpers: dict[str | None, Helper | None] = {None: None}
    found: list[tuple[Entry, str]] = []
    for entry in await desk.audit.newest(MOST_READ):
        if entry.helper_id not in helpers:
            helpers[entry.helper_id] = await desk.directory.helper(entry.helper_id)
        helper = helpers[entry.helper_id]
        if helper is None or helper.team.province == mine.team.province:
            found.append((entry, helper.name if helper else ""))
    return found[:MOST_SHOWN]
