"""The fact checker: a difference is a contradiction until it is explained; dates and references are watched."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from knowledge.check import Against, Finding, Kind, check, contradictions
from knowledge.check_report import as_json, as_text
from knowledge.schema import Cost, Document, Procedure, TimeLimit
from knowledge.tariffs import Tariff
from tests.knowledge.records import TODAY, official, record


def found(ours: Procedure, theirs: Procedure | None = None, **against: Any) -> list[Finding]:
    records = {} if theirs is None else {theirs.code: theirs}
    return check([ours], Against(TODAY, records, **against))


def fields(ours: Procedure, theirs: Procedure) -> set[str]:
    return {finding.field for finding in contradictions(found(ours, theirs))}


def kinds(findings: list[Finding]) -> set[Kind]:
    return {finding.kind for finding in findings}


def cost(amount: int | None = 8000, **parts: Any) -> tuple[Cost, ...]:
    return (Cost(amount_vnd=amount, **parts),)


# ---- against the catalogue


def test_two_records_that_say_the_same_are_left_alone() -> None:
    assert found(record(), official()) == []


@pytest.mark.parametrize(
    ("field", "theirs"),
    [
        ("name", {"name": "Cấp phép bay"}),
        ("decision", {"source": {"title": "Thử", "decision": "99/QĐ-BVC"}}),
        ("costs", {"costs": (Cost(amount_vnd=9000),)}),
        ("time_limits", {"time_limits": (TimeLimit(value=5),)}),
        ("documents", {"documents": (Document(name="Giấy khám sức khỏe"), Document(name="Ảnh chân dung 4x6"))}),
        ("online_level", {"submission_methods": ("in_person",), "costs": (Cost(amount_vnd=8000),)}),
    ],
)
def test_a_field_told_differently_is_a_contradiction(field: str, theirs: dict[str, Any]) -> None:
    assert fields(record(), official(**theirs)) == {field}


def test_a_difference_with_its_reason_is_only_listed() -> None:
    ours = record(costs=cost(5000), differs_because={"costs": "Luật mới giảm mức thu."})
    findings = found(ours, official())
    assert [(finding.kind, finding.because) for finding in findings] == [(Kind.explained, "Luật mới giảm mức thu.")]


def test_a_reason_for_one_field_does_not_cover_another() -> None:
    ours = record(costs=cost(5000), differs_because={"documents": "Gộp hai giấy."})
    assert fields(ours, official()) == {"costs"}


def test_spaces_and_the_last_stop_do_not_make_another_name() -> None:
    assert fields(record(), official(name="Cấp phép  thả diều.")) == set()


def test_a_decision_is_the_same_however_its_number_is_written() -> None:
    assert fields(record(), official(source={"title": "Thử", "decision": "Quyết định số 12/QĐ-BVC"})) == set()


def test_an_amount_the_catalogue_only_notes_is_its_word_too() -> None:
    theirs = official(costs=cost(8000, note="nộp theo danh sách: 10.000 đồng/người"))
    assert fields(record(costs=(*cost(8000), *cost(10000))), theirs) == set()


def test_a_figure_that_the_catalogue_doubts_is_not_held_against_ours() -> None:
    assert (
        fields(record(costs=cost(None, note="do tỉnh quyết định")), official(costs=cost(0, is_doubtful=True))) == set()
    )


def test_a_figure_of_ours_that_the_catalogue_lacks_needs_a_reason() -> None:
    assert fields(record(), official(costs=())) == {"costs"}


def test_an_amount_for_another_way_of_filing_is_not_the_same_amount() -> None:
    assert fields(record(costs=cost(8000, channel="online")), official(costs=cost(8000, channel="in_person"))) == {
        "costs"
    }


def test_a_figure_that_has_run_out_is_not_compared() -> None:
    old = Cost(amount_vnd=4000, valid_to=TODAY - dt.timedelta(days=1))
    assert fields(record(), official(costs=(*cost(8000), old))) == set()


def test_a_number_without_a_unit_is_no_time_limit() -> None:
    theirs = official(time_limits=(TimeLimit(unit="other", text="3"),))
    assert fields(record(time_limits=()), theirs) == set()
    assert fields(record(), theirs) == {"time_limits"}


def test_papers_told_in_plain_words_cover_the_official_ones() -> None:
    theirs = official(documents=(Document(name="Đơn xin thả diều theo mẫu số 01 ban hành kèm theo Thông tư này"),))
    assert fields(record(), theirs) == set()


def test_a_long_list_cut_to_a_third_is_a_contradiction_even_when_alike() -> None:
    theirs = official(documents=tuple(Document(name=f"Đơn xin thả diều loại {number}") for number in range(4)))
    assert fields(record(), theirs) == {"documents"}


def test_a_level_the_catalogue_knows_must_be_the_same() -> None:
    theirs = record(origin="imported", online_level="full")
    assert fields(record(), theirs) == {"online_level"}


def test_a_record_the_catalogue_lacks_is_a_contradiction_unless_known_by_name_only_or_explained() -> None:
    assert {finding.field for finding in found(record())} == {"code"}
    assert found(record(is_partial=True)) == []
    assert kinds(found(record(differs_because={"code": "Mới công bố tháng 11."}))) == {Kind.explained}


def test_of_a_record_known_by_name_only_the_name_is_compared() -> None:
    assert fields(record(is_partial=True), official(costs=cost(1))) == set()
    assert fields(record(is_partial=True), official(name="Khác")) == {"name"}


def test_without_a_catalogue_nothing_is_compared_but_dates_still_are() -> None:
    ours = record(costs=cost(1), checked_on=dt.date(2026, 1, 1))
    assert kinds(check([ours], Against(TODAY))) == {Kind.old}


# ---- dates


def test_a_record_is_old_after_180_days() -> None:
    on_the_edge = record(checked_on=TODAY - dt.timedelta(days=180))
    assert found(on_the_edge, official()) == []
    assert kinds(found(on_the_edge.model_copy(update={"checked_on": TODAY - dt.timedelta(days=181)}), official())) == {
        Kind.old
    }


@pytest.mark.parametrize(("days", "kind"), [(60, Kind.expiring), (0, Kind.expiring), (-1, Kind.expired)])
def test_a_figure_that_ends_is_told_before_and_after(days: int, kind: Kind) -> None:
    ours = record(costs=cost(8000, valid_to=TODAY + dt.timedelta(days=days)))
    assert kind in kinds(found(ours, official(costs=ours.costs)))


def test_a_figure_that_ends_in_61_days_is_not_yet_told() -> None:
    ours = record(costs=cost(8000, valid_to=TODAY + dt.timedelta(days=61)))
    assert found(ours, official()) == []


def test_an_expired_figure_with_a_successor_is_no_news() -> None:
    ended = TODAY - dt.timedelta(days=10)
    rows = (*cost(4000, valid_to=ended), *cost(8000, valid_from=ended + dt.timedelta(days=1)))
    assert found(record(costs=rows), official()) == []


def test_a_figure_that_begins_the_day_after_follows_whatever_its_case_is_called() -> None:
    ended = TODAY - dt.timedelta(days=10)
    begun = cost(50_000, case="mức thu chung", valid_from=ended + dt.timedelta(days=1))
    assert found(record(costs=(*cost(25_000, case="mức giảm", valid_to=ended), *begun)), official(costs=begun)) == []


def test_the_general_figure_follows_a_reduction_for_a_few() -> None:
    ended = TODAY - dt.timedelta(days=10)
    reduced = Cost(amount_vnd=0, case="VNeID mức 2", channel="online", identity_level=2, valid_to=ended)
    assert found(record(costs=(*cost(8000, case="mức thu chung"), reduced)), official()) == []


def test_another_case_does_not_follow_an_expired_figure() -> None:
    rows = (*cost(4000, case="trẻ em", valid_to=TODAY - dt.timedelta(days=1)), *cost(8000, case="người lớn"))
    assert Kind.expired in kinds(found(record(costs=rows), official()))


def test_a_law_that_ends_is_told() -> None:
    law = {"title": "Luật thả diều", "number": "1/2014", "valid_to": TODAY}
    assert kinds(found(record(legal_basis=(law,)), official())) == {Kind.expiring}


def test_a_figure_of_the_calculators_is_watched_too() -> None:
    def tariff(**parts: Any) -> Tariff:
        given = {
            "name": "kite",
            "amount_vnd": 1,
            "valid_from": "2020-01-01",
            "evidence": "text",
            "source": "Luật",
            "checked_on": TODAY,
        }
        return Tariff.model_validate({**given, **parts})

    ended = tariff(valid_to=TODAY - dt.timedelta(days=1))
    assert kinds(found(record(), official(), tariffs=[ended])) == {Kind.expired}
    assert found(record(), official(), tariffs=[ended, tariff(valid_from=TODAY)]) == []


# ---- references


def test_a_code_named_in_a_text_must_be_a_procedure() -> None:
    ours = record(not_for="người chỉ muốn thuê diều (1.900002)")
    assert kinds(found(ours, official())) == {Kind.dead_reference}
    other = official(code="1.900002")
    assert check([ours], Against(TODAY, {"1.900001": official(), "1.900002": other})) == []


def test_money_and_decree_numbers_are_no_codes() -> None:
    ours = record(not_for="người đóng 1.000.000 đồng theo Nghị định 66.7/2025/NQ-CP hoặc 1.234.567.890 đồng")
    assert found(ours, official()) == []


def test_codes_of_other_files_are_followed() -> None:
    findings = found(record(), official(), mentions={"distinctions.yml": '"1.900001": a\n"1.900009": b'})
    assert [(finding.kind, finding.code, finding.ours) for finding in findings] == [
        (Kind.dead_reference, "1.900009", "distinctions.yml")
    ]


@pytest.mark.parametrize(
    ("form", "listed", "is_dead"),
    [
        ("CT01", ("CT01: Tờ khai thay đổi thông tin cư trú",), False),
        ("Mẫu số 18, Nghị định 151/2025/NĐ-CP", ("Mẫu số 18: Đơn đăng ký biến động",), False),
        ("Mẫu 13-HSB", ("13-HSB: Giấy ủy quyền",), False),
        ("TK01, TK01a", ("TK01: từ 14 tuổi", "TK01a: dưới 14 tuổi"), False),
        ("TK01, TK01a", ("TK01: từ 14 tuổi",), True),
        ("Mẫu số 1", ("Mẫu số 18: Đơn",), True),
        ("CC01", ("DC01: Phiếu", "DC02: Phiếu"), True),
        ("Tờ khai đăng ký khai sinh", ("Tờ khai đăng ký khai tử",), True),
        ("CT01", (), True),
    ],
)
def test_a_form_that_a_paper_names_must_be_listed(form: str, listed: tuple[str, ...], is_dead: bool) -> None:
    paper = Document(name="Đơn xin thả diều", form_template=form)
    findings = found(record(documents=(paper,), form_templates=listed), official())
    assert (Kind.dead_reference in kinds(findings)) is is_dead


def test_a_reason_for_a_field_that_does_not_exist_leads_nowhere() -> None:
    assert kinds(found(record(differs_because={"price": "Vì thế."}), official())) == {Kind.dead_reference}


# ---- doubts, order and print


def test_what_either_record_doubts_is_for_a_person_to_look_at() -> None:
    findings = found(record(doubts=("Chưa rõ vùng.",)), official(doubts=("Nguồn nhắc tên cũ.",)))
    assert [(finding.kind, finding.ours, finding.theirs) for finding in findings] == [
        (Kind.doubtful, "Chưa rõ vùng.", ""),
        (Kind.doubtful, "", "Nguồn nhắc tên cũ."),
    ]


def test_the_gravest_comes_first_and_the_table_shows_both_sides() -> None:
    ours = record(costs=cost(5000), doubts=("Chưa rõ vùng.",), checked_on=dt.date(2025, 1, 1))
    findings = found(ours, official())
    assert [finding.kind for finding in findings] == [Kind.contradiction, Kind.old, Kind.doubtful]
    table = as_text(findings)
    assert table.index("Contradictions") < table.index("Checked more than") < table.index("Doubtful")
    assert "ours: 5000" in table and "catalogue: 8000" in table
    assert max(map(len, table.splitlines())) <= 120


def test_nothing_found_is_said() -> None:
    assert as_text([]) == "Nothing to report."


def test_the_same_goes_out_as_json() -> None:
    told = json.loads(as_json(found(record(costs=cost(5000)), official())))
    assert [(row["kind"], row["code"], row["field"], row["because"]) for row in told] == [
        ("contradiction", "1.900001", "costs", None)
    ]
