"""Typed Vietnamese brought to comparable forms."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import noise, text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Đăng ký khai sinh", "dang ky khai sinh"),
        ("ddawng kys khai sinh", "dang ky khai sinh"),
        ("ĐKKH ở đâu", "dang ky ket hon o dau"),
        ("lm gks cho bé hết bn tiền", "lam giay khai sinh cho be het bao nhieu tien"),
        ("mần răng để làm thẻ căn cước", "lam sao de lam the can cuoc"),
        ("thuỷ lợi, hoà giải", "thuy loi hoa giai"),
        ("hổ trợ 12.000.000đ", "ho tro 12.000.000 d"),
        ("khôngggg", "khong"),
    ],
)
def test_search_key(typed: str, meant: str) -> None:
    assert text.search_key(typed) == meant


def test_both_tone_placements_are_one_word() -> None:
    assert text.expand("hoà thuỷ khoẻ") == text.expand("hòa thủy khỏe")


def test_decomposed_letters_are_the_same_message() -> None:
    assert text.search_key(unicodedata.normalize("NFD", "đăng ký tạm trú")) == text.search_key("đăng ký tạm trú")


@pytest.mark.parametrize("folded", ["tau ca", "bao tang", "dao tao", "chi nhanh", "o dau", "ba thang"])
def test_shorthand_that_needs_diacritics_leaves_plain_messages_alone(folded: str) -> None:
    assert text.search_key(folded) == folded


def test_dialect_is_understood_where_diacritics_show_it() -> None:
    assert text.search_key("tau ở mô") == "toi o dau"
    assert text.search_key("ba tui mất sổ") == "bo toi mat so"


def test_clean_drops_what_cannot_be_seen_and_cuts() -> None:
    assert text.clean("a\u200bb\u202e  c\x00d\n") == "ab c d"
    assert len(text.clean("ầ" * 50_000)) == text.MAX_CHARS


@pytest.mark.parametrize("word", ["tax", "visa", "taxi", "online", "vneid", "passport", "covid"])
def test_foreign_words_are_no_telex(word: str) -> None:
    assert text.fold(text.decode_telex(word)) == word


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_has_a_search_key(typed: str) -> None:
    assert text.search_key(typed) == text.search_key(typed).lower()
    assert len(text.clean(typed)) <= len(typed) + 1


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["đăng ký tạm trú", "cấp đổi giấy phép lái xe", "xác nhận tình trạng hôn nhân"]), st.randoms())
def test_telex_residue_is_read_back(meant: str, rng: object) -> None:
    typed = noise.telex(meant, rng, share=1.0)  # type: ignore[arg-type]
    assert text.search_key(typed) == text.search_key(meant)


@pytest.mark.parametrize(
    "words", ["đăng ký kết hôn", "xe mô tô", "vỉa hè", "chi nhánh", "bây giờ", "biểu mẫu", "ảnh thẻ"]
)
def test_official_words_are_no_shorthand(words: str) -> None:
    assert text.search_key(words) == text.fold(words)
