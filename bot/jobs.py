"""Durable work beside the conversations: handing dossiers over, following them, telling what has changed.

Queues in our own tables, with leases, rather than DBOS: a hand-over, what is known of a dossier and the notice about
it must change in one transaction with the citizen's data, be sealed like them, and go when they are erased.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
from fastapi import APIRouter
from starlette.types import ASGIApp

from bot.background import keep
from bot.quiet_hours import QuietHours
from bot.settings import Environment, OneStopProtocol, Settings
from bot.store import Store
from bot.submission.one_stop import routes
from bot.submission.one_stop.agency_files import AgencyFiles
from bot.submission.one_stop.dvc_sync import DvcSync, DvcSyncAccess
from bot.submission.one_stop.exchange import Exchange, ExchangeAccess
from bot.submission.one_stop.following import Following
from bot.submission.one_stop.handovers import HandoverNotes, Handovers
from bot.submission.one_stop.looking_up import LookUp
from bot.submission.one_stop.notices import Announce, Notices, Wake
from bot.submission.one_stop.protocol import OneStop, Unavailable
from bot.submission.one_stop.sending import HandingOver
from bot.submission.one_stop.sentences import Teller
from bot.submission.one_stop.wire import Wire
from bot.submission.proof import Proofs

log = logging.getLogger(__name__)

SANDBOX_PATH = "/sandbox/one-stop"
IDLE_SECONDS = 5.0  # how late work written by another process is noticed
FOLLOW_SECONDS = 5.0
FOLLOW_AT_ONCE = 8
AFTER_TROUBLE_SECONDS = 15.0


@dataclass(frozen=True)
class OneStopWork:
    """What the stories use: put a hand-over into `handovers`, ask `look_up`, mount `router`."""

    handovers: Handovers
    following: Following
    notices: Notices
    look_up: LookUp
    teller: Teller
    router: APIRouter
    one_stop: OneStop | None  # None: no system is connected, so nothing may be put into `handovers`
    moved: Callable[[str], Awaitable[None]] | None = None  # to be called with the code of a dossier that has moved


@dataclass(frozen=True)
class SandboxAccess:
    """Our own sandbox, reached without a network: its app and what it lets in."""

    app: ASGIApp
    user: str
    password: str
    unit: str


@contextlib.asynccontextmanager
async def one_stop_work(
    settings: Settings, store: Store, announce: Announce, wake: Wake, sandbox: SandboxAccess | None = None
) -> AsyncIterator[OneStopWork]:
    """Works while the block runs; leaving it lets an attempt under way be taken over by the next start.

    `announce(conversation_id)` tells open pages, `wake(channel)` the outbox. `sandbox` is used when no address is set.
    """
    async with contextlib.AsyncExitStack() as stack:
        work, handing_over = await _build(settings, store, announce, wake, sandbox, stack)
        bell, hurry = asyncio.Event(), asyncio.Event()
        work.handovers.on_grown(bell.set)

        async def moved(code: str) -> None:
            await work.following.hasten(code)
            hurry.set()

        keep(stack, lambda: tell(work.notices))
        keep(stack, lambda: follow(work.following, work.one_stop, hurry))
        if handing_over:
            handing_over.moved = moved
            await handing_over.recover_at_start()
            keep(stack, lambda: hand_over(handing_over, work.handovers, bell))
        yield dataclasses.replace(work, moved=moved)


async def _build(
    settings: Settings,
    store: Store,
    announce: Announce,
    wake: Wake,
    sandbox: SandboxAccess | None,
    stack: contextlib.AsyncExitStack,
) -> tuple[OneStopWork, HandingOver | None]:
    base = public_base(settings)
    files = AgencyFiles(store, settings.attachments_dir, base)
    one_stop = await _connect(settings, store, files, sandbox, stack)
    teller, queue = Teller(settings.hotline, Proofs(store.keys, base)), Handovers(store)
    notices = Notices(store, QuietHours.parse(settings.quiet_hours), announce, wake)
    following = Following(store, notices, teller, timedelta(minutes=settings.one_stop_poll_minutes))
    secret = settings.one_stop_notice_secret.get_secret_value()
    work = OneStopWork(
        handovers=queue,
        following=following,
        notices=notices,
        look_up=LookUp(store, one_stop, following, queue, teller),
        teller=teller,
        router=routes.create_router(files, following, secret, trusted_hosts(settings)),
        one_stop=one_stop,
    )
    handing_over = HandingOver(store, queue, one_stop, following, notices, teller) if one_stop else None
    return work, handing_over


async def _connect(
    settings: Settings,
    store: Store,
    files: AgencyFiles,
    sandbox: SandboxAccess | None,
    stack: contextlib.AsyncExitStack,
) -> OneStop | None:
    """The adapter; None when there is no address and this is no demonstration."""
    if settings.one_stop_base:
        client = await stack.enter_async_context(httpx.AsyncClient(follow_redirects=False))
        return adapter(settings, Wire(client, settings.one_stop_base), store, files)
    if sandbox is None or settings.env is not Environment.DEMO:
        return None
    transport = httpx.ASGITransport(app=sandbox.app, raise_app_exceptions=False)
    client = await stack.enter_async_context(httpx.AsyncClient(transport=transport))
    known = {"one_stop_user": sandbox.user, "one_stop_password": sandbox.password, "one_stop_unit": sandbox.unit}
    # model_copy does not validate, so the password is put in as the settings hold it
    known["one_stop_password"] = type(settings.one_stop_password)(sandbox.password)
    return adapter(settings.model_copy(update=known), Wire(client, "http://sandbox"), store, files)


def adapter(settings: Settings, wire: Wire, store: Store, files: AgencyFiles) -> OneStop:
    """The one that speaks the protocol of the settings."""
    user, password = settings.one_stop_user, settings.one_stop_password.get_secret_value()
    notes, unit = HandoverNotes(store), settings.one_stop_unit
    if settings.one_stop_protocol is OneStopProtocol.DVC_SYNC:
        return DvcSync(wire, DvcSyncAccess(user, password, unit), notes, files)
    access = ExchangeAccess(
        username=user,
        password=password,
        unit=unit,
        destination=unit,
        auth_path=settings.one_stop_auth_path,
        integration_path=settings.one_stop_integration_path,
    )
    return Exchange(wire, access, notes, files, trusted_hosts(settings))


def public_base(settings: Settings) -> str:
    """Where this server is reached; in a demonstration at least from this machine."""
    if settings.public_url or settings.env is Environment.PRODUCTION:
        return settings.public_url
    return f"http://localhost:{settings.port}"


def trusted_hosts(settings: Settings) -> frozenset[str]:
    """Hosts whose addresses of results are passed on to citizens, besides .gov.vn."""
    places = [settings.one_stop_base, "" if settings.env is Environment.PRODUCTION else public_base(settings)]
    return frozenset(host for place in places if (host := urlsplit(place).netloc))


# ---- the loops


async def hand_over(handing_over: HandingOver, queue: Handovers, bell: asyncio.Event) -> None:
    """Hands over whatever is due, at once when something is put in."""
    while True:
        bell.clear()  # before looking: what is put in from here on rings again
        pause = await _look(handing_over, queue)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await bell.wait()


async def _look(handing_over: HandingOver, queue: Handovers) -> float:
    """One look; how long nothing else will have to be done."""
    try:
        if await handing_over.hand_over_due():
            return 0.0
        due = await queue.next_due_in()
    except Exception:
        log.exception("hand-overs cannot be read; tried again")
        return AFTER_TROUBLE_SECONDS
    return IDLE_SECONDS if due is None else min(due.total_seconds() + 0.01, IDLE_SECONDS)


async def follow(following: Following, one_stop: OneStop | None, hurry: asyncio.Event) -> None:
    """Asks about dossiers under way, at once when one is said to have moved, and apologises for those that are late."""
    while True:
        hurry.clear()
        looked_at = await _survive(lambda: follow_due(following, one_stop), "dossiers cannot be followed")
        if looked_at != FOLLOW_AT_ONCE:  # else more are due: none waits for its turn longer than it must
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FOLLOW_SECONDS):
                    await hurry.wait()


async def follow_due(following: Following, one_stop: OneStop | None) -> int:
    """One look at what is due; how many dossiers that were."""
    due = await following.due(FOLLOW_AT_ONCE)
    answered = await asyncio.gather(*(_follow_one(following, one_stop, one.reference) for one in due))
    silent = answered.count(False)
    if silent:
        log.warning("the one-stop system told no progress of %d dossiers of %d", silent, len(due))
    return len(due)


async def _follow_one(following: Following, one_stop: OneStop | None, reference: str) -> bool:
    """Whether its system answered; without an answer a day that has passed is noticed all the same."""
    told, has_answered = None, True
    try:
        told = await one_stop.progress(reference) if one_stop else None
    except Unavailable:
        has_answered = False
    except Exception:
        log.exception("asking about dossier %s failed unexpectedly", reference)
    try:
        await following.record(reference, told)
    except Exception:  # of this dossier: it does not keep the others from being followed
        log.exception("dossier %s cannot be followed; tried again", reference)
    return has_answered


async def tell(notices: Notices) -> None:
    """Tells what has become due."""
    while True:
        await _survive(notices.tell_due, "notices cannot be told")
        await asyncio.sleep(1.0)


async def _survive(work: Callable[[], Awaitable[int]], trouble: str) -> int:
    try:
        return await work()
    except Exception:
        log.exception("%s; tried again", trouble)
        await asyncio.sleep(AFTER_TROUBLE_SECONDS)
        return 0
