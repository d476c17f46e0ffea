"""Words in common: folded syllables and syllable pairs, weighted by BM25 per field and by cosine per phrase."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from knowledge.text import fold, search_words, tokens

K1, B = 1.2, 0.6


def terms(text: str, expand: bool = True) -> list[int]:
    """Hashes of the syllables and syllable pairs of a text (crc32: the same on every machine).

    Without `expand` shorthand and dialect stay as typed, as plain keyword search would have it.
    """
    words = search_words(text) if expand else tokens(fold(text))
    pairs = [f"{one} {two}" for one, two in zip(words, words[1:], strict=False)]
    return [zlib.crc32(term.encode()) for term in (*words, *pairs)]


@dataclass(frozen=True)
class Vocabulary:
    """Known term hashes, sorted, and how much each says."""

    hashes: np.ndarray
    idf: np.ndarray

    def places(self, hashes: np.ndarray) -> np.ndarray:
        """Column of each hash, -1 where unknown."""
        if not len(self.hashes):
            return np.full(len(hashes), -1)
        found = np.searchsorted(self.hashes, hashes).clip(max=len(self.hashes) - 1)
        return np.where(self.hashes[found] == hashes, found, -1)


def learn_vocabulary(documents: Sequence[Sequence[int]], phrases: Sequence[Sequence[int]]) -> Vocabulary:
    """A term is worth what it is worth where it is commoner: 'tôi' is rare in law and common in questions."""
    in_documents, in_phrases = _document_counts(documents), _document_counts(phrases)
    hashes = np.array(sorted({*in_documents, *in_phrases}), dtype=np.uint32)
    idf = np.array(
        [min(_idf(in_documents[h], len(documents)), _idf(in_phrases[h], len(phrases))) for h in hashes.tolist()]
    )
    return Vocabulary(hashes, idf.astype(np.float32))


def _document_counts(documents: Sequence[Sequence[int]]) -> Counter[int]:
    return Counter(term for document in documents for term in set(document))


def _idf(count: int, total: int) -> float:
    """Between 0 and 1, so that catalogues and phrase lists of any size compare; unseen says nothing here."""
    return math.log(1 + (total - count + 0.5) / (count + 0.5)) / math.log(2 * total + 2) if count else 1.0


def bm25(vocabulary: Vocabulary, documents: Sequence[Sequence[int]]) -> sparse.csr_matrix:
    """terms × documents, ready to be summed over the terms of a query."""
    rows, columns, counts = _triplets(vocabulary, documents)
    lengths = np.array([len(document) for document in documents], dtype=np.float32)
    mean = lengths[lengths > 0].mean() if (lengths > 0).any() else 1.0
    norm = K1 * (1 - B + B * lengths / mean)
    weights = counts * (K1 + 1) / (counts + norm[columns]) * vocabulary.idf[rows]
    return sparse.csr_matrix(
        (weights.astype(np.float32), (rows, columns)), shape=(len(vocabulary.hashes), len(documents))
    )


def cosine(vocabulary: Vocabulary, documents: Sequence[Sequence[int]]) -> sparse.csr_matrix:
    """terms × documents with columns of length one: query weights times this is tf-idf cosine (query unnormalised)."""
    rows, columns, counts = _triplets(vocabulary, documents)
    weights = np.sqrt(counts) * vocabulary.idf[rows]
    squares = np.bincount(columns, weights**2, minlength=len(documents))
    weights = weights / np.sqrt(squares[columns])
    return sparse.csr_matrix(
        (weights.astype(np.float32), (rows, columns)), shape=(len(vocabulary.hashes), len(documents))
    )


def presence(vocabulary: Vocabulary, documents: Sequence[Sequence[int]], as_share: bool = False) -> sparse.csr_matrix:
    """terms × documents: what each present term is worth, or its share of the document's worth."""
    rows, columns, _ = _triplets(vocabulary, documents)
    weights = vocabulary.idf[rows]
    if as_share:
        weights = weights / np.bincount(columns, weights, minlength=len(documents))[columns]
    shape = (len(vocabulary.hashes), len(documents))
    return sparse.csr_matrix((weights.astype(np.float32), (rows, columns)), shape=shape)


def _triplets(vocabulary: Vocabulary, documents: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    flat = np.fromiter((term for document in documents for term in document), dtype=np.uint32)
    columns = np.repeat(np.arange(len(documents)), [len(document) for document in documents])
    places = vocabulary.places(flat)
    keys, counts = np.unique(columns[places >= 0] * len(vocabulary.hashes) + places[places >= 0], return_counts=True)
    return keys % len(vocabulary.hashes), keys // len(vocabulary.hashes), counts.astype(np.float32)


@dataclass(frozen=True)
class QueryTerms:
    """The known terms of one query with their weights, and how much of it is known at all."""

    places: np.ndarray
    weights: np.ndarray
    total_idf: float
    known_share: float
    unknown_square: float  # of the weights of the words nobody knows: they make a query less like any phrase


def query_terms(vocabulary: Vocabulary, hashes: Sequence[int]) -> QueryTerms:
    unique = np.unique(np.array(hashes, dtype=np.uint32))
    places = vocabulary.places(unique)
    known = places[places >= 0]
    unknown = int((places < 0).sum())
    known_idf = float(vocabulary.idf[known].sum())
    total = known_idf + unknown
    return QueryTerms(known, vocabulary.idf[known], total, known_idf / total if total else 0.0, float(unknown))


def score(matrix: sparse.csr_matrix, places: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Sum of the rows of the query's terms, as one dense row."""
    starts = matrix.indptr[places].astype(np.int64)
    counts = matrix.indptr[places + 1] - starts
    picked = spans(starts, counts)
    values = matrix.data[picked]
    if weights is not None:
        values = values * np.repeat(weights, counts)
    return np.bincount(matrix.indices[picked], values, minlength=matrix.shape[1]).astype(np.float32)


def spans(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """[5, 9], [2, 1] → [5, 6, 9]."""
    before = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(counts) else np.empty(0, dtype=np.int64)
    return np.repeat(starts - before, counts) + np.arange(counts.sum())
