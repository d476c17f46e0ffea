"""Serves an ASGI app on a free port for as long as a test needs it: beside the test, or in its own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import uvicorn

STOP_SECONDS = 20


def free_port() -> int:
    """For an app that must know its own address before it is served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _server(app: Any, port: int = 0, **config: Any) -> tuple[uvicorn.Server, str]:
    port = port or free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, **config))
    return server, f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def served(app: Any, shutdown_seconds: int = 1, port: int = 0) -> Iterator[str]:
    """In a thread with a loop of its own; yields the base address, e.g. http://127.0.0.1:41234."""
    server, base = _server(app, port, log_config=None, timeout_graceful_shutdown=shutdown_seconds)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            pytest.fail("the server ended while starting")
        time.sleep(0.02)
    try:
        yield base
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)


@contextlib.asynccontextmanager
async def served_here(app: Any) -> AsyncIterator[str]:
    """In the test's own loop, for apps whose state the test touches; yields the base address."""
    server, base = _server(app, log_level="error", lifespan="on")
    task = asyncio.create_task(server.serve())
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.01)
    try:
        yield base
    finally:
        server.should_exit = True
        await task
