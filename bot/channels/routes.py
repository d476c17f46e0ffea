"""The HTTP contract of /api/v1: procedures for anyone, conversations for whoever holds their token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Header, Query, Request, UploadFile
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from bot import metrics
from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome
from bot.problems import Problem
from bot.services import Services
from bot.store import Conversation
from bot.submission.attachments import RefusedFile
from knowledge.schema import Procedure

MOST_CHARS = 4_000  # of one message; the widget stops at half of it
HEARTBEAT_SECONDS = 20.0
PAGE = 100

router = APIRouter(prefix="/api/v1")


class MessageIn(BaseModel):
    """What a citizen sends: words, a pressed button, or files sent before."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    message_id: str = Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")
    text: str | None = None
    payload: str | None = Field(default=None, max_length=64)
    attachment_ids: tuple[str, ...] = Field(default=(), max_length=20)
    question_id: str | None = Field(default=None, max_length=60)


async def services(request: Request) -> Services:  # asynchronous, or each request would take a thread for it
    return request.app.state.services


Parts = Annotated[Services, Depends(services)]


async def open_to_all(request: Request, parts: Parts) -> None:
    """Anyone may call this; how often is limited per client."""
    await _limit(parts, f"client:{_client(request)}")


async def holder(
    request: Request,
    conversation_id: str,
    parts: Parts,
    authorization: Annotated[str | None, Header()] = None,
    token: Annotated[str | None, Query(max_length=200)] = None,
) -> Conversation:
    """Only the holder of the conversation's token; 401 tells nobody whether the conversation exists."""
    given = authorization[7:].strip() if authorization and authorization[:7].lower() == "bearer " else token
    conversation = (
        await parts.store.authenticate(conversation_id, given) if given and len(conversation_id) <= 64 else None
    )
    if conversation is None or conversation.channel != "web":
        metrics.refused("web", "wrong token")
        raise Problem(401, "unauthorized")
    await _limit(parts, f"client:{_client(request)}")
    return conversation


Holder = Annotated[Conversation, Depends(holder)]


async def _limit(parts: Services, key: str) -> None:
    wait = parts.limiter.wait_seconds(key)
    if wait > 0:
        metrics.refused("web", "too many")
        seconds = max(1, round(wait + 0.5))
        raise Problem(429, "too_many", retry_after=seconds, seconds=seconds)


def _client(request: Request) -> str:
    return request.client.host if request.client else "unknown"


# ---- procedures: public knowledge


@router.get("/procedures/search", dependencies=[Depends(open_to_all)])
async def search(
    parts: Parts, q: Annotated[str, Query(max_length=1_000)] = "", limit: Annotated[int, Query(ge=1, le=50)] = 10
) -> dict[str, Any]:
    """Procedures for these words, best first, and whether the best one is meant."""
    snapshot = parts.library.snapshot
    found = snapshot.searcher.search(q, limit=limit)
    procedures = [(hit, snapshot.catalogue[hit.code]) for hit in found.hits if hit.code in snapshot.catalogue]
    facets = (await parts.dialogue.parse(q)).facets
    facet = str(facets[0]) if facets else None
    return {
        "query": q,
        "decision": str(found.decision),
        "results": [
            {
                "code": hit.code,
                "name": procedure.name,
                "score": round(float(hit.score), 4),
                "facet": facet,
                "source_url": procedure.source.url,
                "checked_on": procedure.checked_on.isoformat(),
            }
            for hit, procedure in procedures[:limit]
        ],
    }


@router.get("/procedures/{code}", dependencies=[Depends(open_to_all)])
def procedure(parts: Parts, code: str) -> Procedure:
    """The structured record; 404 when there is none of this code."""
    found = parts.library.snapshot.catalogue.get(code)
    if found is None:
        raise Problem(404, "not_found_procedure", code=code[:40])
    return found


# ---- conversations: for the holder of the token


@router.post("/conversations", status_code=201, dependencies=[Depends(open_to_all)])
async def start_conversation(parts: Parts) -> dict[str, str]:
    """A new conversation and the only token to it."""
    await _channel_is_on(parts)
    conversation, token = await parts.store.start_conversation("web")
    return {"conversation_id": conversation.id, "token": token}


async def _channel_is_on(parts: Services) -> None:
    reason = await parts.switches.reason_off("channel:web")
    if reason is not None:
        raise Problem(503, "channel_off", retry_after=600, reason=reason)


@router.post("/conversations/{conversation_id}/messages")
async def send_message(body: MessageIn, conversation: Holder, parts: Parts) -> dict[str, Any]:
    """One turn. The same `message_id` again returns the same reply and does nothing."""
    await _channel_is_on(parts)
    if body.text is None and body.payload is None and not body.attachment_ids:
        raise Problem(422, "empty")
    if body.text is not None and len(body.text) > MOST_CHARS:
        raise Problem(422, "too_long", limit=MOST_CHARS)
    if not await parts.attachments.all_belong(conversation.id, body.attachment_ids):
        raise Problem(422, "unknown_attachment")
    inbound = Inbound(
        channel="web",
        sender=conversation.id,
        message_id=body.message_id,
        text=body.text,
        payload=body.payload,
        attachment_ids=body.attachment_ids,
        question_id=body.question_id,
    )
    return as_json(await parts.gateway.on_message(conversation, inbound))


def as_json(outcome: Outcome) -> dict[str, Any]:
    turn = outcome.turn.model_dump(mode="json")
    return {"replies": [reply.model_dump(mode="json", exclude_none=True) for reply in outcome.replies], "turn": turn}


@router.get("/conversations/{conversation_id}/messages")
async def history(conversation: Holder, parts: Parts, after: Annotated[int, Query(ge=0)] = 0) -> dict[str, Any]:
    """What was said after `after`, oldest first, at most a hundred entries."""
    return {"messages": await parts.store.history(conversation.id, after=after, limit=PAGE)}


@router.delete("/conversations/{conversation_id}", status_code=204)
async def forget(conversation: Holder, parts: Parts) -> Response:
    """Erases the conversation and every word and file of it."""
    await parts.store.erase(conversation.id, is_final=True)
    return Response(status_code=204)


@router.post("/conversations/{conversation_id}/attachments", status_code=201)
async def attach(file: UploadFile, conversation: Holder, parts: Parts) -> dict[str, str]:
    """A photo or PDF of this conversation, told by its content; only what is seen of it is kept, encrypted."""
    try:
        attachment = await parts.attachments.accept(conversation.id, file.filename or uuid4().hex, file)
    except RefusedFile as error:
        retry_after = 60 if error.status == 503 else None
        raise Problem(error.status, error.key, retry_after, detail=error.sentence) from error
    return {"attachment_id": attachment.id}


@router.get("/conversations/{conversation_id}/events")
async def events(
    conversation: Holder,
    parts: Parts,
    last_event_id: Annotated[str | None, Header()] = None,
    after: Annotated[int, Query(ge=0)] = 0,
) -> StreamingResponse:
    """Server-sent events: each new entry of the history once; resumes after `Last-Event-ID`."""
    seen = int(last_event_id) if last_event_id and last_event_id.isdigit() else after
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(parts, conversation.id, seen), media_type="text/event-stream", headers=headers)


async def _stream(parts: Services, conversation_id: str, seen: int) -> AsyncIterator[str]:
    async with parts.events.subscribe(conversation_id) as changed:
        yield "retry: 3000\n\n"
        goes_on = True
        while goes_on:
            for entry in await parts.store.history(conversation_id, after=seen, limit=PAGE):
                seen = entry["seq"]
                yield f"event: message\nid: {seen}\ndata: {json.dumps(entry, ensure_ascii=False)}\n\n"
            try:
                goes_on = await asyncio.wait_for(changed(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ": still here\n\n"
