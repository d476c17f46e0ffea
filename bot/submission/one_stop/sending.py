"""Takes hand-overs from the queue, gives them to the one-stop system, and writes down what became of them."""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import sqlalchemy as sa

from bot.privacy import CannotDecrypt, mask
from bot.store import Store
from bot.submission.one_stop.following import Following
from bot.submission.one_stop.handovers import Handovers, Parcel, first_time_in, lock_dossier
from bot.submission.one_stop.notices import Notices
from bot.submission.one_stop.protocol import Accepted, Act, Answer, Handover, OneStop, Rejected, Retry
from bot.submission.one_stop.sentences import Teller

log = logging.getLogger(__name__)

AT_ONCE = 4
SUBMIT_SECONDS = 240.0  # with all its files
LEASE = timedelta(seconds=300)  # longer than an attempt may take, so that nobody else takes it over meanwhile
FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(days=3)
TOLD_DELAYED_AFTER = timedelta(minutes=30)
JUST_NOW = timedelta(minutes=15)  # the citizen who has just sent it is still there
DELAYED = "told:delayed"
MOST_TOLD_REASON_CHARS = 300
FEWEST_PERSONAL_CHARS = 3


class HandingOver:
    """One attempt at a time per hand-over; whoever is killed in between leaves it to the next."""

    def __init__(
        self,
        store: Store,
        queue: Handovers,
        one_stop: OneStop,
        following: Following,
        notices: Notices,
        teller: Teller,
        lease: timedelta = LEASE,
        longest_wait: timedelta = LONGEST_WAIT,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database, self._clock = store.database, store.clock
        self._queue, self._one_stop, self._following = queue, one_stop, following
        self._notices, self._teller, self._jitter = notices, teller, jitter
        self._lease, self._longest_wait = lease, longest_wait
        self.moved: Callable[[str], Awaitable[object]] = following.hasten

    async def recover_at_start(self) -> int:
        """What a dead process was sending is sent again; how many there are."""
        return await self._queue.recover_at_start(self._wait)

    async def hand_over_due(self) -> int:
        """Attempts what is due; how many there were."""
        parcels = await self._queue.take(AT_ONCE, self._lease)
        await asyncio.gather(*(self._attempt(parcel) for parcel in parcels))
        return len(parcels)

    async def _attempt(self, parcel: Parcel) -> None:
        try:
            handover = self._queue.unseal(parcel)
        except CannotDecrypt as reason:
            log.error("a waiting hand-over cannot be read: %s", reason)
            error = str(reason)
            await self._database.write(lambda connection: self._queue.finish_in(connection, parcel, "dead", error))
            return
        answer = await self._submit(handover)
        try:
            await self._conclude(parcel, handover, answer)
        except Exception:  # the database is away: the lease runs out and it is taken again
            log.exception("what became of a hand-over could not be written down")

    async def _submit(self, handover: Handover) -> Answer:
        try:
            async with asyncio.timeout(SUBMIT_SECONDS):
                return await self._one_stop.submit(handover)
        except TimeoutError:
            return Retry("no answer in time")
        except Exception as fault:  # ours, or the adapter's: kept from stopping everybody else's dossiers
            log.exception("handing over failed unexpectedly")
            return Retry(f"{type(fault).__name__}: {fault}")

    async def _conclude(self, parcel: Parcel, handover: Handover, answer: Answer) -> None:
        match answer:
            case Accepted(code):
                await self._database.write(lambda connection: self._accept_in(connection, parcel, handover, code))
                if handover.act is not Act.submit:
                    await self.moved(code)  # what was just handed over moves the dossier
            case Rejected(reason):
                await self._give_up(parcel, handover, "rejected", reason)
            case Retry(reason, after_seconds):
                await self._retry(parcel, handover, reason, after_seconds)

    def _accept_in(self, connection: sa.Connection, parcel: Parcel, handover: Handover, code: str) -> None:
        if not self._queue.finish_in(connection, parcel, "done"):
            return
        if handover.act is Act.submit:
            self._following.begin_in(connection, handover, code)
        is_awaited = self._clock() - handover.submitted_at < JUST_NOW
        reply = self._teller.handed_over(handover, code)
        self._notices.add_in(connection, parcel.reference, f"{handover.act}_sent", reply, is_awaited)

    async def _retry(self, parcel: Parcel, handover: Handover, reason: str, after_seconds: float | None) -> None:
        wait = self._wait(parcel.attempts) if after_seconds is None else timedelta(seconds=max(after_seconds, 0))
        waited = self._clock() - parcel.created_at
        if waited + wait > GIVE_UP_AFTER:
            await self._give_up(parcel, handover, "dead", reason)
            return
        await self._queue.retry(parcel, wait, _impersonal(reason, handover))
        if waited > TOLD_DELAYED_AFTER:
            await self._tell_delayed(parcel, handover)

    def _wait(self, attempts: int) -> timedelta:
        """Doubles each time, spread so that what failed together does not come back together."""
        wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 20), self._longest_wait)
        return wait * (0.5 + self._jitter())

    async def _give_up(self, parcel: Parcel, handover: Handover, status: str, reason: str) -> None:
        """The citizen is told, and offered a person; the operator may send it again (`Handovers.revive`)."""
        told = mask(reason)[:MOST_TOLD_REASON_CHARS] if status == "rejected" else ""
        noted = _impersonal(reason, handover)
        log.error("hand-over %s is %s: %s", parcel.reference, status, noted)

        def work(connection: sa.Connection) -> None:
            if self._queue.finish_in(connection, parcel, status, noted):
                reply = self._teller.not_sent(handover, told)
                self._notices.add_in(connection, parcel.reference, "not_sent", reply)

        await self._database.write(work)

    async def _tell_delayed(self, parcel: Parcel, handover: Handover) -> None:
        """Once per hand-over, however often it fails."""

        def work(connection: sa.Connection) -> None:
            if lock_dossier(connection, parcel.reference) is None:
                return
            if first_time_in(connection, parcel.reference, f"{DELAYED}:{parcel.number}"):
                self._notices.add_in(connection, parcel.reference, "delayed", self._teller.delayed(handover))

        await self._database.write(work)


def _impersonal(reason: str, handover: Handover) -> str:
    """Their words without what the citizen told: operators and logs need to know what is wrong, not whose it is."""
    own = {handover.applicant_name, handover.citizen_id, handover.phone, handover.email, *handover.answers.values()}
    for value in sorted(own, key=len, reverse=True):
        if len(value) >= FEWEST_PERSONAL_CHARS:
            reason = re.sub(re.escape(value), "…", reason, flags=re.IGNORECASE)
    return reason
