"""A room of the desk served without the rest: somebody is signed in whose role a test chooses."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI

from bot import problems
from bot.desk import case_routes, doors_routes
from bot.desk.doors_routes import SignedIn, signed_in_anyhow
from bot.events import Events
from bot.handoff.audit import Audit
from bot.handoff.case import Case
from bot.handoff.clocks import Tier
from bot.handoff.people import Helper, Role, Team
from bot.submission.attachments import Attachments
from bot.submission.dossiers import Dossiers
from tests.handoff.world import World


def somebody(role: Role = Role.province_admin) -> Helper:
    team = Team("t" * 32, Tier.ward, "Một cửa tỉnh", "Tỉnh Đắk Lắk", "", (), "")
    return Helper("h" * 32, role, team, "Phạm Thu", "0912345678")


class Present:
    """Who is signed in just now."""

    def __init__(self, helper: Helper | None = None) -> None:
        self.helper = helper or somebody()

    def signed_in(self) -> SignedIn:
        account: Any = SimpleNamespace(must_change=False, must_enrol=False, helper=self.helper)
        return SignedIn(account, SimpleNamespace(form_token="form"))


class Seated:
    """A room of the desk in which a test says who sits there."""

    present: Present

    @property
    def me(self) -> Helper:
        return self.present.helper

    @me.setter
    def me(self, helper: Helper) -> None:
        self.present.helper = helper


@contextlib.asynccontextmanager
async def served(
    routes: ModuleType | Sequence[ModuleType], present: Present, **state: Any
) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    for one in [routes] if isinstance(routes, ModuleType) else routes:
        app.include_router(one.router)
    doors_routes.install(app)
    problems.install(app)
    for name, value in state.items():
        setattr(app.state, name, value)
    app.dependency_overrides[signed_in_anyhow] = present.signed_in
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers={"Accept": "text/html"}) as http:
        yield http


@dataclass
class CaseRoom:
    """The pages of a case over a peopled ward; `present` is who reads them."""

    world: World
    http: httpx.AsyncClient
    present: Present
    desk: SimpleNamespace
    services: SimpleNamespace


@contextlib.asynccontextmanager
async def case_room(world: World, routes: ModuleType, reader: Helper, library: Any) -> AsyncIterator[CaseRoom]:
    """The case's own page and these routes beside it."""
    store, present = world.store, Present(reader)

    async def holder(case: Case) -> str:
        return ""

    desk = SimpleNamespace(
        audit=Audit(store),
        cases=world.cases,
        directory=world.directory,
        talking=world.talking,
        taking=world.taking,
        escalation=SimpleNamespace(name_of=holder),
    )
    services = SimpleNamespace(
        store=store,
        attachments=Attachments(store, store.settings),
        dossiers=Dossiers(store, 30),
        library=SimpleNamespace(snapshot=library),
        settings=store.settings,
        events=Events(),
    )
    async with served((case_routes, routes), present, desk=desk, services=services) as http:
        yield CaseRoom(world, http, present, desk, services)
