"""The one place where the parts are put together: `create_app(settings)`."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import AsyncIterator
from importlib import resources
from pathlib import Path

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles

from actions import all_actions
from bot import metrics, pages, privacy, problems, running
from bot.background import keep
from bot.channels import life_routes, routes
from bot.channels.limits import BodyLimit
from bot.desk import lookup_routes
from bot.dialogue import distinctions
from bot.dialogue.guide import Guide
from bot.dialogue.life import Life
from bot.dialogue.rasa import RasaDialogue, newest_model
from bot.dialogue.turn import Turns
from bot.events import Events
from bot.flows import Gateway, warn_of_expiry
from bot.genuine import routes as genuine_routes
from bot.jobs import public_base
from bot.outbox import Outbox
from bot.ratelimit import RateLimiter
from bot.services import Services
from bot.settings import Environment, Settings
from bot.store import open_store
from bot.stories.beside import connect_beside
from bot.stories.connecting import connect_one_stop
from bot.stories.connecting_assisting import connect_assisting
from bot.stories.connecting_broadcasts import connect_broadcasts
from bot.stories.connecting_helper_chats import connect_helper_chats
from bot.stories.connecting_payments import connect_payments
from bot.stories.helping import connect_helpers, install_desk
from bot.stories.messengers import connect_messengers
from bot.submission import sheet_routes
from bot.submission.after_filing import AfterFiling
from bot.submission.attachments import Attachments
from bot.submission.dossiers import Dossiers
from bot.submission.filing import Filing
from bot.submission.papers.expired import forget_expired
from bot.submission.papers.opening import opening as paper_opening
from bot.submission.papers.paging import Paging
from bot.submission.papers.shelf import FileShelf
from bot.submission.papers.work import paper_desk, paper_doors
from bot.submission.proof import Proofs
from bot.submission.sheet import Sheets
from bot.submission.visits import Visits
from bot.switches import Switches
from knowledge import advice, places
from knowledge.library import Library
from knowledge.working_days import VIETNAM

log = logging.getLogger(__name__)

REFRESH_SECONDS = 0.5  # how often a server looks whether an import has finished
SWEEP_SECONDS = 3600.0


def create_app(settings: Settings, library: Library | None = None) -> FastAPI:
    """The whole gateway; `library` may have been opened before.

    Its lifespan raises IndexMissing, IndexCorrupt, BadProcedure, BadFile, ModelMissing before anything is served.
    """
    app = FastAPI(
        title="Một Cửa",
        version="1",
        description="Trợ lý thủ tục hành chính: tra cứu và trò chuyện.",
        lifespan=lambda app: _lifespan(app, settings, library),
    )
    problems.install(app)
    app.add_middleware(BodyLimit, upload_bytes=settings.max_upload_bytes + 64 * 1024)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        expose_headers=["Retry-After"],
        max_age=3600,
    )
    app.include_router(routes.router)
    app.include_router(pages.router)
    app.include_router(life_routes.router)
    app.include_router(sheet_routes.router)
    app.include_router(lookup_routes.router)
    app.include_router(genuine_routes.router)
    install_desk(app)
    _mount_pages(app, settings)
    return app


def _mount_pages(app: FastAPI, settings: Settings) -> None:
    """The widget for every portal; the demo page wherever this is no production."""
    channels = Path(str(resources.files("bot.channels")))
    app.mount("/widget", GZipMiddleware(StaticFiles(directory=channels / "web_widget")), name="widget")
    if settings.env is not Environment.PRODUCTION:
        app.mount("/demo", GZipMiddleware(StaticFiles(directory=channels / "demo")), name="demo")


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI, settings: Settings, library: Library | None) -> AsyncIterator[None]:
    privacy.install_log_mask()
    async with contextlib.AsyncExitStack() as stack:
        services = await _build(app, settings, library or Library.open(settings.data_dir), stack)
        app.state.services = services
        await services.gateway.answer_what_was_left()
        await stack.enter_async_context(app.state.messengers.running())
        log.info(
            "ready: %d procedures, index %s",
            len(services.library.snapshot.catalogue),
            services.library.snapshot.generation,
        )
        try:
            yield
        finally:
            services.events.stop()
            await services.gateway.drain()


async def _build(app: FastAPI, settings: Settings, library: Library, stack: contextlib.AsyncExitStack) -> Services:
    store = await open_store(settings)
    stack.push_async_callback(store.close)
    events, switches = Events(), Switches(store)
    guide = Guide(settings.hotline)
    app.state.advice = advice.load(settings.data_dir)
    dialogue = await RasaDialogue.load(newest_model(settings.data_dir), all_actions(guide))
    dossiers, known_places = Dossiers(store, settings.draft_days), places.load()
    sheets = Sheets(store.keys, store.clock, settings.public_url)
    opening = await stack.enter_async_context(paper_opening(settings))
    filing = Filing(dossiers, lambda: library.snapshot.catalogue, known_places, sheets)
    visits = Visits(known_places, library.desks.of, Proofs(store.keys, public_base(settings)), store.clock)
    after = AfterFiling(filing, dossiers, visits, lambda: library.snapshot.catalogue, store.clock)
    attachments = Attachments(store, settings, opening.open)
    turns = Turns(
        dialogue,
        guide,
        paper_desk(after, filing, dossiers, attachments, opening, known_places, sheets),
        Life(app.state.advice, settings.public_url),
        library,
        switches,
        distinctions.load(),
        known_places,
        today=_today,
        hotline=settings.hotline,
    )
    gateway = Gateway(store, turns, events, settings.hotline)
    services = Services(
        settings=settings,
        store=store,
        library=library,
        gateway=gateway,
        events=events,
        switches=switches,
        attachments=attachments,
        limiter=RateLimiter(settings.rate_limit_per_minute),
        dialogue=dialogue,
        dossiers=dossiers,
    )
    app.state.messengers = await connect_messengers(app, services, stack)
    outbox = Outbox(store, app.state.messengers.senders)
    await stack.enter_async_context(outbox.running())
    store.on_outbox_grown(outbox.wake)
    services.outbox = outbox
    app.include_router(paper_doors(opening))
    connect_assisting(app, services, filing, turns, stack)
    one_stop = await connect_one_stop(app, services, outbox, after, turns, stack)
    cashier = await connect_payments(app, services, one_stop, filing, turns, stack)
    await connect_helpers(app, services, after, turns, known_places, cashier, stack)
    await connect_helper_chats(app, services, stack)
    connect_beside(services, turns)
    app.state.news = await connect_broadcasts(services, outbox, turns, known_places, stack)
    keep(stack, lambda: _follow_index(services))
    paging = Paging(dossiers, FileShelf(attachments, opening))
    keep(stack, lambda: _sweep(services, paging))
    running.announce(settings.data_dir, library.snapshot.generation)
    stack.callback(running.withdraw, settings.data_dir)
    metrics.procedures(len(library.snapshot.catalogue))
    return services


def _today() -> dt.date:
    """The day in Việt Nam: fees and time limits change at midnight there."""
    return dt.datetime.now(VIETNAM).date()


async def _follow_index(services: Services) -> None:
    """Takes over a newer index while serving; a broken one is reported and the old one kept."""
    data_dir = services.settings.data_dir
    while True:
        await asyncio.sleep(REFRESH_SECONDS)
        try:
            if await asyncio.to_thread(services.library.refresh_if_changed):
                snapshot = services.library.snapshot
                running.announce(data_dir, snapshot.generation)
                metrics.procedures(len(snapshot.catalogue))
                log.info("index %s taken over, %d procedures", snapshot.generation, len(snapshot.catalogue))
        except Exception:
            log.exception("a newer index could not be taken over; the old one is still used")
            await asyncio.sleep(30)


async def _sweep(services: Services, paging: Paging) -> None:
    """Erases what is older than the retention time, once an hour."""
    while True:
        try:
            now = dt.datetime.now(dt.UTC)
            await forget_expired(services.dossiers, paging, now)
            swept = await services.store.sweep(now, services.settings.retention_days)
            if swept:
                log.info("retention: %d conversations erased", swept)
            await warn_of_expiry(services.gateway, services.dossiers)
        except Exception:
            log.exception("the retention sweep failed; it is tried again in an hour")
        await asyncio.sleep(SWEEP_SECONDS)
