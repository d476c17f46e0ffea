"""Replies and notices waiting to be delivered: one sender per channel, ordered per conversation, retried."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta

from bot.channels.inbound import ChannelClosed, RetryLater, Sender, Undeliverable
from bot.outbox_queue import OutboxQueue, Parcel
from bot.privacy import CannotDecrypt
from bot.store import Store

log = logging.getLogger(__name__)

AT_ONCE = 8  # conversations served at the same time, per channel
SEND_SECONDS = 45.0
LEASE = timedelta(seconds=90)  # longer than a send may take, so that nobody else takes a message over meanwhile
POLL_SECONDS = 5.0  # how late a message written by another process is noticed
STOP_SECONDS = 10.0  # how long a stop waits for sends under way
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 300.0
GIVE_UP_AFTER = timedelta(hours=24)
MOST_FAULTS = 8  # errors of our own are not retried for a day


class Outbox:
    """Delivers what the store has put in, at least once and never out of order within a conversation."""

    def __init__(self, store: Store, senders: Sequence[Sender], jitter: Callable[[], float] = random.random) -> None:
        self.queue = OutboxQueue(store)
        self._clock = store.clock
        self._lines = {sender.channel: _Line(self, sender) for sender in senders}
        self.jitter = jitter

    def wake(self, channel: str) -> None:
        """Something was put in: look now instead of at the next poll."""
        if channel in self._lines:
            self._lines[channel].wake.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sends while the block runs; leaving it lets sends under way end."""
        for channel in self._lines:
            await self.queue.recover(channel, is_start=True)
        tasks = [asyncio.create_task(line.serve()) for line in self._lines.values()]
        try:
            yield
        finally:
            for line in self._lines.values():
                line.stop()
            await asyncio.gather(*tasks)

    async def deliver(self, sender: Sender, parcel: Parcel) -> None:
        """One attempt and its consequence."""
        try:
            await self._send(sender, parcel)
        except RetryLater as reason:
            await self._retry(parcel, str(reason), reason.after_seconds)
        except TimeoutError:
            await self._retry(parcel, "no answer in time")
        except Undeliverable as reason:
            log.warning("undeliverable: message %d of %s: %s", parcel.id, sender.channel, reason)
            await self.queue.dead(parcel, str(reason))
        except ChannelClosed:
            await self.queue.close(parcel)
        except CannotDecrypt as reason:
            log.error("a waiting message cannot be read: %s", reason)
            await self.queue.dead(parcel, str(reason))
        except Exception as fault:  # the sender's own: kept from stopping everybody else's messages
            log.exception("sending failed unexpectedly")
            await self._after_fault(parcel, f"{type(fault).__name__}: {fault}")

    async def _send(self, sender: Sender, parcel: Parcel) -> None:
        letter = self.queue.unseal(parcel)
        if letter is not None:
            address, reply = letter
            async with asyncio.timeout(SEND_SECONDS):
                await sender.send(address, reply)
        await self.queue.sent(parcel)

    async def _after_fault(self, parcel: Parcel, error: str) -> None:
        if parcel.attempts + 1 >= MOST_FAULTS:
            await self.queue.dead(parcel, error)
        else:
            await self._retry(parcel, error)

    async def _retry(self, parcel: Parcel, error: str, after_seconds: float | None = None) -> None:
        wait = self._wait(parcel.attempts) if after_seconds is None else timedelta(seconds=max(after_seconds, 0))
        if self._clock() + wait - parcel.created_at > GIVE_UP_AFTER:
            await self.queue.dead(parcel, f"given up after a day: {error}")
        else:
            await self.queue.retry(parcel, wait, error)

    def _wait(self, attempts: int) -> timedelta:
        """Doubles each time, spread so that what failed together does not come back together."""
        seconds = min(FIRST_WAIT_SECONDS * 2 ** min(attempts, 20), LONGEST_WAIT_SECONDS)
        return timedelta(seconds=seconds * (0.5 + self.jitter()))


class _Line:
    """The sender of one channel: takes what may go, a few conversations at a time."""

    def __init__(self, outbox: Outbox, sender: Sender) -> None:
        self._outbox, self._sender = outbox, sender
        self.wake = asyncio.Event()
        self._is_stopping = False
        self._under_way: set[asyncio.Task] = set()

    def stop(self) -> None:
        self._is_stopping = True
        self.wake.set()

    async def serve(self) -> None:
        while not self._is_stopping:
            self.wake.clear()  # before looking: what is put in from here on rings again
            try:
                pause = await self._look()
            except Exception:
                log.exception("the outbox of %s cannot be read; tried again", self._sender.channel)
                pause = POLL_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self.wake.wait()
        await self._wait_for_sends()

    async def _look(self) -> float:
        """Starts what may go now; how long nothing else will have to be done."""
        free = AT_ONCE - len(self._under_way)
        if free <= 0:
            return POLL_SECONDS  # a finished send wakes us
        parcels = await self._outbox.queue.take(self._sender.channel, free, LEASE)
        for parcel in parcels:
            task = asyncio.create_task(self._deliver(parcel))
            self._under_way.add(task)
            task.add_done_callback(self._done)
        if parcels:
            return POLL_SECONDS
        if await self._outbox.queue.recover(self._sender.channel):
            return 0.0
        due = await self._outbox.queue.next_due_in(self._sender.channel)
        return POLL_SECONDS if due is None else min(due.total_seconds() + 0.01, POLL_SECONDS)

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            await self._outbox.deliver(self._sender, parcel)
        except Exception:  # the database is away: the lease runs out and the message is taken again
            log.exception("what became of a message could not be written down")

    def _done(self, task: asyncio.Task) -> None:
        self._under_way.discard(task)
        self.wake.set()  # the next message of that conversation may go

    async def _wait_for_sends(self) -> None:
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=STOP_SECONDS)
            for task in late:  # stays "sending": whether it arrived is unknown, so it is sent again
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
