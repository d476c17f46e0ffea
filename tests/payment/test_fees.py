"""The fee of a dossier is certain, dated and sourced, or it is not asked online."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.payment.fees import Asker, Fee, Outlook, fee_of
from knowledge.catalogue import load_curated
from knowledge.schema import Cost, Procedure

DAY = dt.date(2026, 11, 25)
CURATED = {procedure.code: procedure for procedure in load_curated()}


def fee(procedure: Procedure, case_tag: str = "", province: str | None = None, **answers: str) -> Fee:
    return fee_of(procedure, Asker(DAY, answers, province, case_tag))


def record(*costs: Cost, **more: object) -> Procedure:
    return CURATED["1.001193"].model_copy(update={"code": "9.999999", "costs": costs, "checked_on": DAY, **more})


def a_cost(amount: int | None = 50_000, **more: object) -> Cost:
    return Cost(amount_vnd=amount, **({"source": "Thông tư 1"} | more))


def tag_of(found: Fee, words: str) -> str:
    return next(case.tag for case in found.cases if words in case.name)


def test_one_certain_row_is_due_with_its_source_and_days() -> None:
    until = dt.date(2026, 12, 31)
    found = fee(record(a_cost(valid_to=until)))
    assert (found.outlook, found.total_vnd) == (Outlook.due, 50_000)
    (line,) = found.lines
    assert (line.source, line.valid_to, line.checked_on) == ("Thông tư 1", until, DAY)


def test_fee_and_charge_are_paid_together() -> None:
    found = fee(record(a_cost(), a_cost(8_000, kind="charge"), a_cost(9_000, channel="in_person")))
    assert [line.amount_vnd for line in found.lines] == [50_000, 8_000]


@pytest.mark.parametrize(
    "costs",
    [
        (),
        (a_cost(None),),
        (a_cost(source=None),),
        (a_cost(is_doubtful=True),),
        (a_cost(valid_to=dt.date(2026, 11, 24)),),
        (a_cost(valid_from=dt.date(2026, 11, 26)),),
        (a_cost(channel="in_person"),),
        (a_cost(province="Thành phố Hà Nội"),),
        (a_cost(), a_cost(None, kind="charge")),
        (a_cost(unit="người"),),
        (a_cost(unit="bản"),),
        (a_cost(), a_cost(40_000)),
    ],
)
def test_what_is_doubtful_undated_over_or_elsewhere_is_not_payable_online(costs: tuple[Cost, ...]) -> None:
    assert fee(record(*costs)).outlook is Outlook.unknown


def test_a_record_nobody_checked_for_a_year_is_not_charged_by() -> None:
    assert fee(record(a_cost(), checked_on=dt.date(2025, 11, 1))).outlook is Outlook.unknown


def test_the_citizen_tells_the_case_and_an_exempt_one_owes_nothing() -> None:
    procedure = record(a_cost(case="mức chung"), a_cost(0, case="hộ nghèo"), a_cost(None, case="nơi khác"))
    asked = fee(procedure)
    assert asked.outlook is Outlook.choose and [case.name for case in asked.cases] == [
        "mức chung",
        "hộ nghèo",
        "nơi khác",
    ]
    assert fee(procedure, tag_of(asked, "mức chung")).total_vnd == 50_000
    exempt = fee(procedure, tag_of(asked, "hộ nghèo"))
    assert (exempt.outlook, exempt.case) == (Outlook.exempt, "hộ nghèo")
    assert fee(procedure, tag_of(asked, "nơi khác")).outlook is Outlook.unknown
    dearer = record(a_cost(60_000, case="mức chung"), a_cost(0, case="hộ nghèo"))
    assert fee(dearer, tag_of(asked, "mức chung")).outlook is Outlook.choose, "the figure changed since it was asked"


def test_pieces_are_counted_as_the_journey_was_told() -> None:
    procedure = record(a_cost(8_000, unit="bản", kind="charge"))
    assert fee(procedure, copies="3").total_vnd == 24_000
    assert fee(procedure, copies="0").outlook is Outlook.unknown


def test_a_birth_is_free_on_time_and_late_it_costs_what_the_province_sets() -> None:
    birth = CURATED["1.001193"]
    assert fee(birth, child_birth_date="2026-11-01").outlook is Outlook.free
    late = fee(birth, province="Thành phố Hà Nội", child_birth_date="2026-01-01")
    assert late.outlook is Outlook.choose
    due = fee(birth, tag_of(late, "trễ"), "Thành phố Hà Nội", child_birth_date="2026-01-01")
    assert due.total_vnd == 5_000 and "06/2020" in due.lines[0].source
    assert (
        fee(birth, tag_of(late, "hộ nghèo"), "Thành phố Hà Nội", child_birth_date="2026-01-01").outlook
        is Outlook.exempt
    )
    elsewhere = fee(birth, province="Tỉnh Đắk Lắk", child_birth_date="2026-01-01")
    chosen = fee(birth, tag_of(elsewhere, "trễ"), "Tỉnh Đắk Lắk", child_birth_date="2026-01-01")
    assert chosen.outlook is Outlook.unknown


def test_every_curated_procedure_has_a_fee_or_says_that_it_is_not_known() -> None:
    seen = set()
    for procedure in CURATED.values():
        found = fee(procedure, copies="1")
        seen.add(found.outlook)
        for case in found.cases:
            assert fee(procedure, case.tag, copies="1").outlook is not Outlook.choose, procedure.code
        assert all(line.source and line.amount_vnd > 0 for line in found.lines)
    assert seen == {Outlook.free, Outlook.due, Outlook.choose, Outlook.unknown}
