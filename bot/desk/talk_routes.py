"""The live conversation of a case: the helper's words, procedures put in, answers offered, and the stream of both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from bot.channels.reply import Reply
from bot.channels.routes import PAGE, Parts
from bot.desk import pages
from bot.desk.case_routes import has_word, may_read, reading
from bot.desk.doors_routes import Desk, Here, SignedIn, Who
from bot.desk.parts import DeskParts
from bot.desk.queue_routes import STREAM_HEADERS
from bot.desk.transcript import Spoken, Transcript
from bot.handoff import sentences
from bot.handoff.case import Case
from bot.handoff.taking import NotPossible
from bot.handoff.talking import MOST_CHARS
from bot.services import Services
from bot.stories.case_files import rights_of, with_files
from bot.stories.case_summary import newest_lines
from bot.stories.drafts import drafts_for, inserted
from knowledge.schema import Facet

LOOK_SECONDS = 5.0
SEEN_EVERY = 12
MOST_FOUND = 8

router = APIRouter(prefix="/desk", include_in_schema=False)
Read = Annotated[Case, Depends(reading)]
Id = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]


class Words(BaseModel):
    """What a helper typed; `message_id` tells a second copy."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    message_id: Id
    text: str


class Inserted(BaseModel):
    """One procedure's facet, put in as the assistant would tell it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    message_id: Id
    code: str = Field(max_length=40)
    facet: Facet


@router.post("/cases/{case_id}/tin")
async def say_words(body: Words, who: Who, case: Here, desk: Desk) -> Response:
    """Stored before it is shown; the same `message_id` again says nothing. For whoever has the case."""
    text = body.text.strip()
    if not text:
        return _refused("empty")
    if len(text) > MOST_CHARS:
        return _refused("too_long", count=MOST_CHARS)
    return await _say(desk, who, case, body.message_id, (sentences.spoken(who.helper, text),))


@router.post("/cases/{case_id}/thu-tuc")
async def insert(body: Inserted, who: Who, case: Here, desk: Desk, parts: Parts) -> Response:
    """For whoever has the case."""
    replies = inserted(parts, case, body.code, body.facet, who.helper.shown_name)
    if not replies:
        return _refused("unknown_procedure")
    return await _say(desk, who, case, body.message_id, replies)


async def _say(desk: Desk, who: SignedIn, case: Case, message_id: str, replies: tuple[Reply, ...]) -> Response:
    try:
        seq = await desk.talking.say(case, who.helper, message_id, replies)
    except NotPossible as reason:
        return _refused(reason.key, 409)
    return JSONResponse({"seq": seq}, headers=pages.HEADERS)


def _refused(key: str, status: int = 422, **values: object) -> Response:
    detail = pages.told(key).format(**values)
    return JSONResponse({"title": key, "detail": detail}, status, headers=pages.HEADERS)


@router.get("/cases/{case_id}/goi-y")
async def drafts(case: Read, parts: Parts) -> Response:
    """Answers to the citizen's last words, for whoever may read them."""
    found = await drafts_for(parts, case)
    return JSONResponse(
        [{"code": one.code, "facet": one.facet, "title": one.title, "text": one.text} for one in found],
        headers=pages.HEADERS,
    )


@router.get("/tim")
async def search(who: Who, parts: Parts, q: Annotated[str, Query(max_length=500)] = "") -> Response:
    """Procedures for these words, for whoever is signed in."""
    snapshot = parts.library.snapshot
    hits = snapshot.searcher.search(q, limit=MOST_FOUND).hits if q.strip() else ()
    found = [snapshot.catalogue[hit.code] for hit in hits if hit.code in snapshot.catalogue]
    return JSONResponse([{"code": one.code, "name": one.name} for one in found], headers=pages.HEADERS)


@router.get("/cases/{case_id}/events")
async def events(
    request: Request,
    who: Who,
    case: Read,
    desk: Desk,
    parts: Parts,
    last_event_id: Annotated[str | None, Header()] = None,
    after: Annotated[int, Query(ge=0)] = 0,
    so: bool = False,
) -> StreamingResponse:
    """Server-sent events: each new line once, drawn; ends when the case is no longer this helper's to read."""
    seen = int(last_event_id) if last_event_id and last_event_id.isdigit() else after
    stream = _stream(request, who, case, desk, parts, seen, not so)
    return StreamingResponse(stream, media_type="text/event-stream", headers=STREAM_HEADERS)


async def _stream(
    request: Request, who: SignedIn, case: Case, desk: Desk, parts: Services, seen: int, is_masked: bool
) -> AsyncIterator[str]:
    transcript, looks, version = Transcript(is_masked), 0, case.version
    transcript.read(line for line in await newest_lines(parts, case.conversation_id) if line["seq"] <= seen)
    async with parts.events.subscribe(case.conversation_id) as changed:
        yield "retry: 3000\n\n"
        news = asyncio.ensure_future(changed())
        try:
            while not await request.is_disconnected():
                for line in await parts.store.history(case.conversation_id, after=seen, limit=PAGE):
                    seen = line["seq"]
                    spoken = await _with_files(transcript.read([line]), who, case.id, desk, parts, is_masked)
                    yield _event("message", _drawn(spoken, case.id), seen)
                current = await desk.cases.find(case.id)
                if current is None or not may_read(who, current) or not await _is_seen(who, desk, looks):
                    yield _event("over", "now")
                    return
                if current.version != version:
                    version = current.version
                    yield _event("changed", "now")
                looks += 1
                await asyncio.wait({news}, timeout=LOOK_SECONDS)
                if news.done():
                    if not news.result():
                        return  # let go at shutdown; the page comes back
                    news = asyncio.ensure_future(changed())
        finally:
            news.cancel()


async def _is_seen(who: SignedIn, desk: Desk, looks: int) -> bool:
    if looks % SEEN_EVERY:
        return True
    await desk.directory.seen(who.helper.id)
    return await desk.accounts.account(who.helper.id, who.session.generation) is not None


async def _with_files(
    spoken: list[Spoken], who: SignedIn, case_id: str, desk: DeskParts, parts: Services, is_masked: bool
) -> list[Spoken]:
    case = await desk.cases.find(case_id) if any(one.files for one in spoken) else None
    if case is None or not has_word(who, case):
        return spoken
    return await with_files(parts, await rights_of(parts, case, await desk.cases.lines(case)), spoken, is_masked)


def _drawn(spoken: list[Spoken], case_id: str) -> str:
    return "".join(pages.render("_spoken.html", one=one, here_=f"/desk/cases/{case_id}") for one in spoken)


def _event(kind: str, content: str, number: int | None = None) -> str:
    numbered = f"id: {number}\n" if number is not None else ""
    return f"event: {kind}\n{numbered}data: {json.dumps(content, ensure_ascii=False)}\n\n"
