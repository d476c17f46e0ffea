"""No phrase that teaches search or understanding is an evaluation question, nor nearly one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz import fuzz, process

from bot.dialogue.training import SENTENCES
from bot.dialogue.training_data import written
from bot.evaluation import questions
from knowledge import everyday, outside
from knowledge.catalogue import load_curated
from knowledge.text import fold, tokens

ROOT = Path(__file__).parents[2]
TOO_ALIKE = 90.0
# A few words that anybody types alike ('tách thửa đất') are the subject itself, not a copied sentence.
FEWEST_WORDS = 5


def evaluation_questions() -> list[str]:
    folder = os.environ.get("MOTCUA_QUESTIONS")
    if not folder:
        pytest.skip("MOTCUA_QUESTIONS is not set")
    return [question.text for question in questions.read(sorted(Path(folder).glob("*.jsonl")))]


def our_phrases() -> Iterator[tuple[str, str]]:
    """(where it stands, phrase)"""
    for code, wording in everyday.load().items():
        for text in (*wording.names, *wording.situations, *(ask for asks in wording.asks.values() for ask in asks)):
            yield f"everyday {code}", text
    for procedure in load_curated():
        yield from ((f"procedure {procedure.code}", text) for text in procedure.everyday_names)
    yield from (("outside.yml", text) for text in outside.messages())
    for folder in SENTENCES:
        for intent, texts in written(ROOT / "nlu_data" / folder).items():
            yield from ((f"nlu_data {folder}/{intent}.yml", text) for text in texts)


def plain(text: str) -> str:
    return " ".join(tokens(fold(text)))


def likeness(one: list[str], other: list[str], scorer: object) -> np.ndarray:
    return process.cdist(one, other, scorer=scorer, dtype=np.float32, score_cutoff=TOO_ALIKE)


def test_no_phrase_of_ours_is_nearly_an_evaluation_question() -> None:
    asked = sorted({plain(text) for text in evaluation_questions()})
    ours = [(place, text, plain(text)) for place, text in our_phrases()]
    long = [(place, text, key) for place, text, key in ours if len(key.split()) >= FEWEST_WORDS]
    keys = [key for _, _, key in long]
    alike = np.maximum(likeness(keys, asked, fuzz.ratio), likeness(keys, asked, fuzz.token_sort_ratio))
    copies = [f"{long[row][0]}: {long[row][1]}" for row in np.flatnonzero(alike.max(axis=1) >= TOO_ALIKE)]
    assert not copies, "\n".join(copies)
