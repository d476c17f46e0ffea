"""The stories that cross rooms: what happens to a citizen's message from the door to the reply."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta

from bot import metrics
from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply, Turn
from bot.conversation import Memory
from bot.dialogue.context import Context
from bot.dialogue.turn import Turns
from bot.events import Events
from bot.handoff.case import Reason
from bot.store import Conversation, Received, Store
from bot.stories.helped_elsewhere import HelpedElsewhere
from bot.stories.offering import Offering
from bot.submission import telling
from bot.submission.dossiers import Dossiers
from bot.turn_order import TurnOrder
from bot.wording import say

log = logging.getLogger(__name__)

WARN_BEFORE = timedelta(days=3)  # before a draft is deleted


class Gateway:
    """Every channel hands its verified messages in here; nothing is acted on before it is stored."""

    def __init__(self, store: Store, turns: Turns, events: Events, hotline: str) -> None:
        self._store, self._turns, self._events, self._hotline = store, turns, events, hotline
        self._order = TurnOrder()
        self._tasks: set[asyncio.Task] = set()
        self._offering: Offering | None = None
        self._elsewhere: HelpedElsewhere | None = None

    def offer_people_by(self, offering: Offering) -> None:
        """From now on a person is offered beside outcomes that should not stand alone."""
        self._offering = offering

    def mind_other_channels_by(self, elsewhere: HelpedElsewhere) -> None:
        """From now on a citizen is told where a person has the word in another of their channels."""
        self._elsewhere = elsewhere

    async def on_message(self, conversation: Conversation, inbound: Inbound, deliver: bool = False) -> Outcome:
        """Stores, answers and returns the outcome; a second copy of a message returns the first outcome.

        `deliver` puts the replies into the outbox (channels that are pushed to). A caller that goes away
        does not stop the turn: what was stored will be answered.
        """
        task = asyncio.create_task(self._handle(conversation, inbound, deliver))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def answer_what_was_left(self) -> int:
        """After a crash: stored messages that got no answer are answered now, oldest first; returns how many."""
        left = await self._store.unanswered()
        for cut_off in left:
            await self._turn(cut_off.conversation, cut_off.inbound, cut_off.received, deliver=True)
        return len(left)

    async def drain(self) -> None:
        """Waits for the turns under way, at shutdown."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=20)

    async def _handle(self, conversation: Conversation, inbound: Inbound, deliver: bool) -> Outcome:
        return await self._order.store_then_turn(
            conversation.id,
            lambda: self._store.receive(conversation.id, inbound),
            lambda received: self._turn(conversation, inbound, received, deliver),
        )

    async def _turn(self, conversation: Conversation, inbound: Inbound, received: Received, deliver: bool) -> Outcome:
        if not received.is_new:
            # The first copy's turn has ended by now, unless its citizen had everything erased meanwhile.
            return (
                received.earlier or await self._store.outcome(received.conversation_id, received.seq) or _nothing_left()
            )
        started = time.perf_counter()
        memory = await self._store.memory(conversation.id)
        outcome, context = await self._take(conversation.id, inbound, memory)
        if outcome.erases:
            await self._erase(conversation.id, outcome.erases_linked)
        await self._store.answer(
            conversation.id, received.seq, outcome, context.model_dump(mode="json"), deliver=deliver
        )
        metrics.turn(outcome.turn.kind, inbound.channel, time.perf_counter() - started)
        await self._announce(conversation.id)
        return outcome

    async def _erase(self, conversation_id: str, is_everywhere: bool) -> None:
        """Before it is said: whoever reads "it is erased" can rely on it. The other channels' ends come first, so
        that a crash in between leaves this one, where the citizen can ask again."""
        linked = await self._store.linked(conversation_id) if is_everywhere else []
        for other in linked:
            await self._store.erase(other)
        await self._store.erase(conversation_id)

    async def _take(self, conversation_id: str, inbound: Inbound, memory: Memory) -> tuple[Outcome, Context]:
        context = Context.model_validate(memory.context)
        try:
            answered = await self._turns.take(conversation_id, inbound, context)
            if self._elsewhere and inbound.text and memory.is_linked:
                answered = await self._elsewhere.beside(conversation_id, context, answered)
            return await self._offering.beside(inbound.text, context, answered) if self._offering else answered
        except Exception:
            # The one catch-all of this road: the citizen gets an honest sentence, the operator the trace.
            log.exception("a turn failed")
            metrics.failed_turn()
            text = say("trouble", hotline=self._hotline)
            return await self._with_offer(Outcome(replies=(Reply(text=text),), turn=Turn(kind="handoff")), context)

    async def _with_offer(self, outcome: Outcome, context: Context) -> tuple[Outcome, Context]:
        try:
            return await self._offering.offer(Reason.error, outcome, context) if self._offering else (outcome, context)
        except Exception:  # the trouble itself, most likely
            log.exception("a person could not be offered")
            return outcome, context

    async def _announce(self, conversation_id: str) -> None:
        """Tells open pages that the history has grown; they fetch what they have not seen."""
        await self._events.publish(conversation_id)

    async def push(self, conversation_id: str, reply: Reply) -> None:
        """A message of ours that no turn caused (a helper's words), in this very conversation."""
        await self._store.push(conversation_id, reply)
        await self._announce(conversation_id)

    async def notify(self, conversation_id: str, reply: Reply) -> None:
        """A notice: told where the citizen answered last, in whichever channel that is."""
        where = await self._store.where_to_tell(conversation_id)
        await self._store.push(where, reply, is_notice=True)
        await self._announce(where)


async def warn_of_expiry(gateway: Gateway, dossiers: Dossiers) -> int:
    """Tells whose drafts will soon be deleted; how many. Killed in between, one may be told twice, none is left out."""
    expiring = await dossiers.expiring(WARN_BEFORE)
    for dossier in expiring:
        await gateway.notify(dossier.conversation_id, telling.expires_soon(dossier))
        await dossiers.warned(dossier)
    return len(expiring)


def _nothing_left() -> Outcome:
    return Outcome(replies=(Reply(text=say("forgotten")),), turn=Turn(kind="small_talk"))
