"""Money and counts inside sentences: as people write them, and figures that are neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.amounts import MOST_VND, amounts_vnd, count_before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mua xe máy 30 triệu đóng trước bạ bao nhiêu", [30_000_000]),
        ("xe 30tr", [30_000_000]),
        ("xe 15tr5", [15_500_000]),
        ("nhà 1 tỷ 2", [1_200_000_000]),
        ("nhà 1ty250", [1_250_000_000]),
        ("1 tỷ 250 triệu", [1_250_000_000]),
        ("2 tỷ rưỡi", [2_500_000_000]),
        ("đất 2,5 tỷ", [2_500_000_000]),
        ("đất 1.2 tỉ", [1_200_000_000]),
        ("30.000.000", [30_000_000]),
        ("30000000 đ", [30_000_000]),
        ("500k", [500_000]),
        ("ba mươi triệu", [30_000_000]),
        ("năm trăm triệu", [500_000_000]),
        ("hai tỷ rưỡi", [2_500_000_000]),
        ("xe 20 củ", [20_000_000]),
        ("xe 100 triệu và xe 20 triệu", [100_000_000, 20_000_000]),
        ("mua nha 2 ty 5 dong truoc ba", [2_500_000_000]),  # "đóng", typed plainly
        ("nhà 2 tỷ 5 đóng trước bạ", [2_500_000_000]),
        ("1.000.000.000 đồng", [1_000_000_000]),
    ],
)
def test_money_is_read_as_it_is_written(text: str, expected: list[int]) -> None:
    assert amounts_vnd(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("xe 30 triệu 2 bánh", [30_000_000]),
        ("xe 30 triệu năm 2020", [30_000_000]),
        ("30 triệu đồng 1 chiếc", [30_000_000]),
        ("xe đời 2015 cũ", []),
        ("gọi 0912345678", []),
        ("căn cước 054195001234", []),
        ("chứng minh 123456789", []),
        ("công ty 5 người", []),
        ("chứng thực 5 trang", []),
        ("", []),
        ("0 đồng", []),
    ],
)
def test_what_counts_something_else_is_no_money(text: str, expected: list[int]) -> None:
    assert amounts_vnd(text) == expected


@given(millions=st.integers(1, 999), billions=st.integers(1, 999))
def test_a_sum_of_billions_and_millions_is_read_whole(millions: int, billions: int) -> None:
    assert amounts_vnd(f"nhà {billions} tỷ {millions} triệu") == [billions * 10**9 + millions * 10**6]


@given(st.text(max_size=300))
def test_any_text_is_read_without_trouble(text: str) -> None:
    assert all(0 < amount <= MOST_VND for amount in amounts_vnd(text))
    count_before(text, ("trang",))


def test_a_very_long_figure_is_no_money() -> None:
    assert amounts_vnd("9" * 3_999 + " triệu") == []
    assert amounts_vnd("trăm " * 800 + "triệu") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chứng thực 5 trang", 5),
        ("sao y 5trang", 5),
        ("ba trang", 3),
        ("2 trang 3 trang", None),
        ("2 trang và 2 trang", 2),
        ("mấy trang", None),
        ("0 trang", None),
        ("999999999 trang", None),
        ("trang", None),
    ],
)
def test_a_count_stands_before_its_noun_once(text: str, expected: int | None) -> None:
    assert count_before(text, ("trang",)) == expected
