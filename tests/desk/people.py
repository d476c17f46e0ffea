"""Helpers with accounts on the served gateway, in a province that no other test speaks of."""

from __future__ import annotations

import asyncio
import re
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.handoff.accounts import Accounts
from bot.handoff.audit import Audit, Entry
from bot.handoff.clocks import load_clocks
from bot.handoff.directory import Directory
from bot.handoff.people import Role
from bot.handoff.team_list import TeamList
from bot.settings import Settings
from bot.store import open_store
from tests.gateway import Citizen
from tests.handoff.world import listed

PROVINCE, WARD, OTHER_WARD = "Tỉnh Đồng Tháp", "Phường Sa Đéc", "Phường Cao Lãnh"
TELLS_WARD = "phường Sa Đéc, Đồng Tháp"
PASSWORD = "mot-mat-khau-dai"
SEN, TRAM, DUA, LEAD = "0933000001", "0933000002", "0933000003", "0933000004"
HERE = {"province": PROVINCE, "ward": WARD}
PEOPLE = (
    listed(SEN, "Chị Sen", "Tổ Sa Đéc", **HERE),
    listed(TRAM, "Anh Tràm", "Tổ Sa Đéc", **HERE),
    listed(LEAD, "Cô Lan", "Tổ Sa Đéc", role=Role.team_lead, **HERE),
    listed(DUA, "Anh Dừa", "Tổ Cao Lãnh", province=PROVINCE, ward=OTHER_WARD),
)


def in_its_own_loop(work):
    """The result of a coroutine function, whichever loop runs here."""
    results = []
    thread = threading.Thread(target=lambda: results.append(asyncio.run(work())))
    thread.start()
    thread.join()
    return results[0]


@dataclass
class People:
    settings: Settings

    async def settle(self) -> bool:
        store = await open_store(self.settings)
        directory = Directory(store, load_clocks())
        await directory.replace(TeamList(PEOPLE, ()))
        for person in PEOPLE:
            helper = await directory.by_phone(person.phone)
            await Accounts(store, directory).give_password(helper, PASSWORD, must_change=False)
        await store.close()
        return True

    def audit(self) -> list[Entry]:
        async def work() -> list[Entry]:
            store = await open_store(self.settings)
            entries = await Audit(store).newest()
            await store.close()
            return entries

        return in_its_own_loop(work)


@dataclass
class Helper:
    """One helper's browser without a screen."""

    http: httpx.Client
    form_token: str = ""

    def signs_in(self, phone: str, password: str = PASSWORD, code: str = "") -> httpx.Response:
        answer = self.http.post("/desk/vao", data={"phone": phone, "password": password, "code": code})
        if answer.status_code == 303:
            found = re.search(r'form-token" content="([^"]+)"', self.http.get("/desk/tai-khoan").text)
            self.form_token = found[1]
        return answer

    def post(self, path: str, **form: object) -> httpx.Response:
        return self.http.post(path, data={"form_token": self.form_token, **form})

    def sends(self, path: str, **body: object) -> httpx.Response:
        return self.http.post(path, json=body, headers={"X-Form-Token": self.form_token})

    def cases(self) -> list[str]:
        return re.findall(r'href="(/desk/cases/\w+)"', self.http.get("/desk/hang-cho").text)


def a_browser(base: str) -> Helper:
    return Helper(httpx.Client(base_url=base, timeout=30, headers={"Accept": "text/html"}))


def called(citizen: Citizen) -> Citizen:
    citizen.says("gặp người hỗ trợ")
    citizen.says(TELLS_WARD)
    return citizen


def another(citizen: Citizen) -> Citizen:
    return Citizen(citizen.http).start()


def message_id() -> str:
    return uuid.uuid4().hex


@pytest.fixture(scope="module")
def people(gateway: str, prepared_dir: Path) -> People:
    found = People(Settings(_env_file=None, env="test", data_dir=prepared_dir, database_url=""))
    assert in_its_own_loop(found.settle)
    return found


@pytest.fixture
def sen(gateway: str, people: People) -> Iterator[Helper]:
    helper = a_browser(gateway)
    assert helper.signs_in(SEN).status_code == 303
    yield helper
    helper.http.close()
