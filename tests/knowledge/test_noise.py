"""Machine-made typing: repeatable, and never empty."""

from __future__ import annotations

import random

import pytest

from knowledge import noise

SENTENCE = "tôi muốn làm lại giấy khai sinh cho con"


@pytest.mark.parametrize("way", [noise.slips, noise.glue, noise.telex, noise.drop_words, noise.typed])
def test_the_same_seed_types_the_same(way: object) -> None:
    assert way(SENTENCE, random.Random(3)) == way(SENTENCE, random.Random(3))  # type: ignore[operator]


@pytest.mark.parametrize("text", ["", "a", "ở", SENTENCE])
def test_any_text_can_be_typed(text: str) -> None:
    for seed in range(50):
        assert bool(noise.typed(text, random.Random(seed)).strip()) == bool(text.strip())


def test_all_words_can_slip_and_glue() -> None:
    assert noise.slips(SENTENCE, random.Random(1), share=1.0) != SENTENCE
    assert noise.glue(SENTENCE, random.Random(1), share=1.0) == SENTENCE.replace(" ", "")
