"""Slips in a query are mended against what the index knows, and nothing else is touched."""

from __future__ import annotations

import pytest

from knowledge import lexical
from knowledge.repair import repair

KNOWN = [
    "đăng ký khai sinh cho con",
    "công chứng sổ đỏ",
    "thẻ căn cước bị mất",
    "xác nhận tình trạng hôn nhân",
    "khai tử",
]
VOCABULARY = lexical.learn_vocabulary([lexical.terms(text) for text in KNOWN], [])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("giấykhaisinh", "giấykhaisinh"),  # 'giấy' is no word of this small index
        ("khaisinh cho con", "khai sinh cho con"),
        ("kahi sinh cho con", "khai sinh cho con"),
        ("coong chứng sổ đỏ", "cong chứng sổ đỏ"),
        ("tinhtranghonnhan", "tinh trang hon nhan"),
        ("canc cước", "can cước"),
    ],
)
def test_slips_are_mended(typed: str, meant: str) -> None:
    assert repair(typed, VOCABULARY) == meant


@pytest.mark.parametrize(
    "typed", ["đăng ký khai sinh", "nhựa đường", "passport hết hạn", "Honda", "", "👍", "a b c 12/2025"]
)
def test_other_words_are_left_alone(typed: str) -> None:
    assert repair(typed, VOCABULARY) == typed


def test_a_message_of_nothing_but_slips_is_left_alone() -> None:
    typed = " ".join(["kahi"] * 50)
    assert repair(typed, VOCABULARY) == typed


def test_an_empty_index_mends_nothing() -> None:
    assert repair("kahi sinh", lexical.learn_vocabulary([], [])) == "kahi sinh"
