"""Helper mode, put together with the conversations, where the citizen's words about it come before all others."""

from __future__ import annotations

import contextlib

from fastapi import FastAPI

from bot.assisting.asking import Asking
from bot.assisting.consents import Consents
from bot.background import forever, keep
from bot.dialogue.context import Context
from bot.dialogue.guide import Answered
from bot.dialogue.turn import Turns
from bot.handoff.clocks import load_clocks
from bot.handoff.directory import Directory
from bot.services import Services
from bot.stories.assisting import Assisting
from bot.submission.filing import Filing
from bot.underway import Heard

LOOK_SECONDS = 60.0


def connect_assisting(
    app: FastAPI, services: Services, filing: Filing, turns: Turns, stack: contextlib.AsyncExitStack
) -> None:
    """To be called before a person can have the word in a conversation: "no more" is always heard."""
    directory = Directory(services.store, load_clocks())
    app.state.assisting = Assisting(services, filing, Consents(services.store), directory.helper)
    asking = Asking(app.state.assisting.consents, app.state.assisting.describe)

    async def first(heard: Heard, context: Context) -> Answered | None:
        outcome = await asking.take(heard)
        return (outcome, context) if outcome else None

    turns.ask_first(first)
    end_due = app.state.assisting.consents.end_due
    keep(stack, lambda: forever(end_due, LOOK_SECONDS, "consents that are over cannot be ended"))
