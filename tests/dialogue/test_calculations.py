"""Questions that are sums are answered with the sum, its source and the day; every other question is left alone."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.reply import Outcome
from bot.dialogue.asker import Asker
from bot.dialogue.calculations import COPY, VEHICLE_FEE, calculate
from knowledge.catalogue import Catalogue, load_curated
from knowledge.schema import Facet
from tests.knowledge.records import record

TODAY = dt.date(2026, 11, 25)
HANOI, DAK_LAK = "Thành phố Hà Nội", "Tỉnh Đắk Lắk"
CATALOGUE = Catalogue([record(code=code) for code in (COPY, VEHICLE_FEE)])


def asked(text: str, province: str | None = None, today: dt.date = TODAY) -> Outcome | None:
    return calculate(text, Asker(today, province=province), CATALOGUE)


def said(text: str, province: str | None = None, today: dt.date = TODAY) -> str:
    outcome = asked(text, province, today)
    assert outcome is not None, text
    return outcome.replies[0].text


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("chứng thực 5 trang hết bao nhiêu", "7.000"),
        ("chung thuc 5 trang het bao nhieu", "7.000"),
        ("sao y 3 bản mỗi bản 4 trang bao nhiêu tiền", "18.000"),
        ("công chứng hai trang mất nhiêu tiền vậy", "4.000"),
        ("phí sao y bản chính 300 trang", "200.000"),
        ("mua xe máy 30 triệu đóng trước bạ bao nhiêu", "600.000"),
        ("mua xe may 30tr dong truoc ba bao nhieu", "600.000"),
        ("xe SH 100 triệu ở Hà Nội tiền trước bạ, xe máy mới", "2.000.000"),
        ("mua lại xe máy cũ 15 triệu thì trước bạ nhiêu", "150.000"),
        ("ô tô 500 triệu trước bạ bao nhiêu", "50.000.000"),
        ("xe 7 chỗ 800tr thuế trước bạ", "80.000.000"),
        ("oto cũ 400 triệu sang tên phí trước bạ", "8.000.000"),
        ("ô tô điện 529 triệu trước bạ bn", "0 đồng"),
        ("mua đất 1 tỷ 2 đóng trước bạ bao nhiêu", "6.000.000"),
        ("mua nha 2 ty 5 dong truoc ba bao nhieu", "12.500.000"),
        ("mua nhà 200 tỷ trước bạ bao nhiêu", "500.000.000"),
    ],
)
def test_a_sum_is_told(text: str, total: str) -> None:
    assert total in said(text).splitlines()[0]


@pytest.mark.parametrize(
    "text",
    [
        "chứng thực hợp đồng 5 trang bao nhiêu",
        "chứng thực chữ ký bao nhiêu tiền",
        "công chứng bản dịch 5 trang giá bao nhiêu",
        "sao y 5 trang mất bao lâu",
        "chứng thực 5 trang cần gì",
        "sao y bản chính bao nhiêu tiền",  # no pages: the record's rows answer it
        "trước bạ xe tải 300 triệu bao nhiêu",
        "trước bạ tàu cá 300 triệu bao nhiêu",
        "nộp trước bạ ở đâu",
        "khai lệ phí trước bạ nhà đất cần giấy gì",
        "nhà nghèo chưa có tiền đóng trước bạ thì sao",
        "mẹ cho con đất có phải đóng lệ phí trước bạ không",
        "trước bạ 300 triệu bao nhiêu",  # of what is not said
        "đăng ký kết hôn bao nhiêu tiền",
        "mua xe máy 30 triệu",
        "khai sinh bao nhiêu tiền",
        "mất giấy khai sinh quá hạn bao nhiêu tiền",
        "thay đổi hộ kinh doanh đăng ký bao nhiêu tiền",
        "",
        "trước bạ",
    ],
)
def test_a_question_that_is_no_sum_of_ours_is_left_alone(text: str) -> None:
    assert asked(text, HANOI) is None


def test_nha_at_the_end_is_no_house() -> None:
    assert "xe máy" in said("xe máy 30 triệu trước bạ bao nhiêu nha")
    assert asked("trước bạ 30 triệu bao nhiêu nha") is None


def test_every_sum_names_its_law_and_the_day_it_was_checked() -> None:
    outcome = asked("chứng thực 5 trang hết bao nhiêu")
    assert "Thông tư 226/2016/TT-BTC" in outcome.replies[0].text
    assert "Kiểm tra ngày 25/11/2026" in outcome.replies[0].text
    assert [(link.title, link.checked_on) for link in outcome.turn.sources] == [
        ("Thông tư 226/2016/TT-BTC, Điều 4", "2026-11-25")
    ]


def test_the_turn_is_an_answer_about_the_cost_of_its_procedure() -> None:
    turn = asked("chứng thực 5 trang hết bao nhiêu").turn
    assert (turn.kind, turn.procedure_code, turn.facet) == ("answer", COPY, Facet.cost)


def test_the_other_facets_of_the_procedure_are_offered() -> None:
    payloads = [button.payload for button in asked("chứng thực 5 trang bao nhiêu tiền").replies[0].buttons]
    assert f"f:documents:{COPY}" in payloads and f"f:cost:{COPY}" not in payloads and payloads[-1] == "h:"


def test_without_the_procedure_the_sum_still_stands_and_a_person_is_offered() -> None:
    outcome = calculate("chứng thực 5 trang bao nhiêu tiền", Asker(TODAY), Catalogue([]))
    assert "7.000" in outcome.replies[0].text and outcome.turn.procedure_code is None
    assert [button.payload for button in outcome.replies[0].buttons] == ["h:"]


def test_a_province_with_its_own_rate_uses_it_and_others_are_warned() -> None:
    in_hanoi = said("ô tô 500 triệu trước bạ bao nhiêu", HANOI)
    assert "60.000.000" in in_hanoi and "12%" in in_hanoi and "lấy từ báo" in in_hanoi
    elsewhere = said("ô tô 500 triệu trước bạ bao nhiêu", DAK_LAK)
    assert "50.000.000" in elsewhere and "nhiều nhất 15%" in elsewhere


def test_a_reduction_is_only_possible_and_dated() -> None:
    text = said("mua đất 1 tỷ đóng trước bạ bao nhiêu")
    assert "có thể được giảm 500.000 đồng, đến hết 28/02/2027" in text and "117/2026" in text
    later = said("mua đất 1 tỷ đóng trước bạ bao nhiêu", today=dt.date(2027, 3, 1))
    assert "giảm" not in later and "117/2026" not in later


def test_an_upper_limit_is_said_where_it_bites() -> None:
    assert "nhiều nhất 500.000.000" in said("mua nhà 200 tỷ trước bạ bao nhiêu")
    assert "nhiều nhất" not in said("mua nhà 2 tỷ trước bạ bao nhiêu")


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("lệ phí trước bạ xe máy là bao nhiêu", ("2%", "1%")),
        ("trước bạ ô tô bao nhiêu phần trăm", ("10%", "2%")),
        ("phí trước bạ nhà đất tính sao", ("0,5%",)),
    ],
)
def test_without_a_price_the_rates_are_told_and_the_price_is_asked_for(text: str, rates: tuple[str, ...]) -> None:
    told = said(text)
    assert all(rate in told for rate in rates) and "cho mình biết giá" in told


def test_the_example_given_is_itself_answered() -> None:
    for what in ("xe máy", "ô tô", "ô tô điện", "nhà đất"):
        example = said(f"lệ phí trước bạ {what} bao nhiêu").split("“")[1].split("”")[0]
        assert "đồng" in said(example).splitlines()[0]


def test_on_a_day_without_a_figure_none_is_told() -> None:
    text = said("mua xe máy 30 triệu đóng trước bạ bao nhiêu", today=dt.date(2020, 1, 1))
    assert "chưa có mức thu chắc chắn" in text and "600.000" not in text


def test_what_a_province_sets_is_told_for_that_province_alone() -> None:
    assert "5.000 đồng" in said("khai sinh trễ hạn mất bao nhiêu tiền", HANOI)
    assert asked("khai sinh trễ hạn mất bao nhiêu tiền", DAK_LAK) is None
    assert "100.000" in said("mở hộ kinh doanh lệ phí bao nhiêu", HANOI)
    assert asked("mở hộ kinh doanh lệ phí bao nhiêu") is None


@given(st.text(max_size=200))
def test_any_message_gets_an_outcome_or_none(text: str) -> None:
    for message in (text, f"trước bạ xe máy {text} triệu", f"sao y {text} trang bao nhiêu"):
        outcome = asked(message)
        assert outcome is None or outcome.replies[0].text


def test_sentences_are_short_enough() -> None:
    from knowledge.readability import MOST_SYLLABLES, measure

    questions = (
        "chứng thực 5 tờ hết bao nhiêu",
        "ô tô cũ 400 triệu trước bạ",
        "mua nhà 200 tỷ trước bạ",
        "trước bạ xe máy nhiêu",
    )
    assert measure(said(question) for question in questions).median_syllables <= MOST_SYLLABLES


def test_the_procedures_that_sums_belong_to_are_ours_where_we_tell_them() -> None:
    ours = {procedure.code: procedure for procedure in load_curated()}
    assert "chứng thực" in ours[COPY].name.lower()
    assert VEHICLE_FEE not in ours or "trước bạ" in ours[VEHICLE_FEE].name.lower()
