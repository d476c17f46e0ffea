"""People who help, put together with the rest: cases in the conversation, clocks beside it, the desk's doors."""

from __future__ import annotations

import contextlib
import logging

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from bot.background import forever, keep
from bot.desk import (
    assisting_consent_routes,
    assisting_routes,
    broadcast_routes,
    case_routes,
    corrections_routes,
    doors_routes,
    figures_routes,
    files_routes,
    money_routes,
    oidc_routes,
    pages,
    petition_routes,
    questions_routes,
    queue_routes,
    sign_in_routes,
    talk_routes,
)
from bot.desk.board import Board
from bot.desk.parts import DeskParts
from bot.dialogue.context import Context
from bot.dialogue.filing_protocol import Filing
from bot.dialogue.guide import Answered
from bot.dialogue.turn import Turns
from bot.handoff.accounts import Accounts
from bot.handoff.audit import Audit
from bot.handoff.case import Case
from bot.handoff.cases import Cases
from bot.handoff.clocks import load_clocks
from bot.handoff.directory import Directory
from bot.handoff.ringing import Ringing
from bot.handoff.statistics import Statistics
from bot.handoff.taking import Taking
from bot.handoff.talking import Talking
from bot.handoff.voice import Voice
from bot.services import Services
from bot.settings import Environment
from bot.settled import Settled
from bot.stories.areas import Areas
from bot.stories.escalation import Escalation
from bot.stories.helped_elsewhere import HelpedElsewhere
from bot.stories.offering import Offering
from bot.stories.paying import Cashier
from bot.stories.reindexing import Reindexing
from bot.stories.teaching import Teaching
from bot.underway import Heard
from knowledge.places import Places
from knowledge.working_days import VIETNAM

log = logging.getLogger(__name__)

RING_SECONDS = 5.0
DOORS = (
    sign_in_routes,
    oidc_routes,
    queue_routes,
    case_routes,
    corrections_routes,
    talk_routes,
    files_routes,
    figures_routes,
    money_routes,
    assisting_routes,
    assisting_consent_routes,
    petition_routes,
    questions_routes,
    broadcast_routes,
)


def install_desk(app: FastAPI) -> None:
    """The desk's doors; what they work with is known once `connect_helpers` has run."""
    for routes in DOORS:
        app.include_router(routes.router)
    app.mount("/desk/static", StaticFiles(directory=pages.STATIC), name="desk")
    doors_routes.install(app)


async def connect_helpers(
    app: FastAPI,
    services: Services,
    filing: Filing,
    turns: Turns,
    places: Places,
    cashier: Cashier,
    stack: contextlib.AsyncExitStack,
) -> None:
    """Cases are opened, told and shown while the stack is open."""
    parts, offering = _put_together(services, filing, places, cashier)
    app.state.desk = parts
    app.state.oidc = await stack.enter_async_context(oidc_routes.provider(services.settings, services.store.clock))
    app.state.teaching = _teaching(services, parts.areas, stack)
    escalation: Escalation = parts.escalation

    async def first(heard: Heard, context: Context) -> Answered | None:
        return await escalation.first(heard, context)

    turns.ask_first(first)
    elsewhere = HelpedElsewhere(services.store, parts.cases, parts.taking, parts.directory)

    async def called(heard: Heard, answered: Answered) -> Answered:
        return await elsewhere.instead_of_another(heard, answered) or await escalation.called(heard, answered)

    turns.hand_to("handoff", called)
    turns.ask_first(elsewhere.pressed)
    services.gateway.mind_other_channels_by(elsewhere)
    services.gateway.offer_people_by(offering)
    cashier.hand_troubles_to(escalation.on_trouble)
    ringing = Ringing(
        parts.cases,
        parts.taking,
        parts.clocks,
        services.store.clock,
        escalation.close_idle,
        escalation.desk_of,
        services.settings.hotline,
    )

    async def ring() -> int:
        await ringing.ring_due()
        return 0  # clocks count in minutes: a look every few seconds is soon enough, whatever was heard

    keep(stack, lambda: forever(ring, RING_SECONDS, "the clocks of cases cannot be read"))
    stack.callback(parts.board.stop)
    if services.settings.env is Environment.DEMO:
        from bot.stories.demo_desk import make_demo_team  # a server of the real world never loads it

        await make_demo_team(services.settings, parts.directory, parts.accounts, places)


def _teaching(services: Services, areas: Areas, stack: contextlib.AsyncExitStack) -> Teaching:
    library, data_dir = services.library, services.settings.data_dir
    made = Teaching(services.store, library, Settled(data_dir), Reindexing(data_dir, library), areas.told)
    stack.push_async_callback(made.stop)
    return made


def _put_together(services: Services, filing: Filing, places: Places, cashier: Cashier) -> tuple[DeskParts, Offering]:
    store, clocks, board = services.store, load_clocks(), Board[Case]()
    directory, cases = Directory(store, clocks), Cases(store)
    voice = Voice(store, services.events.publish, store.ring)
    taking = Taking(store, clocks, voice, cases, lambda code: _sector(services, code))
    taking.on_change(board.tell)
    talking = Talking(store, clocks, voice, cases, board.tell)
    hotline = services.settings.hotline
    escalation = Escalation(
        store,
        clocks,
        directory,
        cases,
        taking,
        talking,
        filing,
        services.dossiers,
        services.library,
        places,
        today=lambda: store.clock().astimezone(VIETNAM).date(),
        hotline=hotline,
    )
    parts = DeskParts(
        keys=store.keys,
        directory=directory,
        cases=cases,
        taking=taking,
        talking=talking,
        accounts=Accounts(store, directory),
        audit=Audit(store),
        statistics=Statistics(store),
        escalation=escalation,
        clocks=clocks,
        board=board,
        money=cashier.decisions,
        areas=Areas(store, services.dossiers, places),
        is_encrypted=services.settings.public_url.startswith("https://"),
    )
    return parts, Offering(escalation, directory, clocks, store.clock, hotline)


def _sector(services: Services, code: str | None) -> str:
    procedure = services.library.snapshot.catalogue.get(code) if code else None
    return procedure.sector or "" if procedure else ""
