"""Helper mode, put together with the conversations, where the citizen's words about it come before all others."""

from __future__ import annotations

import contextlib

from fastapi import FastAPI

from bot.assisting import page_routes
from bot.assisting.asking import Asking
from bot.assisting.consents import Consents
from bot.background import forever, keep
from bot.dialogue.context import Context
from bot.dialogue.guide import Answered
from bot.dialogue.turn import Turns
from bot.handoff.clocks import load_clocks
from bot.handoff.directory import Directory
from bot.jobs import public_base
from bot.services import Services
from bot.settings import Environment
from bot.stories.assisting import Assisting
from bot.stories.assisting_by_phone import ByPhone
from bot.submission.filing import Filing
from bot.underway import Heard

LOOK_SECONDS = 60.0


def connect_assisting(
    app: FastAPI, services: Services, filing: Filing, turns: Turns, stack: contextlib.AsyncExitStack
) -> None:
    """To be called before a person can have the word in a conversation: "no more" is always heard."""
    directory = Directory(services.store, load_clocks())
    app.state.assisting = Assisting(services, filing, Consents(services.store), directory.helper)
    app.state.assisting_by_phone = _by_phone(app, services, directory)
    app.include_router(page_routes.router)
    asking = Asking(app.state.assisting.consents, app.state.assisting.describe)

    async def first(heard: Heard, context: Context) -> Answered | None:
        outcome = await asking.take(heard)
        return (outcome, context) if outcome else None

    turns.ask_first(first)
    end_due = app.state.assisting.consents.end_due
    keep(stack, lambda: forever(end_due, LOOK_SECONDS, "consents that are over cannot be ended"))


def _by_phone(app: FastAPI, services: Services, directory: Directory) -> ByPhone:
    zalo = app.state.messengers.zalo
    base, settings = public_base(services.settings), services.settings
    if settings.env is Environment.PRODUCTION and not base.startswith("https://"):
        base = ""  # a dossier is opened behind it
    return ByPhone(services, app.state.assisting, zalo and zalo.phone, base, directory.by_phone)
