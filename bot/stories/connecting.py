"""The rooms that work with the world outside, put together: the agency's one-stop system and the payment platforms."""

from __future__ import annotations

import contextlib
import logging

from fastapi import FastAPI

from bot.dialogue.context import Context
from bot.dialogue.guide import Answered
from bot.dialogue.turn import Turns
from bot.jobs import OneStopWork, SandboxAccess, one_stop_work, public_base
from bot.outbox import Outbox
from bot.services import Services
from bot.settings import Environment
from bot.submission import my_dossiers_routes, proof_routes
from bot.submission.after_filing import AfterFiling
from bot.submission.handing_in import HandingIn
from bot.submission.my_dossiers import MyDossiers
from bot.submission.one_stop import wishes
from bot.submission.one_stop.formats import find_dossier_code, is_code_alone
from bot.submission.proof import Proofs
from bot.underway import Heard

log = logging.getLogger(__name__)


async def connect_one_stop(
    app: FastAPI, services: Services, outbox: Outbox, after: AfterFiling, turns: Turns, stack: contextlib.AsyncExitStack
) -> OneStopWork:
    """Consent hands a dossier over, and "tới đâu rồi" is asked where the dossier is, while the stack is open."""
    store, publish = services.store, services.events.publish
    sandbox = _sandbox(app, services)
    work = await stack.enter_async_context(one_stop_work(services.settings, store, publish, outbox.wake, sandbox))
    app.include_router(work.router)
    if work.one_stop is not None:
        after.filing.hand_over_through(HandingIn(services.dossiers, work.handovers, services.attachments))

    after.follow(services.attachments, work.handovers, work.following, work.teller)
    _know_the_wards(services, after)
    _open_doors(app, services, work, after)
    if sandbox is not None:
        sandbox.app.state.on_moved = work.moved

    async def status(heard: Heard, answered: Answered) -> Answered | None:
        text = heard.text or ""
        outcome = await work.look_up.status(text, heard.conversation_id) or await after.unsent(text, heard)
        if outcome is None and find_dossier_code(text) is None:
            outcome = work.look_up.which()
        return (outcome, answered[1]) if outcome else None

    async def code_alone(heard: Heard, context: Context) -> Answered | None:
        if context.is_asked or not is_code_alone(heard.text or ""):
            return None
        outcome = await work.look_up.status(heard.text, heard.conversation_id)
        return (outcome, context) if outcome else None

    async def wish(heard: Heard, context: Context) -> Answered | None:
        outcome = await wishes.obey(store, heard)
        return (outcome, context) if outcome else None

    turns.hand_to("status", status)
    turns.ask_first(wish)
    turns.ask_first(code_alone)
    return work


def _know_the_wards(services: Services, after: AfterFiling) -> None:
    """An address that no desk of the operator's list answers for is told before the dossier is sent."""
    wards, desks = after.visits.places, services.library.desks

    def serves(key: str) -> bool:
        ward = wards.ward(key)
        return ward is None or desks.serves(ward.name, ward.province)

    after.filing.outcomes.serve_only(serves)


def _open_doors(app: FastAPI, services: Services, work: OneStopWork, after: AfterFiling) -> None:
    """The citizen's own list, and the pages behind links that prove themselves."""
    settings, store = services.settings, services.store
    proofs = Proofs(store.keys, public_base(settings))
    mine = MyDossiers(store, services.dossiers, work.following, work.handovers, work.teller, proofs)
    app.include_router(my_dossiers_routes.create_router(mine))
    app.include_router(proof_routes.create_router(proofs, work.following, after.visits, settings.hotline))


def _sandbox(app: FastAPI, services: Services) -> SandboxAccess | None:
    """Our own one-stop system where a demonstration has no other; elsewhere its address does not exist."""
    settings = services.settings
    if settings.env is not Environment.DEMO or settings.one_stop_base:
        return None
    from bot.sandbox import one_stop  # a server of the real world never loads it

    mounted = one_stop.mount(app, settings.data_dir / "sandbox", public_base(settings), is_demo=True)
    return SandboxAccess(mounted, one_stop.USER, one_stop.PASSWORD, one_stop.UNIT) if mounted else None
