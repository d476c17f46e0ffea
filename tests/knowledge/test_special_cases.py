"""Special cases stand aside unless the message says that it is one."""

from __future__ import annotations

from knowledge import special_cases
from knowledge.catalogue import load_curated

BIRTH, FOREIGN_BIRTH, BIRTH_AT_HOME = "1.001193", "2.000528", "1.003583"


def unmarked(text: str, *codes: str) -> frozenset[str]:
    return special_cases.read().unmarked(codes, text)


def test_a_special_case_without_a_sign_stands_aside() -> None:
    assert unmarked("làm giấy khai sinh cho bé", BIRTH, FOREIGN_BIRTH) == {FOREIGN_BIRTH}


def test_a_sign_keeps_it() -> None:
    assert not unmarked("chồng em người Hàn, khai sinh cho bé", BIRTH, FOREIGN_BIRTH)
    assert not unmarked("chong em nguoi han, khai sinh cho be", BIRTH, FOREIGN_BIRTH)


def test_each_needs_a_sign_of_its_own() -> None:
    assert unmarked("vợ người Lào mới sinh", BIRTH, FOREIGN_BIRTH, BIRTH_AT_HOME) == {BIRTH_AT_HOME}


def test_diacritics_are_taken_at_their_word() -> None:
    # "bị" is no Belgium, "hạn" no Korea
    assert unmarked("khai sinh bị quá hạn", BIRTH, FOREIGN_BIRTH) == {FOREIGN_BIRTH}


def test_without_the_usual_procedure_beside_it_a_special_case_stays() -> None:
    assert not unmarked("làm giấy khai sinh cho bé", FOREIGN_BIRTH)


def test_every_usual_procedure_is_a_curated_one() -> None:
    curated = {procedure.code for procedure in load_curated()}
    assert special_cases.read().usual_codes <= curated
