"""DvcSync is spoken as written down; a number is drawn once and a file sent once, whatever goes wrong in between."""

from __future__ import annotations

import httpx
import pytest

from bot.submission.one_stop.protocol import Accepted, Act, HandoverFile, Rejected, Retry
from tests.submission.one_stop.fake_wire import PHOTO, PHOTO_SHA256, MemoryNotes, Other, dvc_sync, payload
from tests.submission.one_stop.world import a_handover

REFERENCE, CODE = "MC-261124-ABC234", "H15.50.05.13-261124-0007"
TOKEN, NEXT, UPLOADED, CREATED = {"token": "t-1"}, {"value": 7}, {"IdGiayTo": "up-1"}, {"MaHoSo": CODE}
FILE = HandoverFile("0123456789abcdef" * 2, "Giấy chứng sinh", "giay.jpg", "image/jpeg", 9, "KQ.G15.000001")
GIVEN = a_handover(REFERENCE, documents=(FILE,))


async def test_a_number_then_the_files_then_the_dossier() -> None:
    other = Other(TOKEN, NEXT, UPLOADED, CREATED)
    assert await dvc_sync(other).submit(GIVEN) == Accepted(CODE)
    assert other.paths == ["/GetToken", "/GetNextValue", "/UploadFile", "/CreateDossier"]
    assert other.asked[1][1] == {"code": "H15.50.05.13-261124"}
    assert PHOTO in other.asked[2][1]
    expected = payload("create_dossier")
    expected["ThanhPhanHoSo"][0]["GiayToDinhKem"][0]["HashTepTin"] = PHOTO_SHA256
    assert other.asked[3][1] == expected
    assert other.headers[3]["authorization"] == "Bearer t-1"


async def test_cut_off_after_the_creation_it_is_the_same_dossier() -> None:
    notes = MemoryNotes()
    cut_off = Other(TOKEN, NEXT, UPLOADED, httpx.ReadTimeout("gone"))
    assert isinstance(await dvc_sync(cut_off, notes).submit(GIVEN), Retry)
    again = Other(TOKEN, (400, {"message": f"Hồ sơ {CODE} đã tồn tại"}))
    assert await dvc_sync(again, notes).submit(GIVEN) == Accepted(CODE)
    assert again.paths == ["/GetToken", "/CreateDossier"]


async def test_the_number_kept_first_wins() -> None:
    class Late(MemoryNotes):
        async def get(self, reference: str, name: str) -> None:
            return None

    other = Other(TOKEN, {"value": 8}, CREATED)
    assert await dvc_sync(other, Late(code=CODE)).submit(a_handover(REFERENCE)) == Accepted(CODE)
    assert other.asked[2][1]["MaHoSo"] == CODE


async def test_an_expired_token_is_renewed_once_and_the_file_sent_whole_again() -> None:
    other = Other(TOKEN, NEXT, (401, {}), {"token": "t-2"}, UPLOADED, CREATED)
    assert await dvc_sync(other).submit(GIVEN) == Accepted(CODE)
    assert PHOTO in other.asked[2][1]
    assert PHOTO in other.asked[4][1]
    assert other.headers[5]["authorization"] == "Bearer t-2"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(400, Rejected), (413, Rejected), (422, Rejected), (401, Retry), (403, Retry), (404, Retry), (502, Retry)],
)
async def test_statuses_are_taken_for_what_they_mean(status: int, outcome: type) -> None:
    other = Other(TOKEN, NEXT, (status, {"message": "Thiếu trường ChuHoSo"}))
    assert isinstance(await dvc_sync(other).submit(a_handover(REFERENCE)), outcome)


@pytest.mark.parametrize("bad", [b"", b"<html>", b"[]", b'{"token": 5, "val', (500, ""), httpx.ConnectError("x")])
@pytest.mark.parametrize("place", [0, 1, 2, 3])
async def test_wrong_answers_at_any_step_mean_try_again(bad: object, place: int) -> None:
    replies = [TOKEN, NEXT, UPLOADED, CREATED]
    replies[place] = bad
    assert isinstance(await dvc_sync(Other(*replies)).submit(GIVEN), Retry)


@pytest.mark.parametrize("value", [0, -1, 10_000_000, "abc", None])
async def test_a_number_that_makes_no_code_is_not_used(value: object) -> None:
    notes = MemoryNotes()
    assert isinstance(await dvc_sync(Other(TOKEN, {"value": value}), notes).submit(GIVEN), Retry)
    assert notes.kept == {}


async def test_a_supplement_brings_its_file_and_the_status() -> None:
    other = Other(TOKEN, UPLOADED, {"message": ""})
    given = a_handover(REFERENCE, act=Act.supplement, documents=(FILE,), summary="Giấy chứng sinh")
    assert await dvc_sync(other, MemoryNotes(code=CODE)).submit(given) == Accepted(CODE)
    path, body = other.asked[2]
    assert (path, body["MaHoSo"], body["TrangThai"]) == ("/CapNhatTrangThai", CODE, 5)
    assert body["ThanhPhanHoSo"][0]["GiayToDinhKem"][0]["IdGiayTo"] == "up-1"


async def test_nothing_can_be_asked_there() -> None:
    adapter = dvc_sync(Other(TOKEN))
    assert await adapter.progress(REFERENCE) is None
    assert await adapter.look_up(CODE) is None
