"""A query against the index: which procedures are worth a look, and how each of them fits, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from knowledge import lexical
from knowledge.encoder import Encoder
from knowledge.index_content import BLOCKS, PRIORS, Index
from knowledge.passages import FIELDS, Kind
from knowledge.repair import repair

CANDIDATES_PER_WAY = 30
NEAREST_PASSAGES = 300

# How much a field counts when candidates are gathered; the ranker weighs anew.
_GATHERING = np.array([1.0, 1.0, 0.7, 0.7, 0.2, 0.3, 0.2, 0.3], dtype=np.float32)

FEATURES = (
    *(f"bm25_{name}" for name in FIELDS),
    "wording_cover", "any_cover", "name_share",
    "fields", "fields_rel",
    "phrase_best", "phrase_rel", "phrase_second", "phrase_name", "phrase_called", "phrase_said",
    "dense_best", "dense_rel", "dense_mean3", "dense_name", "dense_called", "dense_said", "dense_chunk",
    *PRIORS,
    "dense_centre", "known_share", "log_terms", "outside_best",
)  # fmt: skip


@dataclass(frozen=True)
class Candidates:
    """Rows of the index and their features, unordered; `known_share` is of the query's words."""

    rows: np.ndarray
    features: np.ndarray  # candidate × FEATURES
    known_share: float


def candidates(index: Index, encoder: Encoder, query: str) -> Candidates:
    """None at all when no word and no letter group of the query is known."""
    query = repair(query, index.vocabulary)
    wanted = lexical.query_terms(index.vocabulary, lexical.terms(query))
    vector = encoder.encode_queries([query])[0]
    blocks = lexical.score(index.lexical, wanted.places).reshape(len(BLOCKS), -1)
    blocks[:-1] /= max(wanted.total_idf, 1e-6)
    fields = np.einsum("f,fp->p", _GATHERING, blocks[: len(FIELDS)])
    phrase = lexical.score(index.phrases, wanted.places, wanted.weights)
    phrase /= max(float(np.sqrt((wanted.weights**2).sum() + wanted.unknown_square)), 1e-6)
    phrase_best = _best_by_owner(index, np.arange(len(phrase)), phrase)
    near, similarity = _nearest(index, vector)
    dense_best = _best_by_owner(index, near, similarity)
    rows = np.unique(np.concatenate([_top(fields), _top(phrase_best), _top(dense_best)]))
    table = _features(index, rows, blocks, fields, phrase, vector)
    table[:, FEATURES.index("dense_centre")] = likeness(index.centres[rows], vector)
    table[:, FEATURES.index("outside_best")] = float(likeness(index.outside, vector).max(initial=0.0))
    table[:, FEATURES.index("known_share")] = wanted.known_share
    table[:, FEATURES.index("log_terms")] = np.log1p(len(wanted.places))
    return Candidates(rows, table, wanted.known_share)


def likeness(vectors: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Cosine of unit vectors. Not `@`: for so little work BLAS would wake its threads, which costs more."""
    return np.einsum("pd,d->p", vectors, vector)


def _nearest(index: Index, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not index.flat.ntotal:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    similarity, near = index.flat.search(vector[None, :], min(NEAREST_PASSAGES, index.flat.ntotal))
    return near[0], similarity[0]


def _best_by_owner(index: Index, passages: np.ndarray, values: np.ndarray) -> np.ndarray:
    best = np.zeros(len(index.codes), dtype=np.float32)
    np.maximum.at(best, index.owner[passages], values)
    return best


def _top(scores: np.ndarray) -> np.ndarray:
    count = min(CANDIDATES_PER_WAY, len(scores))
    best = np.argpartition(-scores, count - 1)[:count] if count < len(scores) else np.arange(len(scores))
    return best[scores[best] > 0]


def _features(
    index: Index, rows: np.ndarray, blocks: np.ndarray, fields: np.ndarray, phrase: np.ndarray, vector: np.ndarray
) -> np.ndarray:
    table = np.zeros((len(rows), len(FEATURES)), dtype=np.float32)
    if not len(rows):
        return table
    table[:, : len(BLOCKS)] = blocks[:, rows].T
    column = len(BLOCKS)
    table[:, column] = fields[rows]
    table[:, column + 1] = fields[rows] / max(float(fields.max()), 1e-6)
    table[:, column + 2 : column + 15] = _passage_features(index, rows, phrase, vector)
    table[:, column + 15 : column + 15 + len(PRIORS)] = index.priors[rows]
    return table


def _passage_features(index: Index, rows: np.ndarray, phrase: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Best likeness by kind of passage, of words (short passages) and of meaning (all)."""
    order, starts = index.passages_of
    counts = starts[rows + 1] - starts[rows]
    position = np.repeat(np.arange(len(rows)), counts)
    picked = order[
        np.repeat(starts[rows] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(counts.sum())
    ]
    kinds = index.kind[picked]
    words = np.zeros(len(picked), dtype=np.float32)
    is_short = picked < len(phrase)
    words[is_short] = phrase[picked[is_short]]
    meaning = likeness(index.vectors[picked], vector)
    said = (kinds == Kind.situation) | (kinds == Kind.ask)

    def best(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        out = np.zeros(len(rows), dtype=np.float32)
        np.maximum.at(out, position[chosen], values[chosen])
        return out

    word_best, word_second, _ = _best_three(words, position, counts)
    short = np.where(kinds == Kind.chunk, 0, meaning)
    meaning_best, second, third = _best_three(short, position, counts)
    shorts = np.bincount(position[is_short], minlength=len(rows))
    return np.stack(
        [
            word_best,
            word_best / max(float(word_best.max()), 1e-6),
            word_second,
            best(words, kinds == Kind.name),
            best(words, kinds == Kind.called),
            best(words, said),
            meaning_best,
            meaning_best / max(float(meaning_best.max()), 1e-6),
            (meaning_best + second + third) / np.clip(shorts, 1, 3),
            best(meaning, kinds == Kind.name),
            best(meaning, kinds == Kind.called),
            best(meaning, said),
            best(meaning, kinds == Kind.chunk),
        ],
        axis=1,
    )


def _best_three(values: np.ndarray, position: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, ...]:
    """The three highest values of each group (0 where there are fewer)."""
    order = np.lexsort((-values, position))
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    ranked = values[order]
    return tuple(np.where(counts > place, ranked[np.minimum(starts + place, len(ranked) - 1)], 0) for place in range(3))
