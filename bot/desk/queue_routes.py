"""The desk's first page: cases that wait, those under way, and their clocks; pushed when something changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from bot.channels.routes import Parts
from bot.desk import pages
from bot.desk.doors_routes import Desk, SignedIn, Who
from bot.handoff.case import Case, Status
from bot.handoff.cases import Listed
from bot.handoff.people import Helper
from bot.handoff.presence import is_still_here
from bot.services import Services

LOOK_SECONDS = 30.0  # how late another process's change is seen; clocks on the page move on as often
SETTLE_SECONDS = 0.3  # changes come in bursts
APART_SECONDS = 1.0  # a busy area's list is read no oftener
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

router = APIRouter(prefix="/desk", include_in_schema=False)


@router.get("")
async def queue_page(who: Who, desk: Desk, parts: Parts) -> Response:
    """For whoever is signed in: their area only."""
    await desk.directory.seen(who.helper.id)
    return pages.page("queue.html", **who.shown(**await _content(who, desk, parts)))


@router.get("/hang-cho")
async def queue_part(who: Who, desk: Desk, parts: Parts) -> HTMLResponse:
    """The same lists alone, to be put into an open page."""
    return pages.page("_queue.html", **await _content(who, desk, parts))


@router.get("/da-xong")
async def over_page(who: Who, desk: Desk, parts: Parts) -> Response:
    """Cases of their area that are over."""
    cases = await desk.cases.recent(who.helper)
    content = {"cases": _rows(cases, parts), "words": {case.id: desk.cases.rating_word(case) for case in cases}}
    return pages.page("over.html", **who.shown(**content))


@router.get("/events")
async def queue_events(request: Request, who: Who, desk: Desk, parts: Parts) -> StreamingResponse:
    """Server-sent events: one each time the lists should be read again; an open stream says that a helper is there."""
    stream = _stream(request, who, desk, parts)
    return StreamingResponse(stream, media_type="text/event-stream", headers=STREAM_HEADERS)


async def _stream(request: Request, who: SignedIn, desk: Desk, parts: Services) -> AsyncIterator[str]:
    clock, look_at = parts.store.clock, parts.store.clock()
    with desk.board.watched(shown_to(who.helper)) as watch:
        yield "retry: 3000\n\n"
        while not watch.is_over and not await request.is_disconnected():
            # The list that is read next checks the session itself, so a stream need not at every change.
            if clock() >= look_at:
                if not await is_still_here(parts.store, who.helper.id, who.session.generation):
                    return
                look_at = clock() + timedelta(seconds=LOOK_SECONDS)
            yield "event: queue\ndata: now\n\n"
            await watch.news(LOOK_SECONDS, SETTLE_SECONDS, APART_SECONDS)


def shown_to(helper: Helper) -> Callable[[Case], bool]:
    """Asked of every open desk at every change."""
    mine, may_see = helper.id, helper.may_see
    return lambda case: case.helper_id == mine or may_see(case.team, case.province, case.ward)


async def _content(who: SignedIn, desk: Desk, parts: Services) -> dict[str, Any]:
    listed: list[Listed] = await desk.cases.listed(who.helper)
    mine = [one.case for one in listed if one.case.helper_id == who.helper.id and one.case.status is Status.claimed]
    waiting = [one.case for one in listed if one.case.status is Status.open]
    others = [one for one in listed if one.case.status is Status.claimed and one.case.helper_id != who.helper.id]
    return {
        "waiting": _rows(waiting, parts),
        "mine": _rows(mine, parts),
        "others": _rows([one.case for one in others], parts),
        "names": {one.case.id: one.holder for one in others},
        "is_away": who.helper.is_away,
    }


def _rows(cases: Sequence[Case], parts: Services) -> list[dict[str, Any]]:
    now, catalogue = parts.store.clock(), parts.library.snapshot.catalogue
    return [
        {
            "case": case,
            "procedure": catalogue[case.procedure_code].name if case.procedure_code in catalogue else "",
            "waits": (now - (case.waiting_since or case.opened_at)).total_seconds(),
            "is_overdue": case.is_overdue(now),
            "needs_answer": case.status is Status.claimed and case.waiting_since is not None,
        }
        for case in cases
    ]
