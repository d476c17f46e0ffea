"""The doors for the agency's system: fetching a citizen's file, and telling us that a dossier has moved."""

from __future__ import annotations

import hmac
import logging
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import Field, ValidationError

from bot.submission.one_stop.agency_files import AgencyFiles
from bot.submission.one_stop.exchange_messages import Record, read_record
from bot.submission.one_stop.following import Following
from bot.submission.one_stop.formats import read_wire_time
from bot.submission.one_stop.wire import Theirs

log = logging.getLogger(__name__)

MOST_STEPS = 10


class Report(Record):
    """CapNhatTrangThai as it comes to us: a record that calls its status TrangThai, and when it was so."""

    TrangThaiHoSo: str = Field(alias="TrangThai")
    ThoiDiem: str


class Step(Theirs):
    MaHoSo: str = Field(max_length=60)


class Steps(Theirs):
    """CapNhatTienDoHoSoMC: at most ten at once."""

    data: list[Step] = Field(min_length=1, max_length=MOST_STEPS)


def create_router(files: AgencyFiles, following: Following, secret: str, trusted: frozenset[str]) -> APIRouter:
    """A blank secret closes the two doors for reports (404)."""
    router = APIRouter(prefix="/one-stop", include_in_schema=False)

    @router.get("/files/{attachment_id}")
    async def fetch(
        attachment_id: str,
        until: Annotated[str, Query(max_length=12)] = "",
        proof: Annotated[str, Query(max_length=128)] = "",
    ) -> Response:
        """For the agency: the address itself proves the right, for some days."""
        if not attachment_id.isalnum() or not files.is_granted(attachment_id, until, proof):
            return Response(status_code=404)
        found = await files.find(attachment_id)
        if found is None:
            return Response(status_code=404)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return StreamingResponse(files.read(attachment_id), media_type=found.media_type, headers=headers)

    @router.post("/CapNhatTrangThai")
    async def report(request: Request, authorization: Annotated[str, Header()] = "") -> JSONResponse:
        """For the agency's DvcSync, known by the secret: a dossier's new status."""
        if refused := _refused(secret, authorization):
            return refused
        try:
            told = Report.model_validate_json(await request.body())
        except (ValidationError, RecursionError):
            return _trouble(400)
        as_of, reference = read_wire_time(told.ThoiDiem), await following.reference_of(told.MaHoSo)
        if as_of is None or reference is None:
            return _trouble(404 if as_of else 400)
        await following.record(reference, read_record(told, trusted, as_of))
        return JSONResponse({"message": ""})

    @router.post("/CapNhatTienDoHoSoMC")
    async def steps(request: Request, authorization: Annotated[str, Header()] = "") -> JSONResponse:
        """For the agency's exchange, known by the secret: dossiers have moved; we ask how far."""
        if refused := _refused(secret, authorization):
            return refused
        try:
            told = Steps.model_validate_json(await request.body())
        except (ValidationError, RecursionError):
            return JSONResponse({"error_code": "1", "message": "data"}, 400)
        known = [await following.hasten(code) for code in dict.fromkeys(step.MaHoSo for step in told.data)]
        return JSONResponse({"error_code": "0", "message": f"{sum(known)}"})

    return router


def _refused(secret: str, authorization: str) -> JSONResponse | None:
    if not secret:
        return _trouble(404)
    given = authorization.removeprefix("Bearer ").encode()
    return None if hmac.compare_digest(given, secret.encode()) else _trouble(401)


def _trouble(status: int) -> JSONResponse:
    return JSONResponse({"message": ""}, status)
