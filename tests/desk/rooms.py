"""A room of the desk served without the rest: somebody is signed in whose role a test chooses."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI

from bot import problems
from bot.desk import doors_routes
from bot.desk.doors_routes import SignedIn, signed_in_anyhow
from bot.handoff.clocks import Tier
from bot.handoff.people import Helper, Role, Team


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


@contextlib.asynccontextmanager
async def served(routes: ModuleType, present: Present, **state: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(routes.router)
    doors_routes.install(app)
    problems.install(app)
    for name, value in state.items():
        setattr(app.state, name, value)
    app.dependency_overrides[signed_in_anyhow] = present.signed_in
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers={"Accept": "text/html"}) as http:
        yield http
