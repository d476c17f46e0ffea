"""A code is redeemed: the draft goes on in this conversation; guessing is slowed down."""

from __future__ import annotations

from bot.ratelimit import RateLimiter
from bot.submission.dossier import Dossier
from bot.submission.dossiers import Dossiers, DraftInTheWay

TRIES_PER_MINUTE = 5
ALL_TRIES_PER_MINUTE = 60  # of everybody together: a code has 40 bits


class Redeeming:
    def __init__(self, dossiers: Dossiers) -> None:
        self._dossiers = dossiers
        self._tries = RateLimiter(TRIES_PER_MINUTE)
        self._all_tries = RateLimiter(ALL_TRIES_PER_MINUTE)

    async def redeem(self, code: str, conversation_id: str) -> Dossier | str:
        """The draft; or the key of the sentence that says why there is none."""
        if self._tries.wait_seconds(conversation_id) or self._all_tries.wait_seconds("all"):
            return "filing.code_slow"
        try:
            return await self._dossiers.continue_here(code, conversation_id) or "filing.code_wrong"
        except DraftInTheWay:
            return "filing.in_the_way"
