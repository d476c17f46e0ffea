"""Figures of a measurement."""

from __future__ import annotations

import math

import pytest

from bot.evaluation import measures


def test_rank_is_of_the_first_right_code() -> None:
    assert measures.rank(["a", "b", "c"], ["c", "b"]) == 1
    assert measures.rank(["a"], ["z"]) == measures.NOT_FOUND


def test_figures_of_known_ranks() -> None:
    figures = measures.figures([0, 0, 3, 7, measures.NOT_FOUND])
    assert [figures[name].value for name in ("R@1", "R@5", "R@10")] == pytest.approx([0.4, 0.6, 0.8])
    assert figures["MRR@10"].value == pytest.approx((1 + 1 + 1 / 4 + 1 / 8) / 5)


def test_an_interval_holds_its_value_and_repeats_itself() -> None:
    one, again = measures.figure([0, 1] * 50), measures.figure([0, 1] * 50)
    assert one == again
    assert 0.35 < one.low < one.value == 0.5 < one.high < 0.65


def test_no_values_are_no_figure() -> None:
    assert math.isnan(measures.figure([]).value)


def test_honest_confidence_has_no_calibration_error() -> None:
    bins, error = measures.calibration([0.75] * 4, [True, True, True, False])
    assert (len(bins), error) == (1, pytest.approx(0))


def test_boasting_is_measured() -> None:
    _, error = measures.calibration([0.95] * 10, [False] * 10)
    assert error == pytest.approx(0.95)


def test_risk_grows_with_coverage() -> None:
    curve = measures.risk_by_coverage([0.9, 0.2, 0.8], [True, False, True])
    assert [risk for _, risk in curve] == pytest.approx([0, 0, 1 / 3])
    assert [share for share, _ in curve] == pytest.approx([1 / 3, 2 / 3, 1])
    assert measures.risk_by_coverage([], []) == []
