"""Errors of the HTTP interface as problem+json (RFC 9457), with a Vietnamese `detail` a citizen may read."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from bot.wording import say

log = logging.getLogger(__name__)


class Problem(Exception):
    """`status` and a sentence of `bot.wording` (section `problem`, else `detail`); `retry_after` in seconds."""

    def __init__(
        self, status: int, key: str, retry_after: int | None = None, detail: str | None = None, **values: object
    ) -> None:
        super().__init__(key)
        self.status, self.key, self.retry_after = status, key, retry_after
        self.detail = detail or say(f"problem.{key}", **values)


def install(app: FastAPI) -> None:
    """Every error of this app leaves it as a problem; nothing of a request's content is repeated in it."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_unexpected)


def response(status: int, key: str, detail: str, retry_after: int | None = None) -> JSONResponse:
    body = {"type": f"urn:motcua:problem:{key}", "title": key, "status": status, "detail": detail}
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")


async def _on_problem(request: Request, error: Problem) -> JSONResponse:
    return response(error.status, error.key, error.detail, error.retry_after)


async def _on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    """Names the fields only: the values may be personal."""
    fields = sorted(
        {".".join(str(part) for part in problem["loc"] if part != "body") or "body" for problem in error.errors()}
    )
    return response(422, "invalid", say("problem.invalid", what=", ".join(fields)))


_HTTP_KEYS = {400: "unreadable", 404: "not_found", 405: "method", 413: "too_large", 401: "unauthorized"}


async def _on_http(request: Request, error: HTTPException) -> JSONResponse:
    key = _HTTP_KEYS.get(error.status_code, "internal")
    return response(error.status_code, key, say(f"problem.{key}"))


async def _on_unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("unexpected error at %s", request.url.path, exc_info=error)
    return response(500, "internal", say("problem.internal"))
