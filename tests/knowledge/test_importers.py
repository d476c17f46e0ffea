"""Foreign records: what is read from them, what is doubted, and which field of a bad one is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from knowledge.importers import fields
from knowledge.importers.reader import BadRecord, UnreadableFile, read_file
from knowledge.schema import Channel, OnlineLevel, Procedure
from tests.knowledge.shelf import TODAY

LINE = {
    "code": "1.900001",
    "name": "Cấp phép thả diều",
    "field": "Vui chơi",
    "level": "Cấp Xã, Cấp Tỉnh",
    "audience": ["Công dân Việt Nam"],
    "documents": [
        {
            "name": "- Đơn xin thả diều",
            "original": 1,
            "copies": 0,
            "form_file": "mau_01.doc",
            "case": "* Trường hợp thả đêm:",
        },
        {"name": "Ghi chú: mang theo diều", "original": 0, "copies": 0, "is_note": True},
    ],
    "methods": ["Trực tiếp", "Trực tuyến"],
    "method_details": [
        {"method": "Trực tiếp", "duration": "3 Ngày làm việc", "fees": [{"amount": "50.000 VNĐ", "note": None}]}
    ],
    "steps_text": "- Bước 1: nộp đơn\n- Bước 2: nhận phép",
    "legal_basis": ["Nghị định về diều"],
    "decision": "12/QĐ",
    "source": {"url": "https://example.org/x", "snapshot": "2026-07-20"},
}
PORTAL = {
    "code": "1.900002",
    "name": "Đăng ký đua thuyền",
    "isWard": True,
    "isFullProcess": True,
    "executionMethods": [
        {
            "submissionMethod": "ONLINE",
            "processingTime": 5,
            "processingTimeUnit": "WORKING_DAY",
            "fees": [
                {"type": "FEE", "value": 7000, "currencyName": "VND", "description": ""},
                {"type": "SERVICE_FEE", "value": 5, "currencyName": "USD", "description": "mỗi thuyền"},
            ],
        },
        {"submissionMethod": "DIRECT", "processingTime": 1, "processingTimeUnit": "OTHER", "fees": []},
    ],
    "executionCases": [
        {
            "name": "Thuyền thúng",
            "profileComponents": [
                {"name": "Đơn", "originalQty": 1, "copyQty": 2, "attachments": [{"fileName": "m.doc"}]}
            ],
        }
    ],
    "legalBasisesDetails": [{"name": "Luật Thuyền", "code": "01/2025/QH15"}],
    "procedureProposal": {"proposalNumber": "99/QĐ", "publicationDate": "2026-07-23T00:00:00Z"},
}


def read(tmp_path: Path, content: Any, name: str = "a.json") -> list[Procedure | BadRecord]:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), "utf-8")
    return list(read_file(path, TODAY))


def only(tmp_path: Path, record: dict[str, Any]) -> Procedure:
    (found,) = read(tmp_path, record)
    assert isinstance(found, Procedure), str(found)
    return found


def test_a_line_of_the_catalogue(tmp_path: Path) -> None:
    found = only(tmp_path, LINE)
    assert found.levels == ("ward", "province")
    assert [(paper.name, paper.case, paper.originals) for paper in found.documents] == [
        ("Đơn xin thả diều", "Trường hợp thả đêm", 1)
    ]
    assert found.document_notes == ("Ghi chú: mang theo diều",)
    assert (found.costs[0].amount_vnd, found.costs[0].channel) == (50_000, Channel.in_person)
    assert (found.time_limits[0].value, found.time_limits[0].unit) == (3, "working_day")
    assert found.official_steps == ("Bước 1: nộp đơn", "Bước 2: nhận phép")
    assert found.source.url == "https://dichvucong.gov.vn"  # only the portal's own addresses are passed on
    assert str(found.checked_on) == "2026-07-20"


@pytest.mark.parametrize("flag", ["free_but_note_sets_fee", "amount_conflicts_with_note", "amount_below_1000"])
def test_a_flagged_fee_is_doubtful_and_says_why(tmp_path: Path, flag: str) -> None:
    found = only(tmp_path, {**LINE, "data_flags": [flag]})
    assert found.costs[0].is_doubtful
    assert found.doubts


def test_a_flag_we_do_not_know_is_not_lost(tmp_path: Path) -> None:
    assert any("strange_flag" in doubt for doubt in only(tmp_path, {**LINE, "data_flags": ["strange_flag"]}).doubts)


def test_a_stub_is_partial(tmp_path: Path) -> None:
    stub = {key: LINE[key] for key in ("code", "name", "field")}
    assert only(tmp_path, {**stub, "stub": True}).is_partial


def test_a_record_of_the_portal(tmp_path: Path) -> None:
    found = only(tmp_path, PORTAL)
    assert (found.levels, found.online_level) == (("ward",), OnlineLevel.full)
    dong, dollar = found.costs
    assert (dong.kind, dong.amount_vnd, dong.channel) == ("fee", 7_000, Channel.online)
    assert (dollar.kind, dollar.amount_vnd, dollar.note) == ("charge", None, "5 USD — mỗi thuyền")
    assert (found.time_limits[0].value, found.time_limits[1].value) == (5, None)
    assert (found.documents[0].case, found.documents[0].copies, found.documents[0].form_template) == (
        "Thuyền thúng",
        2,
        "m.doc",
    )
    assert (found.legal_basis[0].number, found.source.decision) == ("01/2025/QH15", "99/QĐ")


def test_portal_records_come_alone_in_data_or_in_a_list(tmp_path: Path) -> None:
    other = {**PORTAL, "code": "1.900003"}
    for content, count in ((PORTAL, 1), ({"data": PORTAL}, 1), ([PORTAL, other], 2), ({"data": [PORTAL, other]}, 2)):
        assert [type(item) for item in read(tmp_path, content)] == [Procedure] * count


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"code": "abc"}, "code: "),
        ({"name": ""}, "name: "),
        ({"documents": [{"original": 1}]}, "name: missing"),
        ({"documents": "none"}, "wrong type"),
        ({"documents": [{"name": "Đơn", "original": -1}]}, "originals"),
        ({"field": None, "code": None}, "code"),
    ],
)
def test_a_bad_record_is_left_out_and_its_field_is_named(tmp_path: Path, change: dict[str, Any], problem: str) -> None:
    bad, good = read(tmp_path, json.dumps({**LINE, **change}) + "\n" + json.dumps(LINE), "a.jsonl")
    assert isinstance(good, Procedure)
    assert isinstance(bad, BadRecord)
    assert "line 1" in bad.place
    assert problem in bad.problem


@pytest.mark.parametrize("record", [{}, [], 5, None, "text", {"title": "x"}])
def test_a_stranger_is_left_out(tmp_path: Path, record: Any) -> None:
    (bad,) = read(tmp_path, [record])
    assert isinstance(bad, BadRecord)
    assert "neither" in bad.problem


def test_a_line_cut_off_in_the_middle_is_named(tmp_path: Path) -> None:
    whole = json.dumps(LINE, ensure_ascii=False)
    good, bad = read(tmp_path, whole + "\n" + whole[: len(whole) // 2], "a.jsonl")
    assert isinstance(good, Procedure)
    assert "line 2" in str(bad)


@pytest.mark.parametrize("content", ["", "   \n", "{not json", '"'])
def test_a_file_that_is_nothing_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(UnreadableFile, match="a.json"):
        read(tmp_path, content)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="gone.json"):
        list(read_file(tmp_path / "gone.json", TODAY))


@pytest.mark.parametrize(
    ("amount", "note", "value", "is_doubtful"),
    [
        ("8.000 VNĐ", None, 8_000, False),
        ("Miễn phí", None, 0, False),
        ("Miễn phí", "theo Thông tư 244/2016", 0, True),
        ("Miễn phí", "miễn lệ phí", 0, False),
        ("135 VNĐ", None, 135, True),
        ("Theo quy định", None, None, False),
    ],
)
def test_amounts(amount: str, note: str | None, value: int | None, is_doubtful: bool) -> None:
    row = fields.cost(amount, note, Channel.any)
    assert row is not None
    assert (row.amount_vnd, row.is_doubtful) == (value, is_doubtful)


def test_a_fee_with_an_end_has_a_last_day() -> None:
    row = fields.cost("10.000 VNĐ", "áp dụng đến hết ngày 31/12/2025", Channel.any)
    assert row is not None
    assert str(row.valid_to) == "2025-12-31"
    assert fields.cost("10.000 VNĐ", "đến hết ngày 45/13/2025", Channel.any).valid_to is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [("20 Ngày", 20, "day"), ("2 Giờ", 2, "hour"), ("1 Tháng", 1, "month"), ("1", None, "other")],
)
def test_time_limits(text: str, value: int | None, unit: str) -> None:
    limit = fields.time_limit(text, Channel.any)
    assert limit is not None
    assert (limit.value, limit.unit) == (value, unit)


def test_no_time_limit_is_none() -> None:
    assert fields.time_limit("Không quy định", Channel.any) is None
    assert fields.time_limit(" ", Channel.any) is None
