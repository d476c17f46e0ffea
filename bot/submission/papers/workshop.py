"""Where files are opened: a few processes of their own, each job with a time limit, so that none stalls the server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from bot.submission.papers.refusals import RefusedFile
from bot.submission.papers.worker import LENGTH, MOST_BYTES, framed

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[3]
JOB_SECONDS = 20.0
QUEUE_SECONDS = 30.0
MOST_JOBS = 40  # a process is replaced after so many: what libraries forget to free goes with it
IDLE_SECONDS = 120.0
# All it is given: no address, key or password of ours.
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


class Workshop:
    """`places`: how many files are opened at once."""

    def __init__(self, places: int = 2, job_seconds: float = JOB_SECONDS) -> None:
        self._free = asyncio.Semaphore(places)
        self._job_seconds = job_seconds
        self._idle: list[_Bench] = []

    async def do(self, ask: dict[str, Any], files: Sequence[bytes] = ()) -> tuple[dict[str, Any], bytes]:
        """What the worker says and makes. Raises RefusedFile: its own reason, or busy, slow, broken."""
        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                await self._free.acquire()
        except TimeoutError:
            raise RefusedFile("busy") from None
        try:
            said, content = await self._on_a_bench(framed([json.dumps(ask).encode(), *files]))
        finally:
            self._free.release()
        if "refused" in said:
            raise RefusedFile(said["refused"], said["limit"])
        if "failed" in said:
            log.error("a file could not be worked on: %s", said["failed"])
            raise RefusedFile("broken")
        return said, content

    async def _on_a_bench(self, job: bytes) -> tuple[dict[str, Any], bytes]:
        bench = self._idle.pop() if self._idle else await _Bench.open()
        try:
            async with asyncio.timeout(self._job_seconds):
                answer = await bench.do(job)
        except TimeoutError:
            await bench.end()
            log.warning("a file took longer than %.0f seconds and was given up", self._job_seconds)
            raise RefusedFile("slow") from None
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            await bench.end()
            log.warning("a file brought its worker down")
            raise RefusedFile("broken") from None
        except BaseException:
            await bench.end()
            raise
        await self._keep(bench)
        return answer

    async def _keep(self, bench: _Bench) -> None:
        if bench.jobs >= MOST_JOBS:
            await bench.end()
            return
        bench.until = asyncio.get_running_loop().time() + IDLE_SECONDS
        self._idle.append(bench)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Workshop]:
        """Ends every process when the block is left, and those that have nothing to do meanwhile."""
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield self
        finally:
            sweeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeping
            await self.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(IDLE_SECONDS / 4)
            now = asyncio.get_running_loop().time()
            over = [bench for bench in self._idle if bench.until < now]
            self._idle = [bench for bench in self._idle if bench.until >= now]
            for bench in over:
                await bench.end()

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().end()


class _Bench:
    """One worker process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.jobs, self.until = 0, 0.0

    @classmethod
    async def open(cls) -> _Bench:
        environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        environment |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        environment["PYTHONDONTWRITEBYTECODE"] = "1"  # it may write no file at all
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.submission.papers.worker", cwd="/", env=environment, start_new_session=True,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        return cls(process)

    async def do(self, job: bytes) -> tuple[dict[str, Any], bytes]:
        self.jobs += 1
        self._process.stdin.write(job)
        await self._process.stdin.drain()
        await self._process.stdout.readexactly(LENGTH.size)
        said, content = await self._part(), await self._part()
        return json.loads(said), content

    async def _part(self) -> bytes:
        size = LENGTH.unpack(await self._process.stdout.readexactly(LENGTH.size))[0]
        if size > MOST_BYTES:
            raise ValueError("an answer of no size that was asked for")
        return await self._process.stdout.readexactly(size)

    async def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
