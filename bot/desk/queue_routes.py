"""The desk's first page: cases that wait, those under way, and their clocks; pushed when something changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from bot.channels.routes import Parts
from bot.desk import pages
from bot.desk.doors_routes import Desk, SignedIn, Who
from bot.handoff.case import Case, Status
from bot.services import Services

LOOK_SECONDS = 30.0  # how late another process's change is seen; clocks on the page move on as often
SETTLE_SECONDS = 0.3  # changes come in bursts
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
async def queue_events(request: Request, who: Who, desk: Desk) -> StreamingResponse:
    """Server-sent events: one each time the lists should be read again; an open stream says that a helper is there."""
    return StreamingResponse(_stream(request, who, desk), media_type="text/event-stream", headers=STREAM_HEADERS)


async def _stream(request: Request, who: SignedIn, desk: Desk) -> AsyncIterator[str]:
    def shows(case: Case) -> bool:
        return case.helper_id == who.helper.id or who.helper.may_see(case.team, case.province, case.ward)

    with desk.board.watched(shows) as watch:
        yield "retry: 3000\n\n"
        while not watch.is_over and not await request.is_disconnected() and await _is_still_in(who, desk):
            yield "event: queue\ndata: now\n\n"
            if await watch.news(LOOK_SECONDS):
                await asyncio.sleep(SETTLE_SECONDS)


async def _is_still_in(who: SignedIn, desk: Desk) -> bool:
    """Notes that this desk is open; a session that was ended elsewhere ends its streams, too."""
    await desk.directory.seen(who.helper.id)
    return await desk.accounts.account(who.helper.id, who.session.generation) is not None


async def _content(who: SignedIn, desk: Desk, parts: Services) -> dict[str, Any]:
    cases = await desk.cases.queue(who.helper)
    helper = await desk.directory.helper(who.helper.id)
    mine = [case for case in cases if case.helper_id == who.helper.id and case.status is Status.claimed]
    waiting = [case for case in cases if case.status is Status.open]
    others = [case for case in cases if case.status is Status.claimed and case.helper_id != who.helper.id]
    names = {case.id: await desk.escalation.name_of(case) for case in others}
    return {
        "waiting": _rows(waiting, parts),
        "mine": _rows(mine, parts),
        "others": _rows(others, parts),
        "names": names,
        "is_away": helper.is_away if helper else False,
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
