"""Which procedure is meant: candidates from the index, ranked, and the decision to answer, ask back or decline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from knowledge import lexical
from knowledge.index import Index

MAX_QUERY_CHARS = 1_000
MAX_AMBIGUOUS_HITS = 4


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
    """The answer of a search. `confidence` is of the decision's first hit; `in_scope` that any procedure is meant."""

    query: str
    decision: Decision
    hits: tuple[Hit, ...]
    confidence: float
    in_scope: float


class Searcher:
    """Searches one loaded index; holds no state between queries and may be used from several threads."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def search(self, query: str, limit: int = 10) -> Found:
        hashes = lexical.terms(query[:MAX_QUERY_CHARS])
        wanted = lexical.query_terms(self._index.vocabulary, hashes)
        if not len(wanted.places) or not self._index.codes:
            return Found(query, Decision.none, (), 0.0, 0.0)
        scores = self._scores(wanted)
        best = np.argsort(-scores)[: max(limit, MAX_AMBIGUOUS_HITS)]
        weights = np.exp((scores[best] - scores[best[0]]) * 6 / max(scores[best[0]], 1e-6))
        coverage = min(1.0, float(scores[best[0]] / wanted.total_idf / 3))
        hits = [
            Hit(self._index.codes[place], self._index.names[place], round(float(coverage * weight / weights.sum()), 4))
            for place, weight in zip(best, weights, strict=True)
            if scores[place] > 0
        ]
        return _decide(query, hits[:limit], coverage)

    def _scores(self, wanted: lexical.QueryTerms) -> np.ndarray:
        by_field = lexical.score(self._index.fields, wanted.places).reshape(len(self._index.field_weights), -1)
        scores = self._index.field_weights @ by_field
        if len(self._index.phrase_owner):
            phrase = lexical.score(self._index.phrases, wanted.places, wanted.weights)
            np.maximum.at(best := np.zeros(len(self._index.codes)), self._index.phrase_owner, phrase)
            scores = scores + 3 * best
        return scores


def _decide(query: str, hits: list[Hit], in_scope: float) -> Found:
    if not hits or in_scope < 0.15:
        return Found(query, Decision.none, tuple(hits), 0.0, in_scope)
    close = [hit for hit in hits if hit.score >= 0.6 * hits[0].score]
    if len(close) > 1:
        return Found(query, Decision.ambiguous, tuple(hits), hits[0].score, in_scope)
    return Found(query, Decision.match, tuple(hits), hits[0].score, in_scope)
