"""Codes, times and statuses are read as systems and people write them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone

import pytest

from bot.quiet_hours import QuietHours
from bot.submission.dossier import Status, new_reference
from bot.submission.one_stop.formats import find_dossier_code, is_code_alone, read_status, read_wire_time, wire_time
from knowledge.working_days import VIETNAM


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("hồ sơ H15.50.05.13-261008-0975 tới đâu rồi", "H15.50.05.13-261008-0975"),
        ("h15.50.05.13-261008-0975", "H15.50.05.13-261008-0975"),
        ("mã H15.50.05.13 – 261008 – 0975.", "H15.50.05.13-261008-0975"),
        ("000.00.00.H56-261008-1234", "000.00.00.H56-261008-1234"),
        ("H56.14-261008-00012 ạ", "H56.14-261008-00012"),
        ("xem giúp G09.20-20260609-0092637", "G09.20-20260609-0092637"),
        ("(H15-261008-0975)", "H15-261008-0975"),
        ("mã mc-261124-abc234 đâu", "MC-261124-ABC234"),
        ("hồ sơ của tôi tới đâu rồi", None),
        ("066085001234", None),
        ("1.001193", None),
        ("78A-123.45", None),
        ("H15.50.05.13-261008-09751234", None),
        ("MC-ABCD-2345", None),
        ("", None),
        ("H" * 5000 + "-" * 5000, None),
    ],
)
def test_a_code_is_found_however_it_is_copied(said: str, code: str | None) -> None:
    assert find_dossier_code(said) == code


def test_every_reference_of_ours_is_found() -> None:
    for _ in range(50):
        reference = new_reference(datetime.now(UTC))
        assert find_dossier_code(f"hồ sơ {reference.lower()} sao rồi") == reference


def test_times_go_out_on_vietnams_clock_and_come_back_the_same() -> None:
    moment = datetime(2026, 12, 31, 20, 30, 5, tzinfo=timezone(timedelta(hours=-3)))
    assert wire_time(moment) == "20270101063005"
    assert read_wire_time(wire_time(moment)) == moment


@pytest.mark.parametrize(
    "text", ["", None, "2026", "20261332000000", "2026-11-24", "abc", "２０２６１１２４", "0" * 14, "9" * 400]
)
def test_what_is_no_time_is_none(text: str | None) -> None:
    assert read_wire_time(text) is None


def test_a_day_alone_is_its_beginning() -> None:
    assert read_wire_time("20261124") == datetime(2026, 11, 24, tzinfo=VIETNAM)


def test_the_ten_national_statuses_are_known() -> None:
    known = [read_status(str(number)) for number in range(1, 11)]
    assert (known[0], known[4], known[9]) == (Status.submitted, Status.supplement_requested, Status.returned)
    assert [status.national_code for status in known] == list(range(1, 11))


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-24T12:00+07:00", "2026-11-24T12:00+07:00"),
        ("2026-11-24T20:59+07:00", "2026-11-24T20:59+07:00"),
        ("2026-11-24T21:00+07:00", "2026-11-25T07:00+07:00"),
        ("2026-11-25T02:30+07:00", "2026-11-25T07:00+07:00"),
        ("2026-11-25T07:00+07:00", "2026-11-25T07:00+07:00"),
        ("2026-11-24T18:00+00:00", "2026-11-25T07:00+07:00"),
        ("2026-12-31T16:00-08:00", "2027-01-01T07:00+07:00"),
    ],
)
def test_notices_wait_for_the_morning_in_vietnam(at: str, opens: str) -> None:
    quiet = QuietHours.parse("21:00-07:00")
    assert quiet.first_open(datetime.fromisoformat(at)) == datetime.fromisoformat(opens)


def test_quiet_hours_may_lie_within_a_day_or_never() -> None:
    noon = QuietHours(time(12), time(13, 30))
    assert noon.first_open(datetime.fromisoformat("2026-11-24T12:30+07:00")).hour == 13
    never = QuietHours.parse("00:00-00:00")
    assert not any(never.covers(time(hour)) for hour in range(24))


@pytest.mark.parametrize("text", ["H15.50.05.13-261008-0975", " mã h15.50.05.13 - 261008 - 0975 ạ", "MC-261008-AB2CD3"])
def test_a_code_alone_is_known_as_one(text: str) -> None:
    assert is_code_alone(text)


@pytest.mark.parametrize(
    "text", ["", "hồ sơ của tôi", "em nộp hồ sơ H15.50.05.13-261008-0975 mà họ bắt nộp lại giấy khai sinh"]
)
def test_a_message_that_tells_more_than_a_code_is_none(text: str) -> None:
    assert not is_code_alone(text)
