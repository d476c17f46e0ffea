"""Which procedure is meant: candidates from the index, ranked, and the decision to answer, ask back or decline."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from knowledge import ranking, special_cases
from knowledge.encoder import Encoder
from knowledge.index_content import Index
from knowledge.ranker import Ranker, read
from knowledge.ranking import Candidates

MAX_QUERY_CHARS = 1_000
MAX_CHOICES = 4


class Decision(StrEnum):
    """What to do with the hits: answer on the first, ask which one, or say that nothing fits."""

    match = "match"
    ambiguous = "ambiguous"
    none = "none"


@dataclass(frozen=True)
class Hit:
    """One procedure found; `score` is the probability that it is the one asked about."""

    code: str
    name: str
    score: float


@dataclass(frozen=True)
class Found:
    """Hits, best first; merely the nearest when `none`. `choices` are those to offer when `ambiguous`, two to four.

    `confidence` is the probability that the first is right, `in_scope` that any procedure is meant at all.
    """

    query: str
    decision: Decision
    hits: tuple[Hit, ...]
    confidence: float
    in_scope: float
    choices: tuple[Hit, ...] = ()


class Searcher:
    """Searches one loaded index; holds no state between queries and may be used from several threads."""

    def __init__(
        self, index: Index, encoder: Encoder, known: Container[str] | None = None, ranker: Ranker | None = None
    ) -> None:
        self._index, self._encoder, self._known = index, encoder, known
        self._ranker = ranker or read()
        self._special = special_cases.read()

    def search(self, query: str, limit: int = 10) -> Found:
        query = query[:MAX_QUERY_CHARS]
        found = self._without_special(ranking.candidates(self._index, self._encoder, query), query)
        if not len(found.rows):
            return Found(query, Decision.none, (), 0.0, 0.0)
        logits = self._ranker.logits(found.features)
        in_scope = self._ranker.in_scope(found.features, logits)
        shares = self._ranker.shares(logits)
        order = np.argsort(-shares, kind="stable")
        confidence = self._ranker.confidence(in_scope, shares[order])
        scores = shares[order] * (confidence / max(float(shares[order[0]]), 1e-6))
        hits = self._hits(found.rows[order], scores, limit)
        if not self._is_known(found.rows[order[0]]):
            # What is meant is a procedure we have no record of: the nearest other one is no answer.
            return Found(query, Decision.none, tuple(hits), 1.0 - confidence, in_scope)
        return self._decide(query, hits, confidence, in_scope)

    def _without_special(self, found: Candidates, query: str) -> Candidates:
        """Leaves out the special cases of which the message says nothing."""
        codes = [self._index.codes[row] for row in found.rows.tolist()]
        unmarked = self._special.unmarked([code for code in codes if self._known is None or code in self._known], query)
        kept = np.array([code not in unmarked for code in codes], dtype=bool)
        return found if kept.all() else replace(found, rows=found.rows[kept], features=found.features[kept])

    def _is_known(self, row: int) -> bool:
        return self._known is None or self._index.codes[int(row)] in self._known

    def _hits(self, rows: np.ndarray, scores: np.ndarray, limit: int) -> list[Hit]:
        hits = []
        for row, score in zip(rows.tolist(), scores.tolist(), strict=True):
            if len(hits) >= max(limit, 1):
                break
            if self._is_known(row):
                hits.append(Hit(self._index.codes[row], self._index.names[row], round(score, 4)))
        return hits

    def _decide(self, query: str, hits: list[Hit], confidence: float, in_scope: float) -> Found:
        limits = self._ranker.thresholds
        if not hits or in_scope < limits["in_scope"]:
            return Found(query, Decision.none, tuple(hits), confidence, in_scope)
        if confidence >= limits["match"] or len(hits) == 1:
            return Found(query, Decision.match, tuple(hits), confidence, in_scope)
        close = [hit for hit in hits[2:MAX_CHOICES] if hit.score >= limits["close"] * hits[0].score]
        return Found(query, Decision.ambiguous, tuple(hits), confidence, in_scope, choices=(*hits[:2], *close))
