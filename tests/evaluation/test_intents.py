"""What a cross-validation tells, as a whole and by the folder a sentence stands in."""

from __future__ import annotations

import pytest

from bot.evaluation.intents import Told, as_text

TOLD = Told("ours", ["greet", "greet", "thank"], ["greet", "thank", "thank"], ["chào bạn", "ê", "cảm ơn"])


def test_a_part_is_judged_by_its_own_sentences_alone() -> None:
    assert TOLD.part("sure", {"chào bạn", "cảm ơn"}).macro_f1 == 1.0
    assert TOLD.part("all", set(TOLD.texts)).macro_f1 == TOLD.macro_f1 < 1.0


def test_a_part_without_sentences_is_left_out_of_the_table() -> None:
    strange = Told("ours", ["greet"], ["greet"], ["a sentence of no folder"])
    assert as_text([strange]).count("\n") == 1


def test_a_label_that_is_no_intent_is_a_mistake_and_no_intent_more() -> None:
    told = Told("ours", ["greet", "greet"], ["greet", "start"], ["chào", "/start"])
    assert told.macro_f1 == pytest.approx(2 / 3)
