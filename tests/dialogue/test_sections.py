from __future__ import annotations

import datetime as dt

import pytest

from bot.dialogue import facts
from bot.dialogue.asker import Asker
from bot.dialogue.plain import clip
from bot.dialogue.sections import tell
from knowledge.schema import Cost, Document, Facet, Procedure, Source, TimeLimit

TODAY = dt.date(2026, 11, 24)
ASKER = Asker(TODAY)


def procedure(**parts) -> Procedure:
    base = {
        "code": "1.004194",
        "name": "Đăng ký tạm trú",
        "plain_name": "đăng ký tạm trú",
        "sector": "Cư trú",
        "levels": ("ward",),
        "source": Source(title="Cơ sở dữ liệu quốc gia", decision="1234/QĐ-BCA", url="https://dichvucong.gov.vn"),
        "checked_on": dt.date(2026, 11, 1),
    }
    return Procedure(**{**base, **parts})


@pytest.mark.parametrize("facet", list(Facet))
def test_a_facet_that_is_not_known_is_said_to_be_unknown(facet: Facet) -> None:
    text = tell(procedure(), facet, ASKER).text
    assert text.strip()
    assert "None" not in text and "{" not in text
    assert "miễn phí" not in text.lower()


def test_a_fee_is_told_only_while_it_is_valid() -> None:
    costs = (
        Cost(amount_vnd=15_000, valid_to=dt.date(2026, 10, 31)),
        Cost(amount_vnd=20_000, valid_from=dt.date(2026, 11, 1), channel="online"),
    )
    text = tell(procedure(costs=costs), Facet.cost, ASKER).text
    assert "20.000 đồng" in text and "15.000" not in text
    assert "trực tuyến" in text


def test_no_fee_valid_today_is_not_known_and_never_the_last_one() -> None:
    text = tell(procedure(costs=(Cost(amount_vnd=15_000, valid_to=dt.date(2025, 12, 31)),)), Facet.cost, ASKER).text
    assert "chưa có mức thu chắc chắn" in text and "15.000" not in text


def test_a_doubtful_fee_is_never_announced_as_a_fact() -> None:
    text = tell(procedure(costs=(Cost(amount_vnd=0, is_doubtful=True, note="theo Thông tư"),)), Facet.cost, ASKER).text
    assert "miễn phí" not in text and "chưa thống nhất" in text


def test_free_is_said_when_the_record_says_so() -> None:
    assert "miễn phí" in tell(procedure(costs=(Cost(amount_vnd=0),)), Facet.cost, ASKER).text


def test_a_fee_of_another_province_is_not_told() -> None:
    text = tell(
        procedure(costs=(Cost(amount_vnd=5_000, province="Hà Nội"),)), Facet.cost, Asker(TODAY, province="Đắk Lắk")
    ).text
    assert "5.000" not in text


def test_the_last_day_of_a_reduced_fee_is_told() -> None:
    text = tell(procedure(costs=(Cost(amount_vnd=7_000, valid_to=dt.date(2027, 2, 28)),)), Facet.cost, ASKER).text
    assert "đến hết 28/02/2027" in text


def test_papers_needed_by_all_come_first_and_the_rest_under_their_case() -> None:
    papers = (Document(name="Hợp đồng thuê nhà", case="Thuê nhà", copies=1), Document(name="Tờ khai CT01", originals=1))
    section = tell(procedure(documents=papers), Facet.documents, ASKER)
    assert (
        section.text.index("Tờ khai CT01")
        < section.text.index("Trường hợp: Thuê nhà")
        < section.text.index("Hợp đồng thuê nhà")
    )
    assert [item.text for item in section.card.items] == ["Tờ khai CT01", "Hợp đồng thuê nhà"]


def test_a_time_limit_of_a_bare_number_says_nothing() -> None:
    text = tell(procedure(time_limits=(TimeLimit(unit="other", text="1"),)), Facet.time_limit, ASKER).text
    assert "chưa có thời hạn chắc chắn" in text


def test_the_same_limit_by_every_channel_is_told_once() -> None:
    limits = tuple(TimeLimit(value=3, channel=via) for via in ("online", "in_person", "postal"))
    text = tell(procedure(time_limits=limits), Facet.time_limit, ASKER).text
    assert text.count("3 ngày làm việc") == 1


def test_the_citizens_ward_is_named_for_a_procedure_of_the_ward() -> None:
    text = tell(procedure(receiving_agency="Công an xã"), Facet.place, Asker(TODAY, ward="phường Tuy Hòa")).text
    assert "Trung tâm Phục vụ hành chính công phường Tuy Hòa" in text


def test_two_facets_asked_are_both_told() -> None:
    known = procedure(costs=(Cost(amount_vnd=15_000),), time_limits=(TimeLimit(value=3),))
    outcome = facts.answer(known, (Facet.cost, Facet.time_limit), ASKER)
    assert "15.000" in outcome.replies[0].text and "3 ngày làm việc" in outcome.replies[0].text
    assert outcome.turn.facets == ("cost", "time_limit")


def test_every_answer_names_source_decision_and_day() -> None:
    text = facts.answer(procedure(), (Facet.documents,), ASKER).replies[0].text
    assert "Cơ sở dữ liệu quốc gia, 1234/QĐ-BCA. Kiểm tra ngày 01/11/2026." in text


def test_an_old_check_is_told_as_old() -> None:
    text = facts.answer(procedure(checked_on=dt.date(2026, 1, 5)), (Facet.documents,), ASKER).replies[0].text
    assert "05/01/2026, có thể đã đổi" in text


def test_a_record_known_by_name_only_announces_nothing() -> None:
    partial = procedure(is_partial=True, costs=(Cost(amount_vnd=9_999),))
    text = facts.answer(partial, (Facet.cost,), ASKER).replies[0].text
    assert "9.999" not in text and "chưa có giấy tờ, lệ phí" in text


def test_a_procedure_switched_off_tells_the_reason_and_nothing_else() -> None:
    outcome = facts.answer(
        procedure(costs=(Cost(amount_vnd=15_000),)), (Facet.cost,), ASKER, off_reason="đang cập nhật"
    )
    assert "đang cập nhật" in outcome.replies[0].text and "15.000" not in outcome.replies[0].text


def test_buttons_offer_the_facets_not_yet_told_and_a_person() -> None:
    payloads = [button.payload for button in facts.answer(procedure(), (Facet.documents,), ASKER).replies[0].buttons]
    assert "f:documents:1.004194" not in payloads
    assert payloads[-1] == "h:" and "f:cost:1.004194" in payloads


def test_a_long_line_is_cut_at_a_word() -> None:
    assert clip("giấy chứng nhận quyền sử dụng đất", 20) == "giấy chứng nhận…"
