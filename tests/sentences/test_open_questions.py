"""The open evaluation set is well formed, broad, and kept apart from every phrase that teaches."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz

from bot.evaluation import questions
from knowledge.catalogue import load_curated
from knowledge.schema import Facet
from knowledge.text import search_key
from tests.knowledge.test_everyday_is_held_apart import TOO_ALIKE, likeness, our_phrases

FILE = Path(__file__).with_name("open_questions.jsonl")
STYLES = {"standard", "no_diacritics", "teencode_typos", "dialect", "story", "keyword"}
SCOPES = {
    "greeting", "thanks", "chitchat", "insult", "weather", "lottery", "love", "homework", "medical", "politics",
    "foreign_visa", "safety", "emergency", "status", "petition", "handoff", "submit", "pay", "gibberish", "english",
    "prompt_injection", "payload", "no_procedure",
}  # fmt: skip
KEYS = {"id", "question", "codes", "facet", "facets", "style", "scope", "ambiguous"}
FEWEST_ANSWERABLE = 400
FEWEST_OF_A_STYLE = 40
OFTEN = 9
FEWEST_ASKED_OFTEN = 43
# Shorter ones are the subject's own name, which everybody types alike.
FEWEST_WORDS = 4


@cache
def rows() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in FILE.read_text("utf-8").splitlines())


def answerable() -> list[dict[str, Any]]:
    return [row for row in rows() if row["codes"]]


def faults(row: dict[str, Any], curated: set[str]) -> list[str]:
    """What is wrong with one row."""
    named = row.get("facets") or [row.get("facet")]
    checks = {
        "unknown key": set(row) <= KEYS,
        "question": bool(row["question"].strip()),
        "style": row["style"] in STYLES,
        "code not curated": set(row["codes"]) <= curated,
        "a code twice": len(set(row["codes"])) == len(row["codes"]),
        "scope": row.get("scope") in SCOPES if not row["codes"] else "scope" not in row,
        "facet": set(named) <= set(Facet) and row["facet"] == named[0] if row["codes"] else "facet" not in row,
        "ambiguous between one": not row.get("ambiguous") or len(row["codes"]) > 1,
        "diacritics": row["style"] != "no_diacritics" or row["question"].isascii(),
    }
    return [f"{row['id']}: {name}" for name, holds in checks.items() if not holds]


def test_every_row_is_valid() -> None:
    curated = {procedure.code for procedure in load_curated()}
    assert [fault for row in rows() for fault in faults(row, curated)] == []


def test_the_reader_of_question_files_reads_them_all() -> None:
    read = questions.read([FILE])
    assert [question.text for question in read] == [row["question"] for row in rows()]
    assert [question.scope for question in read] == [row.get("scope", "") for row in rows()]


def test_ids_and_questions_are_unique() -> None:
    assert [row["id"] for row in rows()] == [f"open-{number:03d}" for number in range(1, len(rows()) + 1)]
    assert [text for text, times in Counter(search_key(row["question"]) for row in rows()).items() if times > 1] == []


def test_the_set_is_broad() -> None:
    styles = Counter(row["style"] for row in answerable())
    assert len(answerable()) >= FEWEST_ANSWERABLE
    assert {style for style in STYLES if styles[style] < FEWEST_OF_A_STYLE} == set()
    assert {row["facet"] for row in answerable()} == {str(facet) for facet in Facet}
    assert {row["scope"] for row in rows() if not row["codes"]} == SCOPES


def test_many_procedures_are_asked_about_often() -> None:
    # A procedure curated later may be missing here: the set is no duty of whoever writes one.
    asked = Counter(code for row in answerable() for code in row["codes"])
    assert sum(times >= OFTEN for times in asked.values()) >= FEWEST_ASKED_OFTEN


def test_no_question_is_nearly_a_phrase_that_teaches() -> None:
    asked = [
        (f"{row['id']} {row['question']}", key)
        for row in rows()
        if len((key := search_key(row["question"])).split()) >= FEWEST_WORDS
    ]
    ours = [(search_key(text), f"{place}: {text}") for place, text in our_phrases()]
    theirs, keys = [key for _, key in asked], [key for key, _ in ours]
    alike = np.maximum(likeness(theirs, keys, fuzz.ratio), likeness(theirs, keys, fuzz.token_sort_ratio))
    copies = {(asked[one][0], ours[other][1]) for one, other in np.argwhere(alike >= TOO_ALIKE)}
    assert not copies, "\n".join(" | ".join(pair) for pair in sorted(copies))
