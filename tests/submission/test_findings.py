"""What would send a dossier back is found before it is handed in, with the answer that puts it right."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from bot.submission.dossier import Dossier, Status
from bot.submission.findings import findings
from bot.submission.journey import Answer
from knowledge.schema import Question
from tests.submission.journeys import curated, procedure, question

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
MOTHER = (question("mother_name", "person_name"), question("mother_id", "citizen_id"))
BOTH = (question("man_birth_date", "date", past=True), question("woman_birth_date", "date", past=True))


def dossier(questions: tuple[Question, ...], answers: Mapping[str, str]) -> Dossier:
    return Dossier(
        id="d" * 32,
        conversation_id="c",
        procedure=procedure(*questions),
        digest="x",
        status=Status.draft,
        answers={step: Answer(value, value) for step, value in answers.items()},
        version=2,
        last_change=None,
        created_at=NOW,
        changed_at=NOW,
        expires_at=None,
    )


def found(questions: tuple[Question, ...], **answers: str) -> list[tuple[str, str]]:
    return [(one.step.id, one.text) for one in findings(dossier(questions, answers), is_outdated=False)]


def test_a_parent_as_old_as_the_child_is_a_slip_of_the_pen() -> None:
    asked = (question("child_birth_date", "date"), *MOTHER)
    told = {"child_birth_date": "2026-11-02", "mother_name": "Trần Thị Hoa"}
    ((step, text),) = found(asked, **told, mother_id="054318001234")
    assert step == "mother_id" and "sinh năm 2018" in text and "bé sinh năm 2026" in text
    assert found(asked, **told, mother_id="054195001234") == []


def test_who_is_too_young_to_marry_is_told_before_the_way_to_the_desk() -> None:
    told = found(BOTH, man_birth_date="2006-11-26", woman_birth_date="2008-11-26")
    assert [step for step, _ in told] == ["man_birth_date", "woman_birth_date"]
    assert "chưa đủ 20 tuổi" in told[0][1] and "chưa đủ 18 tuổi" in told[1][1]
    assert found(BOTH, man_birth_date="2006-11-25", woman_birth_date="2008-11-25") == []


def test_a_paper_past_its_time_is_found_by_the_day_it_was_issued_or_ends() -> None:
    issued, ends = question("single_paper_issued_on", "date"), question("visa_expires_on", "date")
    assert "chỉ dùng được 6 tháng" in found((issued,), single_paper_issued_on="2026-05-24")[0][1]
    assert found((issued,), single_paper_issued_on="2026-05-25") == []
    assert "hết hạn ngày 2026-11-24" in found((ends,), visa_expires_on="2026-11-24")[0][1]
    assert found((ends,), visa_expires_on="2026-11-25") == []


def test_who_marries_a_foreigner_is_told_of_papers_older_than_half_a_year_and_may_leave_the_days_out() -> None:
    asked = [one for one in curated()["2.000806"].questions if one.id.endswith("_issued_on")]
    assert [(one.id, one.optional) for one in asked] == [
        ("single_paper_issued_on", True),
        ("health_paper_issued_on", True),
    ]
    old = found(tuple(asked), single_paper_issued_on="2026-05-24", health_paper_issued_on="2026-05-24")
    assert [step for step, _ in old] == [one.id for one in asked]
    assert found(tuple(asked), single_paper_issued_on="", health_paper_issued_on="2026-11-01") == []


def test_the_last_day_of_a_month_is_counted_as_people_count() -> None:
    issued = question("single_paper_issued_on", "date")
    one = dossier((issued,), {"single_paper_issued_on": "2026-08-31"})
    late = dataclasses.replace(one, changed_at=datetime(2027, 3, 1, 3, tzinfo=UTC))
    assert findings(late, is_outdated=False)  # half a year from 31 August ends on 28 February


def test_one_name_with_two_numbers_and_one_number_with_two_names() -> None:
    asked = (*MOTHER, question("filer_name", "person_name"), question("filer_id", "citizen_id"))
    same = {"mother_name": "Trần Thị Hoa", "filer_name": "Trần Thị Hoa", "mother_id": "054195001234"}
    assert found(asked, **same, filer_id="054195001234") == []  # who files is the mother: told twice, the same twice
    ((step, text),) = found(asked, **same, filer_id="054195001243")
    assert step == "filer_id" and "hai số căn cước khác nhau" in text
    other = same | {"filer_name": "Trần Văn Bình"}
    ((step, text),) = found(asked, **other, filer_id="054195001234")
    assert step == "filer_id" and "cùng một số căn cước" in text


@pytest.mark.parametrize(
    ("files", "shown", "is_found"), [("a", "1 tệp", True), ("a,b", "2 tệp", False), ("later", "nộp sau", False)]
)
def test_a_paper_of_several_pages_with_one_picture_is_asked_about(files: str, shown: str, is_found: bool) -> None:
    book = Question(id="book", kind="file", prompt="Bạn gửi ảnh các trang sổ đỏ.", example=None)
    one = dataclasses.replace(dossier((book,), {}), answers={"book": Answer(files, shown)})
    told = [finding.text for finding in findings(one, is_outdated=False)]
    assert any("mới có 1 ảnh" in text for text in told) is is_found


def test_an_address_of_another_office_is_found_where_the_offices_are_known() -> None:
    home, old = question("home", "address"), question("old_home", "address")
    one = dossier((home, old), {"home": "tuy-hoa", "old_home": "far-away"})
    assert findings(one, is_outdated=False) == []
    assert findings(one, is_outdated=False, serves=lambda ward: ward == "tuy-hoa") == []
    (finding,) = findings(one, is_outdated=False, serves=lambda ward: ward == "da-nang")
    assert finding.step.id == "home" and "không thuộc nơi mình gửi hồ sơ tới" in finding.text


@pytest.mark.parametrize(
    ("earlier", "later"), [("deceased_birth_date", "death_date"), ("valid_from", "valid_to"), ("leaves_on", "back_on")]
)
def test_days_in_the_wrong_order_are_found(earlier: str, later: str) -> None:
    asked = (question(earlier, "date"), question(later, "date"))
    ((step, _),) = found(asked, **{earlier: "2026-05-02", later: "2026-05-01"})
    assert step == later
    assert found(asked, **{earlier: "2026-05-01", later: "2026-05-02"}) == []
