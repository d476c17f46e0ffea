"""The doors for the agency open for the agency alone, and believe nothing that does not fit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from bot.conversation import Conversation
from bot.sandbox.one_stop_records import Records
from bot.settings import Settings
from bot.store import Store
from bot.submission.attachments import Attachment, Attachments
from bot.submission.dossier import Status
from bot.submission.one_stop.agency_files import AgencyFiles
from bot.submission.one_stop.routes import create_router
from tests.clock import Clock
from tests.submission.one_stop.world import World
from tests.uploads import JPEG, upload

SECRET = "agency-secret"
AUTH = {"Authorization": f"Bearer {SECRET}"}


@pytest.fixture
def files(store: Store, settings: Settings) -> AgencyFiles:
    return AgencyFiles(store, settings.attachments_dir, "https://motcua.example.gov.vn")


@pytest.fixture
async def door(world: World, files: AgencyFiles) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(world, files, SECRET) as client:
        yield client


def opened(world: World, files: AgencyFiles, secret: str) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(create_router(files, world.following, secret, frozenset()))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://motcua.example.gov.vn")


@pytest.fixture
async def photo(store: Store, settings: Settings, citizen: Conversation) -> Attachment:
    return await Attachments(store, settings).accept(citizen.id, "giấy chứng sinh.jpg", upload(JPEG))


async def test_the_agency_fetches_a_file_by_its_address(
    door: httpx.AsyncClient, files: AgencyFiles, photo: Attachment
) -> None:
    answer = await door.get(files.link(photo.id))
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, JPEG, "image/jpeg")
    assert "attachment" in answer.headers["content-disposition"]


@pytest.mark.parametrize("change", [{"proof": "0" * 64}, {"proof": ""}, {"until": "99999999999"}, {"until": "x"}, {}])
async def test_a_forged_address_opens_nothing(
    door: httpx.AsyncClient, files: AgencyFiles, photo: Attachment, change: dict[str, str], clock: Clock
) -> None:
    parts = urlsplit(files.link(photo.id))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | change
    path = parts.path if change else "/one-stop/files/" + "a" * 32  # the proof of another file
    assert (await door.get(path, params=query)).status_code == 404


async def test_an_address_ends_after_its_time_and_with_its_file(
    door: httpx.AsyncClient, files: AgencyFiles, photo: Attachment, clock: Clock, store: Store, citizen: Conversation
) -> None:
    link = files.link(photo.id)
    clock.advance(days=29)
    assert (await door.get(link)).status_code == 200
    clock.advance(days=2)
    assert (await door.get(link)).status_code == 404
    fresh = files.link(photo.id)
    await store.erase(citizen.id)
    assert (await door.get(fresh)).status_code == 404


def test_without_an_address_of_ours_no_address_is_given(store: Store, settings: Settings) -> None:
    assert AgencyFiles(store, settings.attachments_dir, "").link("a" * 32) == ""


def report(code: str, clock: Clock, **changes: Any) -> dict[str, Any]:
    moment = (clock() + timedelta(hours=7)).strftime("%Y%m%d%H%M%S")
    return {"MaHoSo": code, "TrangThai": 4, "ThoiDiem": moment} | changes


async def test_a_reported_status_is_noted_and_told(
    door: httpx.AsyncClient, world: World, citizen: Conversation, records: Records, clock: Clock
) -> None:
    reference = await world.hand_over(citizen.id)
    code = records.latest()[0].code
    for _ in range(2):
        answer = await door.post("/one-stop/CapNhatTrangThai", json=report(code, clock), headers=AUTH)
        assert answer.status_code == 200
    assert (await world.following.state_of(reference)).status is Status.processing
    assert len(await world.told(citizen.id)) == 2  # handed over, processing


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{", 400),
        (b'{"MaHoSo": "H15-261124-0001", "TrangThai": 4}', 400),
        (b'{"MaHoSo": "H15-261124-0001", "TrangThai": 4, "ThoiDiem": "hom nay"}', 400),
        (b'{"MaHoSo": "H15-261124-0001", "TrangThai": 4, "ThoiDiem": "20261124100000"}', 404),
        (b"[" * 100_000, 400),
    ],
)
async def test_a_report_that_does_not_fit_is_refused(door: httpx.AsyncClient, body: bytes, status: int) -> None:
    answer = await door.post("/one-stop/CapNhatTrangThai", content=body, headers=AUTH)
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/one-stop/CapNhatTrangThai", "/one-stop/CapNhatTienDoHoSoMC"])
@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", f"bearer {SECRET}", "é"])
async def test_without_the_secret_nothing_is_read(door: httpx.AsyncClient, path: str, given: str) -> None:
    headers = {"Authorization": given.encode()}
    assert (await door.post(path, json={}, headers=headers)).status_code == 401


async def test_a_blank_secret_closes_the_doors(world: World, files: AgencyFiles) -> None:
    async with opened(world, files, "") as door:
        for given in ("", "Bearer "):
            answer = await door.post("/one-stop/CapNhatTrangThai", json={}, headers={"Authorization": given})
            assert answer.status_code == 404


async def test_reported_progress_makes_us_ask_at_once(
    door: httpx.AsyncClient, world: World, citizen: Conversation, records: Records
) -> None:
    await world.hand_over(citizen.id)
    code = records.latest()[0].code
    assert await world.following.due(10) == []
    steps = {"data": [{"MaHoSo": code, "TrangThai": "9"}, {"MaHoSo": "H15-261124-9999"}]}
    answer = await door.post("/one-stop/CapNhatTienDoHoSoMC", json=steps, headers=AUTH)
    assert answer.json() == {"error_code": "0", "message": "1"}
    assert [one.code for one in await world.following.due(10)] == [code]


@pytest.mark.parametrize("data", [[], None, [{"MaHoSo": "H15-261124-0001"}] * 11, [{}], "x"])
async def test_progress_comes_ten_at_a_time(door: httpx.AsyncClient, data: Any) -> None:
    answer = await door.post("/one-stop/CapNhatTienDoHoSoMC", json={"data": data}, headers=AUTH)
    assert answer.status_code == 400
