"""News of a ward at the desk: written and looked at, approved by a second person, followed, stopped."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot.broadcasts.deciding import NotNow, OwnNews, split
from bot.broadcasts.news import MOST_CHARS, BadBroadcast, Broadcast, Status, TooLong, checked, shown
from bot.channels.routes import Parts
from bot.desk import pages
from bot.desk.doors_routes import Desk, SignedIn
from bot.desk.parts import DeskParts, noted
from bot.desk.role_routes import Broadcasting, refuse
from bot.problems import Problem
from bot.services import Services
from bot.stories.connecting_broadcasts import News
from bot.wording import say
from knowledge.places import Ward
from knowledge.text import fold

LIST = "/desk/thong-bao"
LOOK_AGAIN_SECONDS = "10"
OTHERWISE = {OwnNews: ("denied", "broadcast_own"), NotNow: ("failed", "broadcast_late")}
MOST_KEPT_CHARS = 5_000  # of what was pasted, when it is shown once more

router = APIRouter(prefix=LIST, include_in_schema=False)


async def news_of(request: Request) -> News:
    return request.app.state.news


Room = Annotated[News, Depends(news_of)]
Text = Annotated[str, Form()]  # as long as the gateway takes: too long is told on the page, which keeps the words
Key = Annotated[str, Form(max_length=200)]


async def broadcast_here(broadcast_id: str, who: Broadcasting, desk: Desk, room: Room) -> Broadcast:
    """404 when there is none, 403 and a line of the audit when it is another province's."""
    found = await room.deciding.find(broadcast_id) if broadcast_id.isalnum() else None
    if found is None:
        raise Problem(404, "not_found")
    if found.province != who.helper.team.province:
        await refuse(desk, who, "broadcasts", found.id)
    return found


Here = Annotated[Broadcast, Depends(broadcast_here)]


@dataclass(frozen=True)
class Draft:
    """What the form says, and why it cannot go on so; `ward` and `said` are as they would be told."""

    key: str
    text: str
    ward: Ward | None
    said: str
    trouble: str = ""


@router.get("")
async def broadcasts_page(who: Broadcasting, desk: Desk, room: Room, parts: Parts, tin: str = "") -> Response:
    """The form, what is under way and what was earlier, of one's own province."""
    return await _form(who, desk, room, parts, Draft("", "", None, ""), pages.told(tin))


@router.post("/xem")
async def preview(
    who: Broadcasting, desk: Desk, room: Room, parts: Parts, ward: Key = "", text: Text = "", sua: str = Form("")
) -> Response:
    """What citizens would read and how many they are; nothing is kept yet. `sua`: back to the form with the words."""
    draft = await _draft(who, desk, room, ward, text)
    if sua or draft.trouble:
        return await _form(who, desk, room, parts, draft, draft.trouble, 422 if draft.trouble else 200)
    content = {"counts": await room.reaching.of(draft.ward.name, draft.ward.province), "draft": draft}
    content |= {"shown": shown(draft.said), "quiet_until": _quiet_until(room, parts)}
    return pages.page("broadcast_preview.html", **who.shown(**content))


@router.post("/gui")
async def propose(who: Broadcasting, desk: Desk, room: Room, parts: Parts, ward: Key = "", text: Text = "") -> Response:
    """It waits for a second person; pressed twice, or in two tabs, it is one."""
    draft = await _draft(who, desk, room, ward, text)
    if draft.trouble:
        return await _form(who, desk, room, parts, draft, draft.trouble, 422)
    kept = await room.deciding.propose(draft.ward, draft.said, who.helper.id)
    await desk.audit.note(who.helper.id, "broadcast_ask", kept.id)
    return _to(kept.id, "broadcast_asked" if kept.status is Status.proposed else "")


@router.get("/{broadcast_id}")
async def broadcast_page(one: Here, who: Broadcasting, desk: Desk, room: Room, parts: Parts, tin: str = "") -> Response:
    """How it reads, whom it is for, how far it is; looks again by itself while it goes out."""
    letters = await room.deciding.letters(one.id)
    counts = await room.reaching.of(one.ward, one.province) if one.status is Status.proposed else None
    content = {"quiet_until": _quiet_until(room, parts), "counts": counts, "one": one, "letters": letters}
    content |= {"is_lapsed": one.is_lapsed(parts.store.clock()), "shown": shown(one.text)}
    content["names"] = await _names(desk, [one])
    page = pages.page("broadcast.html", **{**who.shown(**content), "note": pages.told(tin)})
    if one.status in (Status.telling, Status.stopping) or letters.get("waiting"):
        page.headers["Refresh"] = f"{LOOK_AGAIN_SECONDS}; url={LIST}/{one.id}"
    return page


@router.post("/{broadcast_id}/duyet")
async def approve(one: Here, who: Broadcasting, desk: Desk, room: Room) -> Response:
    """By another person than its writer; a server tells it from then on."""
    counts = await room.reaching.of(one.ward, one.province)
    if counts is None:
        return _to(one.id, "broadcast_uncounted")
    step = room.deciding.approve(one.id, who.helper.id, sum(counts.values()))
    return await _done(desk, who, one, "broadcast_approve", step, "broadcast_approved")


@router.post("/{broadcast_id}/khong-gui")
async def turn_down(one: Here, who: Broadcasting, desk: Desk, room: Room) -> Response:
    """A second person's no, or its writer takes it back."""
    step = room.deciding.refuse(one.id, who.helper.id)
    return await _done(desk, who, one, "broadcast_refuse", step, "broadcast_refused")


@router.post("/{broadcast_id}/dung")
async def stop(one: Here, who: Broadcasting, desk: Desk, room: Room) -> Response:
    """One person is enough to keep words back."""
    step = room.deciding.stop(one.id, who.helper.id)
    return await _done(desk, who, one, "broadcast_stop", step, "broadcast_stopped")


async def _done(desk: DeskParts, who: SignedIn, one: Broadcast, act: str, step: Awaitable[None], told: str) -> Response:
    return _to(one.id, await noted(desk, who.helper.id, act, one.id, step, told, OTHERWISE))


def _to(broadcast_id: str, told: str) -> Response:
    return RedirectResponse(f"{LIST}/{broadcast_id}" + (f"?tin={told}" if told else ""), 303)


async def _draft(who: SignedIn, desk: DeskParts, room: News, key: str, text: str) -> Draft:
    ward = room.places.ward(key)
    if ward is not None and ward.province != who.helper.team.province:
        await refuse(desk, who, "broadcasts", key)
    try:
        said, trouble = checked(text), "" if ward else say("desk.broadcast_ward")
    except TooLong:
        said, trouble = "", say("desk.broadcast_too_long", count=MOST_CHARS)
    except BadBroadcast:
        said, trouble = "", say("desk.empty")
    return Draft(key, text[:MOST_KEPT_CHARS], ward, said, trouble)


async def _form(
    who: SignedIn, desk: DeskParts, room: News, parts: Services, draft: Draft, note: str, status: int = 200
) -> Response:
    province = who.helper.team.province
    under_way, earlier = split(await room.deciding.of_province(province), parts.store.clock())
    content = who.shown(
        draft=draft,
        wards=sorted(room.places.of_province(province), key=lambda ward: fold(ward.name)),
        people=await _people(room, province),
        most_chars=MOST_CHARS,
        under_way=under_way,
        earlier=earlier,
        names=await _names(desk, [*under_way, *earlier]),
        is_bad=bool(draft.trouble),
    )
    return pages.page("broadcasts.html", status, **{**content, "note": "" if draft.trouble else note})


async def _people(room: News, province: str) -> dict[str, int] | None:
    """By the key of the ward; None while they are being counted."""
    counts = await room.reaching.wards_of(province)
    if counts is None:
        return None
    return {ward.key: counts.get(fold(ward.name), 0) for ward in room.places.of_province(province)}


def _quiet_until(room: News, parts: Services) -> datetime | None:
    """When the night is over; None by day."""
    now = parts.store.clock()
    opens = room.quiet.first_open(now)
    return opens if opens != now else None


async def _names(desk: DeskParts, found: list[Broadcast]) -> dict[str, str]:
    """Who is not of the desk (the operator) is called as they called themselves."""
    ids = {by for one in found for by in (one.written_by, one.approved_by, one.ended_by) if by}
    helpers = {one: await desk.directory.helper(one) for one in ids}
    return {one: helper.name if helper else one for one, helper in helpers.items()}
