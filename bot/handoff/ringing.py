"""What happens when a clock rings: the next tier, another helper, an honest word to the citizen, an end."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from bot.handoff import sentences
from bot.handoff.case import Case, Ending, Status
from bot.handoff.cases import Cases
from bot.handoff.clocks import Clocks, Tier
from bot.handoff.routing import Route
from bot.handoff.taking import NotPossible, Taking
from bot.store import Clock

log = logging.getLogger(__name__)

AT_ONCE = 50


class Ringing:
    """`close_idle` closes as a helper would: the citizen may rate, and a journey goes on."""

    def __init__(
        self,
        all_cases: Cases,
        taking: Taking,
        clocks: Clocks,
        clock: Clock,
        close_idle: Callable[[Case], Awaitable[None]],
        desk_of: Callable[[str, str], str],
        hotline: str,
    ) -> None:
        self._cases, self._taking, self._clocks, self._clock = all_cases, taking, clocks, clock
        self._close_idle, self._desk_of, self._hotline = close_idle, desk_of, hotline

    async def ring_due(self) -> int:
        """How many clocks were heard."""
        due = await self._cases.due(AT_ONCE)
        return sum([await self._ring(case) for case in due])

    async def _ring(self, case: Case) -> bool:
        try:
            await self._heard(case)
        except NotPossible:
            return False  # somebody acted meanwhile, so this clock no longer counts
        except Exception:
            log.exception("the clock of case %s was not heard; it rings again", case.code)
            return False
        return True

    async def _heard(self, case: Case) -> None:
        if case.status is Status.claimed:
            await (self._is_silent(case) if case.waiting_since else self._close_idle(case))
        elif self._clock() >= self._clocks.expires_at(case.waiting_since or case.opened_at):
            place = self._desk_of(case.province, case.ward)
            await self._taking.close(case, Ending.never_taken, None, (sentences.expired(self._hotline, place),))
        else:
            await self._is_unclaimed(case)

    async def _is_unclaimed(self, case: Case) -> None:
        route = await self._above(case)
        if route is None:
            until = self._clocks.expires_at(case.waiting_since or case.opened_at)
            await self._taking.wait_on(case, until, (sentences.late(case, self._hotline),))
        else:
            await self._taking.raise_to(case, route, (sentences.raised(route.team),))

    async def _is_silent(self, case: Case) -> None:
        """Back to the same team, or above where it is small; the citizen is asked for patience."""
        route = await self._taking.route(case, case.tier)
        if route is None:
            raise NotPossible("over")
        await self._taking.raise_to(case, route, (sentences.silent(case, self._hotline),), kind="silent")

    async def _above(self, case: Case) -> Route | None:
        tier: Tier | None = case.tier.above
        return await self._taking.route(case, tier) if tier else None
