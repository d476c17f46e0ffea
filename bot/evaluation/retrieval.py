"""Measures search and facets on question files, beside plain baselines, and writes the report."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.evaluation import measures
from bot.evaluation.baselines import PlainBm25, SqliteSearch
from bot.evaluation.questions import BadQuestions, Question, read
from bot.evaluation.report import as_html, as_text
from knowledge.library import IndexCorrupt, IndexMissing, Library, Snapshot
from knowledge.search import Decision, Found
from knowledge.text import fold

OURS = "Một Cửa"
STRIPPED = "Một Cửa, diacritics removed"

# Which facets a message asks about, best first; the dialogue's understanding.
Facets = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Asked:
    """One question and what search made of it."""

    question: Question
    found: Found
    rank: int

    @property
    def is_helped(self) -> bool:
        """A right answer, or a right choice among those offered."""
        offered = self.found.choices if self.found.decision is Decision.ambiguous else self.found.hits[:1]
        return self.found.decision is not Decision.none and any(hit.code in self.question.codes for hit in offered)


@dataclass(frozen=True)
class Results:
    """Everything the report shows. `ranks` by system, over questions that have a right procedure."""

    procedures: int
    questions: int
    ranks: Mapping[str, Sequence[int]]
    asked: Sequence[Asked]
    outside: Sequence[Asked]
    cpu_ms: float
    facets: Mapping[str, Sequence[bool]]  # facet → whether each question about it was understood

    def sliced(self, key: Callable[[Question], Sequence[str]]) -> dict[str, list[int]]:
        slices: dict[str, list[int]] = {}
        for one in self.asked:
            for name in key(one.question):
                slices.setdefault(name, []).append(one.rank)
        return dict(sorted(slices.items(), key=lambda item: -len(item[1])))


def evaluate(files: Sequence[Path], data_dir: Path, html: Path, facets: Facets | None = None) -> int:
    """Prints the figures and writes the HTML report; 2 when a file or the index cannot be read."""
    try:
        questions = read(files)
        snapshot = Library.open(data_dir).snapshot
    except (BadQuestions, IndexMissing, IndexCorrupt) as error:
        print(error, file=sys.stderr)
        return 2
    results = measure(questions, snapshot, facets)
    print(as_text(results))
    html.parent.mkdir(parents=True, exist_ok=True)
    html.write_text(as_html(results), "utf-8")
    print(f"report: {html}")
    return 0


def measure(questions: Sequence[Question], snapshot: Snapshot, facets: Facets | None = None) -> Results:
    known = [question for question in questions if question.codes]
    search = snapshot.searcher.search
    search("khai sinh")  # first use reads word lists
    cpu = time.process_time()
    asked = [_ask(question, search) for question in known]
    outside = [_ask(question, search) for question in questions if not question.codes]
    cpu_ms = (time.process_time() - cpu) * 1_000 / max(len(questions), 1)
    ranks = {OURS: [one.rank for one in asked]}
    ranks[STRIPPED] = [_rank(search(fold(question.text)), question) for question in known]
    for baseline in (PlainBm25(snapshot.catalogue), SqliteSearch(snapshot.catalogue)):
        ranks[baseline.title] = [measures.rank(baseline.search(question.text), question.codes) for question in known]
    return Results(len(snapshot.catalogue), len(questions), ranks, asked, outside, cpu_ms, _facets(questions, facets))


def _ask(question: Question, search: Callable[[str], Found]) -> Asked:
    found = search(question.text)
    return Asked(question, found, _rank(found, question))


def _rank(found: Found, question: Question) -> int:
    return measures.rank([hit.code for hit in found.hits], question.codes)


def _facets(questions: Sequence[Question], facets: Facets | None) -> dict[str, list[bool]]:
    right: dict[str, list[bool]] = {}
    if facets is None:
        return right
    for question in questions:
        if question.facets and question.codes:
            understood = list(facets(question.text))
            right.setdefault(question.facets[0], []).append(bool(understood) and understood[0] in question.facets)
    return right
