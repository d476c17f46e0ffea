"""Before a journey a citizen is told in a few lines what filing means, and no figure is guessed."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.dialogue.asker import Asker
from bot.dialogue.before_filing import summary
from knowledge.catalogue import load_curated
from knowledge.schema import Cost, Procedure

DAY = dt.date(2026, 11, 25)
ASKER = Asker(DAY, None, None, None)


@pytest.fixture(scope="module")
def residence() -> Procedure:
    return next(one for one in load_curated() if one.code == "1.004194")


def with_costs(procedure: Procedure, *costs: Cost) -> str:
    return summary(procedure.model_copy(update={"costs": costs}), ASKER).text


def cost(amount: int, **more: object) -> Cost:
    return Cost.model_validate({"kind": "fee", "amount_vnd": amount, "unit": "lần", **more})


def test_who_where_cost_and_time_fit_on_one_small_screen(residence: Procedure):
    told = summary(residence, ASKER)
    for part in ("Dành cho:", "Không dùng khi:", "trực tuyến", "Nộp tại:", "3 ngày làm việc", "Nguồn:"):
        assert part in told.text
    assert told.text.count("\n") <= 9
    assert {button.payload.split(":")[1] for button in told.buttons} == {"eligibility", "cost", "documents"}


@pytest.mark.parametrize("procedure", [one for one in load_curated() if one.questions], ids=lambda one: one.code)
def test_every_journey_begins_with_less_than_a_thousand_letters(procedure: Procedure):
    assert len(summary(procedure, ASKER).text) < 1_000


def test_one_sum_for_all_is_told_as_it_is(residence: Procedure):
    assert "Lệ phí: 7.000 đồng/lần" in with_costs(residence, cost(7_000), cost(7_000, case="theo danh sách"))


def test_several_sums_are_told_from_the_least_to_the_most(residence: Procedure):
    assert "từ miễn phí đến 7.000 đồng/lần" in with_costs(residence, cost(0, case="trẻ em"), cost(7_000))


def test_what_is_paid_at_the_desk_is_no_figure_for_filing_online(residence: Procedure):
    told = with_costs(residence, cost(7_000, channel="online"), cost(15_000, channel="in_person"))
    assert "7.000" in told and "15.000" not in told


def test_sums_of_different_units_are_not_made_into_a_range(residence: Procedure):
    told = with_costs(residence, cost(2_000, unit="trang"), cost(50_000, unit="giao dịch"))
    assert "2.000" not in told and "tùy trường hợp" in told


def test_a_doubtful_or_expired_figure_is_not_announced(residence: Procedure):
    doubtful = with_costs(residence, cost(7_000, is_doubtful=True))
    expired = with_costs(residence, cost(7_000, valid_to="2026-11-24"))
    for told in (doubtful, expired):
        assert "7.000" not in told and "chưa có số chắc chắn" in told
