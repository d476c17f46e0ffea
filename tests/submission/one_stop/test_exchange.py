"""The provincial exchange is spoken as written down, and whatever it answers is survived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest

from bot.submission.dossier import Status
from bot.submission.one_stop.protocol import Accepted, Act, HandoverFile, Rejected, ResultFile, Retry, Unavailable
from tests.submission.one_stop.fake_wire import GOOD, SESSION, MemoryNotes, Other, exchange, payload
from tests.submission.one_stop.world import a_handover

REFERENCE, CODE = "MC-261124-ABC234", "H15.50.05.13-261124-0975"
FOUND = GOOD | {"data": [{"MaHoSo": CODE, "TrangThaiHoSo": "1"}]}
EXISTS = {"error_code": "2", "message": f"Hồ sơ {REFERENCE} đã tồn tại"}
EXPIRED = {"error_code": "-1", "message": "Session hết hạn"}
PHOTO = HandoverFile("0123456789abcdef" * 2, "Giấy chứng sinh", "giay.jpg", "image/jpeg", 9, "KQ.G15.000001")


async def test_a_dossier_goes_out_as_the_interface_wants_it() -> None:
    other = Other(SESSION, GOOD, FOUND)
    answer = await exchange(other).submit(a_handover(REFERENCE, documents=(PHOTO,)))
    assert answer == Accepted(CODE)
    assert other.asked[0] == ("/auth", {"username": "motcua", "password": "secret"})
    assert other.asked[1] == ("/integration", payload("dong_bo_ho_so_mc"))
    assert other.asked[2][1]["MaHoSo"] == REFERENCE
    assert {headers["dstcode"] for headers in other.headers} == {"H15.50"}


async def test_times_are_those_of_vietnam_wherever_the_clock_stands() -> None:
    honolulu = datetime(2026, 11, 24, 18, 30, tzinfo=timezone(timedelta(hours=-10)))
    other = Other(SESSION, GOOD, FOUND)
    await exchange(other).submit(a_handover(REFERENCE, submitted_at=honolulu))
    assert other.asked[1][1]["data"][0]["NgayNopHoSo"] == "20261125113000"


async def test_one_that_is_there_already_is_repeated_as_an_update() -> None:
    other = Other(SESSION, EXISTS, GOOD, FOUND)
    assert await exchange(other).submit(a_handover(REFERENCE)) == Accepted(CODE)
    assert [body["isUpdating"] for _, body in other.asked[1:3]] == ["False", "True"]


async def test_an_expired_session_is_renewed_once() -> None:
    other = Other(SESSION, EXPIRED, SESSION | {"session": "s-2"}, GOOD, FOUND)
    assert await exchange(other).submit(a_handover(REFERENCE)) == Accepted(CODE)
    assert [body["session"] for path, body in other.asked if path == "/integration"] == ["s-1", "s-2", "s-2"]


async def test_a_session_that_expires_for_ever_is_given_up_for_now() -> None:
    other = Other(SESSION, EXPIRED, SESSION, EXPIRED)
    assert isinstance(await exchange(other).submit(a_handover(REFERENCE)), Retry)
    assert len(other.asked) == 4


async def test_a_session_is_kept_for_the_next_dossier() -> None:
    other = Other(SESSION, GOOD, FOUND)
    adapter = exchange(other)
    await adapter.submit(a_handover(REFERENCE))
    await adapter.submit(a_handover(REFERENCE))
    assert other.paths.count("/auth") == 1


async def test_a_long_session_is_sent_back_as_it_came() -> None:
    session = "e30." * 1500 + " \u00a0"
    other = Other(SESSION | {"session": session}, GOOD, FOUND)
    assert await exchange(other).submit(a_handover(REFERENCE)) == Accepted(CODE)
    assert other.asked[1][1]["session"] == session


async def test_a_code_that_is_known_is_used_and_not_asked_again() -> None:
    other = Other(SESSION, GOOD)
    assert await exchange(other, MemoryNotes(code=CODE)).submit(a_handover(REFERENCE)) == Accepted(CODE)
    assert len(other.asked) == 2


async def test_a_dossier_that_got_no_code_yet_is_asked_for_later() -> None:
    answer = await exchange(Other(SESSION, GOOD, GOOD | {"data": []})).submit(a_handover(REFERENCE))
    assert isinstance(answer, Retry)
    assert answer.after_seconds


async def test_a_wrong_password_is_no_fault_of_the_dossier() -> None:
    other = Other({"error_code": "1", "message": "Sai mật khẩu"})
    assert isinstance(await exchange(other).submit(a_handover(REFERENCE)), Retry)


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("Thiếu trường ChuHoSo", Rejected),
        ("Số định danh không hợp lệ", Rejected),
        ("Hệ thống bận, vui lòng thử lại sau", Retry),
        ("Hệ thống đang bảo trì", Retry),
        ("", Retry),
    ],
)
async def test_what_can_pass_is_retried_and_what_cannot_is_refused(message: str, outcome: type) -> None:
    other = Other(SESSION, {"error_code": "9", "message": message})
    assert isinstance(await exchange(other).submit(a_handover(REFERENCE)), outcome)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"<html>Service Temporarily Unavailable</html>",
        b'{"error_code": "0", "mess',
        b"[]",
        b"null",
        b'{"error_code": {"a": 1}}',
        b'{"status": "OK"}',
        b"\xff\xfe\x00",
        b"[" * 200_000,
        (500, "boom"),
        (404, GOOD),
        (302, ""),
        httpx.ConnectError("no route"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut off"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_wrong_answers_at_any_step_mean_try_again(bad: object, place: int) -> None:
    replies = [SESSION, GOOD, FOUND]
    replies[place] = bad
    assert isinstance(await exchange(Other(*replies)).submit(a_handover(REFERENCE)), Retry)


async def test_an_answer_of_200_megabytes_is_refused_before_it_is_read() -> None:
    read = 0

    async def endless():
        nonlocal read
        for _ in range(200):
            read += 1
            yield b"x" * 1024 * 1024

    def huge(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=endless())

    answer = await exchange(huge).submit(a_handover(REFERENCE))
    assert answer == Retry("the answer is too large")
    assert read <= 6


async def test_an_answer_that_announces_200_megabytes_is_refused_at_once() -> None:
    def huge(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-length": str(200 * 1024 * 1024)}, content=b"{}")

    assert await exchange(huge).submit(a_handover(REFERENCE)) == Retry("the answer is too large")


async def test_a_packed_answer_is_not_unpacked() -> None:
    def packed(request: httpx.Request) -> httpx.Response:
        assert request.headers["accept-encoding"] == "identity"
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"\x1f\x8b"))

    assert isinstance(await exchange(packed).submit(a_handover(REFERENCE)), Retry)


async def test_a_supplement_that_waits_is_read_with_its_papers() -> None:
    state = await exchange(Other(SESSION, payload("tra_cuu_ho_so_supplement"))).look_up(CODE)
    assert state.status is Status.supplement_requested
    assert (state.supplement.id, state.supplement.what) == ("2", "Thiếu giấy chứng sinh")
    assert state.supplement.papers == ("Giấy chứng sinh",)
    assert state.promised_at == datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
    assert state.agency == "UBND phường Buôn Ma Thuột"


async def test_citizens_are_only_sent_to_addresses_of_the_state() -> None:
    trusted = frozenset({"localhost:8000"})
    state = await exchange(Other(SESSION, payload("tra_cuu_ho_so_completed")), trusted=trusted).look_up(CODE)
    assert state.status is Status.completed
    links = [result.url for result in state.results]
    assert links == ["https://dichvucong.daklak.gov.vn/kq/1.pdf", None, None, None, None]
    assert state.results[4] == ResultFile("Bản chính", None)


@pytest.mark.parametrize("raw", ["0", "11", "99999999999999999999", "xong", "", "-1", "1.0", "１"])
async def test_an_unknown_status_is_kept_and_never_guessed(raw: str, caplog: pytest.LogCaptureFixture) -> None:
    found = GOOD | {"data": [{"MaHoSo": CODE, "TrangThaiHoSo": raw}]}
    state = await exchange(Other(SESSION, found)).look_up(CODE)
    assert state.status is None
    assert state.raw_status == raw[:20]
    assert "do not know" in caplog.text


async def test_an_unknown_code_is_not_found_and_a_dead_system_is_unavailable() -> None:
    assert await exchange(Other(SESSION, GOOD | {"data": []})).look_up(CODE) is None
    with pytest.raises(Unavailable):
        await exchange(Other(SESSION, (503, ""))).look_up(CODE)


async def test_progress_is_asked_by_the_agencys_code_once_it_is_known() -> None:
    other = Other(SESSION, FOUND)
    await exchange(other, MemoryNotes(code=CODE)).progress(REFERENCE)
    assert other.asked[1][1]["MaHoSo"] == CODE


async def test_a_withdrawal_is_a_step_of_progress() -> None:
    other = Other(SESSION, GOOD)
    given = a_handover(REFERENCE, act=Act.withdraw, summary="x" * 5000, applicant_name="A" * 80)
    assert await exchange(other, MemoryNotes(code=CODE)).submit(given) == Accepted(CODE)
    body = other.asked[1][1]
    assert (body["service"], body["data"][0]["TrangThai"]) == ("CapNhatTienDoHoSoMC", "7")
    assert len(body["data"][0]["NguoiXuLy"]) == 50


async def test_a_long_summary_is_cut_to_what_they_take() -> None:
    other = Other(SESSION, GOOD, FOUND)
    await exchange(other).submit(a_handover(REFERENCE, summary="x" * 5000))
    assert len(other.asked[1][1]["data"][0]["TrichYeuHoSo"]) == 1000


async def test_invisible_and_endless_words_of_theirs_are_tidied() -> None:
    record = {"MaHoSo": CODE, "TrangThaiHoSo": "3", "GhiChu": "Sai\u202e tên\x00 " + "a" * 9000}
    state = await exchange(Other(SESSION, GOOD | {"data": [record]})).look_up(CODE)
    assert state.reason.startswith("Sai tên")
    assert len(state.reason) <= 1000
