"""What citizens write becomes the parts of a petition, or is asked for again."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.petitions.petition import Status, closing, due, read_code, triage
from bot.petitions.reading import order, read_all, read_part
from knowledge.working_days import VIETNAM


@pytest.mark.parametrize(
    ("part", "text", "read"),
    [
        ("name", "  trần thị   hoa ", "Trần Thị Hoa"),
        ("name", "Hoa", None),
        ("name", "Trần Thị Hoa 0912345678", None),
        ("name", "tên tôi để làm gì?", None),
        ("phone", "sđt em là 0912 345.678 nhé", "0912345678"),
        ("phone", "+84 912 345 678", "0912345678"),
        ("phone", "12345", None),
        ("address", "tổ 5, phường Tuy Hòa, Đắk Lắk", "tổ 5, phường Tuy Hòa, Đắk Lắk"),
        ("address", "x" * 400 + " y", None),
        ("text", "đèn đường hỏng", None),
        ("text", "đèn đường hỏng từ tuần trước", "đèn đường hỏng từ tuần trước"),
        ("text", "1 2 3 4 5 6", None),
    ],
)
def test_each_part_is_read_or_asked_for_again(part: str, text: str, read: str | None) -> None:
    assert read_part(part, text) == read


def test_one_message_may_tell_everything() -> None:
    told = read_all(
        "Họ tên: Trần Thị Hoa\nĐịa chỉ: tổ 5, phường Tuy Hòa, Đắk Lắk\nSĐT: 0912345678\n"
        "Nội dung: rác không được lấy từ thứ hai, mùi rất hôi"
    )
    assert told == {
        "name": "Trần Thị Hoa",
        "address": "tổ 5, phường Tuy Hòa, Đắk Lắk",
        "phone": "0912345678",
        "text": "rác không được lấy từ thứ hai, mùi rất hôi",
    }
    assert set(read_all("noi dung: rac khong duoc lay tu thu hai; ho ten: tran thi hoa")) == {"text", "name"}
    assert read_all("nội dung: rác không được lấy") == {} == read_all("rác nhiều quá") == read_all("")


def test_only_whole_messages_are_orders_and_codes_are_read_as_people_write_them() -> None:
    assert order("Gửi phản ánh!") == "new" and order("hủy") == "drop" and order("phản ánh của tôi") == "mine"
    assert order("tôi muốn phản ánh đường hỏng") is order("") is None
    assert read_code("xem pa-261125-abc234 giúp em") == read_code("PA261125ABC234") == "PA-261125-ABC234"
    assert read_code("PA-261125-ABC23") is read_code("SPA-261125-ABC234X") is None


def test_the_clocks_count_working_days() -> None:
    friday = dt.datetime(2026, 11, 27, 9, 0, tzinfo=VIETNAM)
    assert triage(friday)["refuse"] == dt.datetime(2026, 12, 1, 17, 0, tzinfo=VIETNAM)
    assert triage(friday)["forward"] == triage(friday)["ask"] == closing(dt.date(2026, 11, 27), 5)
    assert due(Status.sent, friday) == dt.datetime(2026, 12, 18, 17, 0, tzinfo=VIETNAM)
    before_tet = dt.datetime(2027, 2, 4, 9, 0, tzinfo=VIETNAM)  # the lunar new year falls into the clock
    assert due(Status.sent, before_tet) > before_tet + dt.timedelta(days=25)
    assert due(Status.asked, friday) is due(Status.refused, friday) is due(Status.published, friday) is None
