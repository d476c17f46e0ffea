"""When a person is offered without being asked for: honestly, and only where the assistant should not go on alone."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import yaml

from bot.channels.reply import Button, Outcome, Reply
from bot.dialogue.context import Context
from bot.dialogue.guide import SURE, Answered
from bot.handoff import sentences
from bot.handoff.case import Reason
from bot.handoff.clocks import Clocks
from bot.handoff.directory import Directory
from bot.handoff.routing import choose
from bot.store import Clock
from bot.stories.escalation import Escalation, remember
from bot.wording import say
from knowledge.text import clean, fold

TWICE = 2
WEIGHTY = {"cost", "time_limit", "eligibility", "legal_basis"}  # money, deadlines, rights
MOST_CHARS = 1_000


class Offering:
    """Looks at every outcome before it is told."""

    def __init__(
        self, escalation: Escalation, directory: Directory, clocks: Clocks, clock: Clock, hotline: str
    ) -> None:
        self._escalation, self._directory, self._hotline = escalation, directory, hotline
        self._clocks, self._clock = clocks, clock

    async def beside(self, text: str | None, before: Context, answered: Answered) -> Answered:
        """A question of ours that was passed over is let go, and a person offered where that is due."""
        outcome, context = answered
        if before.escalating.asks and context.escalating == before.escalating:
            context = remember(context, reason=before.escalating.reason)
        reason = due(text, outcome, context)
        if reason is None or reason == before.escalating.reason:
            return outcome, context
        return await self.offer(reason, outcome, context)

    async def offer(self, reason: Reason, outcome: Outcome, context: Context) -> Answered:
        """Never without saying who would be there and when they answer."""
        lead = say("handoff_case.offer.distress") if reason is Reason.distress else ""
        text = " ".join(filter(None, (lead, await self._available(context))))
        has_button = any(button.payload == "h:" for reply in outcome.replies for button in reply.buttons)
        buttons = () if has_button else (Button(title=say("button.helper"), payload="h:"),)
        replies = outcome.replies
        # Before a question that waits, so that it stays the last thing said.
        at = len(replies) - 1 if outcome.turn.question else len(replies)
        replies = (*replies[:at], Reply(text=text, buttons=buttons), *replies[at:])
        return outcome.model_copy(update={"replies": replies}), remember(context, reason=str(reason))

    async def _available(self, context: Context) -> str:
        if not (context.ward and context.province):
            return sentences.offer_unknown()
        crews = await self._directory.crews(context.province, context.ward)
        route = choose(crews, "", self._clock(), self._clocks)
        if route is None:
            desk = self._escalation.desk_of(context.province, context.ward)
            return sentences.nobody(desk, self._hotline).text
        return sentences.available(route, self._clocks)


def due(text: str | None, outcome: Outcome, context: Context) -> Reason | None:
    """Why a person should be offered with this outcome; None when the assistant goes on alone."""
    turn = outcome.turn
    if outcome.erases or turn.kind in ("handoff", "emergency", "safety") or not outcome.replies:
        return None
    if turn.kind == "not_found" and context.misses >= TWICE:
        return Reason.not_found
    if turn.kind == "journey" and context.underway and context.underway.misses >= TWICE:
        return Reason.bad_answers
    if text and sounds_distressed(text):
        return Reason.distress
    is_unsure = turn.kind == "answer" and turn.confidence is not None and turn.confidence < SURE
    return Reason.unsure if is_unsure and WEIGHTY & {turn.facet, *turn.facets} else None


def sounds_distressed(text: str) -> bool:
    words = f" {' '.join(fold(clean(text, MOST_CHARS)).split())} "
    return any(f" {phrase} " in words for phrase in _phrases())


@lru_cache(maxsize=1)
def _phrases() -> tuple[str, ...]:
    return tuple(yaml.safe_load(resources.files("bot.handoff").joinpath("distress.yml").read_text("utf-8")))
