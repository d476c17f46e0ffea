"""The sandbox one-stop system speaks both wire formats, gives codes of the right shape, and its pages work."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.sandbox.one_stop import PASSWORD, PATH, UNIT, USER, ReportTo, create_one_stop_sandbox, mount
from bot.sandbox.one_stop_records import Records
from bot.submission.one_stop.formats import DOSSIER_CODE
from tests.clock import Clock
from tests.serving import served

RECORD = {
    "MaHoSo": "MC-261124-ABC234",
    "MaTTHC": "1.001193",
    "TenTTHC": "Đăng ký khai sinh",
    "ChuHoSo": "Nguyễn Văn An",
    "NgayNopHoSo": "20261124150000",
    "TrangThaiHoSo": "1",
}
ROUTE = {"dstcode": UNIT}


@pytest.fixture
def app(tmp_path: Path, clock: Clock) -> FastAPI:
    return create_one_stop_sandbox(tmp_path, "http://sandbox", clock=clock, slow_seconds=0.0)


@pytest.fixture
def records(app: FastAPI) -> Records:
    return app.state.records


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://sandbox") as client:
        yield client


async def session(http: httpx.AsyncClient) -> str:
    body = {"username": USER, "password": PASSWORD}
    return (await http.post("/auth", json=body, headers=ROUTE)).json()["session"]


async def call(http: httpx.AsyncClient, service: str, **content: Any) -> dict[str, Any]:
    body = {"session": await session(http), "madonvi": UNIT, "service": service, **content}
    return (await http.post("/integration", json=body, headers=ROUTE)).json()


async def sync(http: httpx.AsyncClient, is_updating: str = "False", **changes: Any) -> dict[str, Any]:
    return await call(http, "DongBoHoSoMC", isUpdating=is_updating, data=[RECORD | changes])


async def test_a_dossier_gets_a_code_of_the_right_shape_numbered_within_the_day(
    http: httpx.AsyncClient, clock: Clock
) -> None:
    await sync(http)
    await sync(http, MaHoSo="MC-261124-ABC235")
    clock.advance(days=1)
    await sync(http, MaHoSo="MC-261124-ABC236")
    codes = []
    for last in "456":
        found = await call(http, "TraCuuHoSo", MaHoSo=f"MC-261124-ABC23{last}")
        codes.append(found["data"][0]["MaHoSo"])
    assert codes == [f"{UNIT}-261124-0001", f"{UNIT}-261124-0002", f"{UNIT}-261125-0001"]
    assert all(DOSSIER_CODE.match(code) for code in codes)


async def test_a_second_copy_is_said_to_exist_and_may_be_an_update(http: httpx.AsyncClient, records: Records) -> None:
    assert (await sync(http))["error_code"] == "0"
    again = await sync(http)
    assert again["error_code"] != "0"
    assert "đã tồn tại" in again["message"]
    assert (await sync(http, "True", SoDienThoai="0912345678"))["error_code"] == "0"
    (kept,) = records.latest()
    assert (kept.record["SoDienThoai"], kept.record["ChuHoSo"], kept.updates) == ("0912345678", "Nguyễn Văn An", 1)


@pytest.mark.parametrize("left_out", ["MaHoSo", "MaTTHC", "ChuHoSo", "NgayNopHoSo"])
async def test_a_dossier_with_parts_missing_is_refused(http: httpx.AsyncClient, left_out: str) -> None:
    assert left_out in (await sync(http, **{left_out: ""}))["message"]


@pytest.mark.parametrize("day", ["2026-11-24", "20261124", "24/11/2026 15:00:00"])
async def test_times_must_be_written_as_agreed(http: httpx.AsyncClient, day: str) -> None:
    assert "yyyyMMddHHmmss" in (await sync(http, NgayNopHoSo=day))["message"]


async def test_only_who_knows_the_password_gets_in(http: httpx.AsyncClient, clock: Clock) -> None:
    wrong = await http.post("/auth", json={"username": USER, "password": "x"}, headers=ROUTE)
    assert wrong.json()["error_code"] != 0
    forged = {"session": "forged", "madonvi": UNIT, "service": "TraCuuHoSo", "MaHoSo": "x"}
    assert "hết hạn" in (await http.post("/integration", json=forged, headers=ROUTE)).json()["message"]
    old = {"session": await session(http)} | {"madonvi": UNIT, "service": "TraCuuHoSo", "MaHoSo": "x"}
    clock.advance(minutes=31)
    assert "hết hạn" in (await http.post("/integration", json=old, headers=ROUTE)).json()["message"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"service": 1}'])
async def test_nonsense_is_answered_and_not_died_of(http: httpx.AsyncClient, body: bytes) -> None:
    for path in ("/auth", "/integration", "/GetToken", "/CreateDossier", "/GetNextValue", "/CapNhatTrangThai"):
        assert (await http.post(path, content=body, headers=ROUTE)).status_code in (200, 400, 401)


async def test_dvc_sync_gives_numbers_takes_files_and_dossiers(http: httpx.AsyncClient, records: Records) -> None:
    secret = {"clientId": USER, "clientSecret": PASSWORD}
    token = (await http.post("/GetToken", json=secret)).json()["token"]
    auth = {"Authorization": f"Bearer {token}"}
    day = f"{UNIT}-261124"
    numbers = [(await http.post("/GetNextValue", json={"code": day}, headers=auth)).json()["value"] for _ in range(3)]
    assert numbers == [1, 2, 3]
    uploaded = await http.post("/UploadFile", files={"file": ("giấy.jpg", b"abc", "image/jpeg")}, headers=auth)
    dossier = {"MaHoSo": f"{day}-0003", "MaTTHC": "1.001193", "ChuHoSo": "An", "MaDonViTiepNhan": UNIT}
    dossier |= {"NgayNop": "20261124150000", "ThongTinNguoiNop": {"LoaiDoiTuong": 0}}
    paper = {"TenGiayTo": "giấy.jpg", "IdGiayTo": uploaded.json()["IdGiayTo"]}
    dossier["ThanhPhanHoSo"] = [{"GiayToDinhKem": [paper]}]
    assert (await http.post("/CreateDossier", json=dossier, headers=auth)).json() == {"MaHoSo": f"{day}-0003"}
    again = await http.post("/CreateDossier", json=dossier, headers=auth)
    assert (again.status_code, "đã tồn tại" in again.json()["message"]) == (400, True)
    page = await http.get(f"/dossiers/{day}-0003")
    link = re.search(r'href="\.\.(/uploads/[0-9a-f]+)"', page.text)[1]
    assert (await http.get(link)).content == b"abc"
    assert (await http.post("/CreateDossier", json=dossier)).status_code == 401
    huge = {"file": ("x.pdf", b"x" * (6 * 1024 * 1024 + 1), "application/pdf")}
    assert (await http.post("/UploadFile", files=huge, headers=auth)).status_code == 413


async def test_an_officer_takes_a_dossier_through_all_its_steps(http: httpx.AsyncClient, records: Records) -> None:
    await sync(http)
    code = records.latest()[0].code
    here = f"/dossiers/{code}"

    async def state() -> dict[str, Any]:
        return (await call(http, "TraCuuHoSo", MaHoSo=code))["data"][0]

    await http.post(f"{here}/accept", data={"promised": "2026-12-01"})
    told = await state()
    assert (told["TrangThaiHoSo"], told["NgayHenTra"]) == ("2", "20261201170000")
    asked = {"what": "Thiếu giấy chứng sinh", "papers": "Giấy chứng sinh\n\nẢnh chụp rõ", "until": "2026-12-04"}
    await http.post(f"{here}/supplement", data=asked)
    told = await state()
    assert told["TrangThaiHoSo"] == "5"
    papers = told["DanhSachHoSoBoSung"][0]["DanhSachGiayToBoSung"]
    assert [paper["TenGiayTo"] for paper in papers] == ["Giấy chứng sinh", "Ảnh chụp rõ"]
    await sync(http, "True", DanhSachHoSoBoSung=[{"HoSoBoSungId": "x"}])
    assert (await state())["TrangThaiHoSo"] == "4"
    await http.post(f"{here}/payment", data={"amount_vnd": "8000"})
    assert (await state())["DanhSachLePhi"][0]["Gia"] == "8000"
    given = {"file": ("ket-qua.pdf", b"%PDF result", "application/pdf")}
    await http.post(f"{here}/finish", data={"name": "Giấy khai sinh"}, files=given)
    told = await state()
    assert told["TrangThaiHoSo"] == "9"
    link = told["DanhSachGiayToKetQua"][0]["DuongDanTepTinKetQua"]
    assert (await http.get(link)).content == b"%PDF result"
    await http.post(f"{here}/move", data={"status": "10"})
    assert (await state())["NgayTra"]
    page = (await http.get(here)).text
    assert "Đã trả kết quả" in page
    assert "Thiếu giấy chứng sinh" in page


async def test_a_refusal_needs_a_reason_on_the_page_and_shows_it(http: httpx.AsyncClient, records: Records) -> None:
    await sync(http)
    code = records.latest()[0].code
    await http.post(f"/dossiers/{code}/move", data={"status": "3", "reason": "Sai nơi nộp"})
    told = (await call(http, "TraCuuHoSo", MaHoSo=code))["data"][0]
    assert (told["TrangThaiHoSo"], told["GhiChu"]) == ("3", "Sai nơi nộp")
    assert re.search(r'<textarea id="refusal"[^>]*required', (await http.get(f"/dossiers/{code}")).text)


async def test_without_a_file_a_sample_result_is_made(http: httpx.AsyncClient, records: Records) -> None:
    await sync(http)
    code = records.latest()[0].code
    await http.post(f"/dossiers/{code}/finish", data={"name": "Giấy khai sinh"})
    (result,) = records.results(records.latest()[0])
    assert (await http.get(f"/results/{result['id']}")).content.startswith(b"%PDF")


@pytest.mark.parametrize("data", [{"status": "0"}, {"status": "11"}, {"status": "x"}, {}])
async def test_there_are_ten_statuses(http: httpx.AsyncClient, records: Records, data: dict[str, str]) -> None:
    await sync(http)
    code = records.latest()[0].code
    assert (await http.post(f"/dossiers/{code}/move", data=data)).status_code == 422
    assert records.latest()[0].status == 1


async def test_what_does_not_exist_is_not_found(http: httpx.AsyncClient) -> None:
    for path in ("/dossiers/H15-261124-9999", "/results/x", "/uploads/x"):
        assert (await http.get(path)).status_code == 404
    for act, data in (
        ("accept", {"promised": "2026-12-01"}),
        ("move", {"status": "4"}),
        ("payment", {"amount_vnd": "1"}),
    ):
        assert (await http.post(f"/dossiers/H15-261124-9999/{act}", data=data)).status_code == 404


async def test_words_of_citizens_stay_words_on_the_page(http: httpx.AsyncClient, records: Records) -> None:
    await sync(http, ChuHoSo="<script>alert(1)</script>", TaiLieuNop=[{"DuongDanTaiTepTin": "javascript:alert(1)"}])
    code = records.latest()[0].code
    for path in ("/", f"/dossiers/{code}"):
        page = (await http.get(path)).text
        assert "<script" not in page
        assert "javascript:" not in page


async def test_faults_are_switched_on_the_page_and_spare_it(http: httpx.AsyncClient, records: Records) -> None:
    await http.post("/faults", data={"down": "1", "slow": "2", "wrong": "abc", "duplicate": "-1"})
    assert records.faults() == {"down": 1, "slow": 2, "wrong": 0, "duplicate": 0}
    assert (await http.post("/auth", json={}, headers=ROUTE)).status_code == 503
    assert (await http.get("/")).status_code == 200
    await http.post("/faults", data={})
    assert set(records.faults().values()) == {0}


async def test_a_duplicate_is_handled_twice_and_its_second_answer_seen(
    http: httpx.AsyncClient, records: Records
) -> None:
    body = {"session": await session(http), "madonvi": UNIT, "service": "DongBoHoSoMC", "data": [RECORD]}
    records.set_fault("duplicate", 1)
    answer = await http.post("/integration", json=body | {"isUpdating": "False"}, headers=ROUTE)
    assert "đã tồn tại" in answer.json()["message"]
    assert len(records.latest()) == 1


async def test_a_wrong_reply_comes_after_the_work_was_done(http: httpx.AsyncClient, records: Records) -> None:
    body = {"session": await session(http), "madonvi": UNIT, "service": "DongBoHoSoMC", "data": [RECORD]}
    records.set_fault("wrong", 1)
    answer = await http.post("/integration", json=body | {"isUpdating": "False"}, headers=ROUTE)
    assert "error_code" not in answer.text
    assert len(records.latest()) == 1


async def test_officers_can_end_every_session(http: httpx.AsyncClient) -> None:
    body = {"session": await session(http), "madonvi": UNIT, "service": "TraCuuHoSo", "MaHoSo": "x"}
    await http.post("/sessions/end")
    assert "hết hạn" in (await http.post("/integration", json=body, headers=ROUTE)).json()["message"]


async def test_what_it_holds_is_there_after_a_restart(tmp_path: Path, http: httpx.AsyncClient, clock: Clock) -> None:
    await sync(http)
    again = create_one_stop_sandbox(tmp_path, "http://sandbox", clock=clock)
    assert len(again.state.records.latest()) == 1


async def test_it_is_mounted_in_a_demonstration_only(tmp_path: Path) -> None:
    for is_demo, status in ((True, 200), (False, 404)):
        app = FastAPI()
        mount(app, tmp_path, "http://localhost:8000", is_demo)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as client:
            for path in (f"{PATH}/", f"{PATH}/?status=1"):
                answer = await client.get(path)
                assert answer.status_code == status, path
            if is_demo:
                assert f'href="{PATH}/?status=1"' in answer.text
            else:
                assert (await client.post(f"{PATH}/auth", json={})).status_code == 404


async def test_a_dvc_sync_dossier_reports_back_when_it_moves(tmp_path: Path, clock: Clock) -> None:
    heard: list[tuple[str | None, dict[str, Any]]] = []
    sender = FastAPI()

    @sender.post("/one-stop/CapNhatTrangThai")
    async def hear(body: dict[str, Any]) -> dict[str, str]:
        heard.append((body["MaHoSo"], body))
        return {"message": ""}

    with served(sender) as base:
        app = create_one_stop_sandbox(tmp_path, "http://sandbox", ReportTo(base, "s"), clock)
        app.state.records.create(f"{UNIT}-261124-0001", "dvc_sync", {"ChuHoSo": "An"})
        app.state.records.create("MC-261124-ABC234", "exchange", {"ChuHoSo": "An"})
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://sandbox") as client:
            for dossier in app.state.records.latest():
                await client.post(f"/dossiers/{dossier.code}/accept", data={"promised": "2026-12-01"})
    ((code, body),) = heard
    assert (code, body["TrangThai"], body["ThoiDiem"]) == (f"{UNIT}-261124-0001", "2", "20261124150000")
