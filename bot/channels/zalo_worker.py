"""Works Zalo's stored events off: several citizens at once, each one's events one after another."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from bot.channels import zalo_metrics
from bot.channels.zalo_door import ZaloDoor
from bot.channels.zalo_inbox import MOST_ATTEMPTS, Waiting, ZaloInbox

log = logging.getLogger(__name__)

AT_ONCE = 8
POLL_SECONDS = 5.0  # how late an event stored by another process is noticed
STOP_SECONDS = 15.0
SWEEP_SECONDS = 3600.0


class ZaloWorker:
    """`wake` after something was stored; otherwise it is found at the next look."""

    def __init__(self, inbox: ZaloInbox, door: ZaloDoor) -> None:
        self._inbox, self._door = inbox, door
        self._bell = asyncio.Event()
        self._under_way: set[asyncio.Task] = set()
        self._is_stopping = False

    def wake(self) -> None:
        self._bell.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Works while the block runs; leaving it lets what is under way end."""
        await self._inbox.recover(is_start=True)
        tasks = [asyncio.create_task(self._serve()), asyncio.create_task(self._sweep())]
        try:
            yield
        finally:
            self._is_stopping = True
            self.wake()
            tasks[1].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self) -> None:
        while not self._is_stopping:
            self._bell.clear()  # before looking: what is stored from here on rings again
            try:
                pause = await self._look()
            except Exception:
                log.exception("Zalo's events cannot be read; tried again")
                pause = POLL_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._bell.wait()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=STOP_SECONDS)

    async def _look(self) -> float:
        """Starts what may be worked off now; how long nothing else will have to be done."""
        free = AT_ONCE - len(self._under_way)
        if free <= 0:
            return POLL_SECONDS  # whatever ends rings
        taken = await self._inbox.take(free)
        for waiting in taken:
            task = asyncio.create_task(self._work_off(waiting))
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        if taken:
            return POLL_SECONDS
        if await self._inbox.recover():
            return 0.0
        due = await self._inbox.next_due_in()
        return POLL_SECONDS if due is None else min(due.total_seconds() + 0.01, POLL_SECONDS)

    def _ended(self, task: asyncio.Task) -> None:
        self._under_way.discard(task)
        self._bell.set()  # the next event of that citizen may be taken

    async def _work_off(self, waiting: Waiting) -> None:
        try:
            await self._door.take(waiting.conversation_id, waiting.body, waiting.attempts >= MOST_ATTEMPTS)
            await self._inbox.done(waiting)
        except Exception:
            log.exception("an event of Zalo's could not be worked off")
            await self._after_failure(waiting)

    async def _after_failure(self, waiting: Waiting) -> None:
        try:
            if not await self._inbox.failed(waiting):
                zalo_metrics.event("unknown", "given up")
        except Exception:  # the database is away: the lease runs out and the event is taken again
            log.exception("what became of an event could not be written down")

    async def _sweep(self) -> None:
        while True:
            try:
                await self._inbox.sweep()
            except Exception:
                log.exception("old events of Zalo's could not be deleted; tried again in an hour")
            await asyncio.sleep(SWEEP_SECONDS)
