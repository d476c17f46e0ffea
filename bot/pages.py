"""Doors that are no conversation: the demo page, health, metrics."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot import metrics as figures
from bot.problems import Problem

router = APIRouter(include_in_schema=False)


@router.get("/")
def demo(request: Request) -> Response:
    """Open to all, in a demonstration only: a ward's pretended portal with the widget."""
    if request.app.state.services.settings.env == "production":
        raise Problem(404, "not_found")
    return FileResponse(Path(str(resources.files("bot.channels"))) / "demo" / "index.html")


@router.get("/health/live")
def live() -> PlainTextResponse:
    """Open to all: the process answers."""
    return PlainTextResponse("ok")


@router.get("/health/ready")
async def ready(request: Request) -> JSONResponse:
    """Open to all: the models, the index and the database can be used."""
    parts = request.app.state.services
    await parts.store.ping()
    return JSONResponse(
        {
            "status": "ready",
            "procedures": len(parts.library.snapshot.catalogue),
            "index": parts.library.snapshot.generation,
        }
    )


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """For the operator's Prometheus; holds counts only, nothing personal."""
    counts = await request.app.state.services.outbox.queue.counts()
    figures.outbox_waiting(sum(count for (_, status), count in counts.items() if status == "waiting"))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
