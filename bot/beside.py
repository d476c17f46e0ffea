"""The rooms that stand beside the procedures, put together: links between channels."""

from __future__ import annotations

from bot.dialogue import controls
from bot.dialogue.context import Context
from bot.dialogue.guide import Answered
from bot.dialogue.turn import Turns
from bot.linking.linking import Linking
from bot.linking.links import Links
from bot.services import Services
from bot.underway import Heard


def connect_beside(services: Services, turns: Turns) -> None:
    """From now on these rooms take the messages that are theirs."""
    store = services.store
    linking = Linking(Links(store), services.events.publish, store.ring, _is_erasure)

    async def link(heard: Heard, context: Context) -> Answered | None:
        done = await linking.take(heard)
        if done is None:
            return None
        outcome, memory = done
        if outcome.erases:
            return outcome, Context()
        if memory is not None and context.underway is None:  # a journey begun here is not left for the other one
            context = Context.model_validate(await store.context(memory))
        return outcome, context

    turns.ask_first(link)


def _is_erasure(text: str) -> bool:
    return isinstance(controls.read_text(text), controls.EraseData)
