"""Answers "hồ sơ … tới đâu rồi": by a code, or of the citizen's own dossiers."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable

from bot.channels.reply import Outcome, Reply, Turn
from bot.store import Store
from bot.submission.one_stop.following import Following
from bot.submission.one_stop.formats import OWN_REFERENCE, find_dossier_code
from bot.submission.one_stop.handovers import HELD, Handovers
from bot.submission.one_stop.protocol import DossierState, OneStop, Unavailable
from bot.submission.one_stop.sentences import Teller, masked_name, with_lines
from bot.wording import say

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 8.0  # a citizen waits for the answer
FAILED = ("dead", "rejected")


class LookUp:
    """Own dossiers are told in full; of everybody else's the steps and days only, the applicant's name masked."""

    def __init__(
        self, store: Store, one_stop: OneStop | None, following: Following, queue: Handovers, teller: Teller
    ) -> None:
        self._clock, self._one_stop, self._following = store.clock, one_stop, following
        self._queue, self._teller = queue, teller

    async def status(self, text: str, conversation_id: str) -> Outcome | None:
        """What is known; None when only the general sentence is left."""
        return await self.by_code(text, conversation_id) or await self.own(conversation_id)

    def which(self) -> Outcome | None:
        """Asks for a code; None when no system is connected in which it could be looked up."""
        return _outcome(Reply(text=say("following.which"))) if self._one_stop else None

    async def by_code(self, text: str, conversation_id: str) -> Outcome | None:
        """The dossier whose code the message holds; None when it holds none, or no system is connected."""
        code = find_dossier_code(text)
        if code is None:
            return None
        reference = code if OWN_REFERENCE.fullmatch(code) else await self._following.reference_of(code)
        if reference and await self._following.is_own(reference, conversation_id):
            own = await self._own(reference)
            return _outcome(own) if own else None
        if OWN_REFERENCE.fullmatch(code):  # somebody else's, or nobody's: the same answer
            return _outcome(self._teller.not_found(code))
        return _outcome(await self._others(code)) if self._one_stop else None

    async def own(self, conversation_id: str) -> Outcome | None:
        """The dossiers this conversation handed over, the newest first; None when there are none."""
        references = await self._following.references_of(conversation_id)
        replies = [reply for reference in references if (reply := await self._own(reference))]
        return _outcome(*replies) if replies else None

    async def _own(self, reference: str) -> Reply | None:
        """None for a dossier that was not handed over by us."""
        known = await self._following.state_of(reference)
        if known is None:
            status = await self._queue.status_of(reference)
            if status == HELD:
                return Reply(text=say("paying.held", code=reference))
            return self._teller.not_there_yet(reference, status in FAILED) if status else None
        try:
            told = await self._ask(self._one_stop.progress(reference)) if self._one_stop else None
        except Unavailable:
            stale = self._teller.state(known, self._clock())
            return with_lines(stale, before=[say("following.last_known")])
        return self._teller.state(_named(told, known) if told else known, self._clock())

    async def _others(self, code: str) -> Reply:
        try:
            state = await self._ask(self._one_stop.look_up(code))
        except Unavailable:
            return self._teller.unavailable(code)
        if state is None:
            return self._teller.not_found(code)
        return self._teller.public_state(state, masked_name(state.applicant_name), self._clock())

    async def _ask(self, question: Awaitable[DossierState | None]) -> DossierState | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await question
        except TimeoutError:
            raise Unavailable("no answer while a citizen waits") from None
        except Unavailable as reason:
            log.warning("a dossier cannot be looked up: %s", reason)
            raise


def _named(told: DossierState, known: DossierState) -> DossierState:
    """As it is told now, under the code and name it had when it was handed over."""
    kept = {"code": known.code, "procedure_name": known.procedure_name or told.procedure_name}
    kept["posted_to"] = known.posted_to
    return dataclasses.replace(told, **kept, status=told.status or known.status)


def _outcome(*replies: Reply) -> Outcome:
    return Outcome(replies=replies, turn=Turn(kind="status"))
