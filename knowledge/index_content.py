"""The search index in memory: words in common by field and phrase, and vectors of every passage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import faiss
import numpy as np
from scipy import sparse

from knowledge import lexical, outside, passages
from knowledge.encoder import Encoder
from knowledge.everyday import Phrase
from knowledge.lexical import Vocabulary
from knowledge.passages import FIELDS, Kind, Passage
from knowledge.schema import Procedure

# Blocks of the lexical matrix beside the fields: what of the query the procedure has, in our wording or
# anywhere, and what of the procedure's name the query has.
COVERS = ("wording_cover", "any_cover", "name_share")
BLOCKS = (*FIELDS, *COVERS)
PRIORS = ("for_citizens", "for_companies", "at_ward", "phrase_count", "is_partial")
_WORDING = ("name", "called", "situation", "ask")

Progress = Callable[[str], None]


def silent(_: str) -> None:
    """Progress nobody watches."""


@dataclass(frozen=True)
class Index:
    """One generation. `lexical` is terms × (block × procedure); short passages come before the chunks."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    fingerprints: tuple[str, ...]
    vocabulary: Vocabulary
    lexical: sparse.csr_matrix
    phrases: sparse.csr_matrix  # terms × short passages
    owner: np.ndarray  # procedure of each passage
    kind: np.ndarray
    digests: np.ndarray
    priors: np.ndarray  # procedure × PRIORS
    encoder_id: str
    vectors: np.ndarray  # passage × dim, unit length
    outside: np.ndarray  # vectors of messages about no procedure
    generation: str = ""
    flat: faiss.IndexFlatIP = field(init=False, repr=False)  # of the short passages; chunks only weigh in the ranking
    passages_of: tuple[np.ndarray, np.ndarray] = field(init=False, repr=False)  # order, starts by procedure
    centres: np.ndarray = field(init=False, repr=False)  # procedure × dim: the mean of its short passages

    def __post_init__(self) -> None:
        faiss.omp_set_num_threads(1)  # a search takes 0.4 ms; waking more threads for it costs twice that
        flat = faiss.IndexFlatIP(self.vectors.shape[1])
        flat.add(self.vectors[: self.phrases.shape[1]])
        order = np.argsort(self.owner, kind="stable")
        starts = np.searchsorted(self.owner[order], np.arange(len(self.codes) + 1))
        object.__setattr__(self, "flat", flat)
        object.__setattr__(self, "passages_of", (order, starts))
        object.__setattr__(self, "centres", _centres(self))


def _centres(index: Index) -> np.ndarray:
    short = index.kind != Kind.chunk
    total = sparse.csr_matrix(
        (np.ones(int(short.sum()), np.float32), (index.owner[short], np.flatnonzero(short))),
        shape=(len(index.codes), len(index.owner)),
    )
    centres = np.asarray(total @ index.vectors, dtype=np.float32)
    return centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-6)


def build(
    procedures: Mapping[str, Procedure],
    phrases: Sequence[Phrase],
    encoder: Encoder,
    before: Index | None = None,
    progress: Progress = silent,
    outside_texts: Sequence[str] | None = None,
) -> Index:
    """Everything that search needs; vectors of texts that `before` holds from the same encoder are kept."""
    codes = tuple(sorted(procedures))
    by_code: dict[str, list[Phrase]] = {code: [] for code in codes}
    for phrase in phrases:
        by_code[phrase.code].append(phrase)
    progress(f"reading {len(codes)} procedures and {len(phrases)} everyday phrases")
    short = [passage for code in codes for passage in passages.short_passages(procedures[code], by_code[code])]
    everything = [*short, *(passage for code in codes for passage in passages.chunks(procedures[code]))]
    vocabulary, blocks, phrase_matrix = _lexical(procedures, by_code, short, progress)
    rows = {code: row for row, code in enumerate(codes)}
    digests = np.array([passage.digest for passage in everything], dtype=np.int64)
    return Index(
        codes=codes,
        names=tuple(procedures[code].name for code in codes),
        fingerprints=tuple(passages.fingerprint(procedures[code], by_code[code]) for code in codes),
        vocabulary=vocabulary,
        lexical=blocks,
        phrases=phrase_matrix,
        owner=np.array([rows[passage.code] for passage in everything], dtype=np.int32),
        kind=np.array([passage.kind for passage in everything], dtype=np.int8),
        digests=digests,
        priors=np.array([_priors(procedures[code], by_code[code]) for code in codes], dtype=np.float32).reshape(
            -1, len(PRIORS)
        ),
        encoder_id=encoder.id,
        vectors=_vectors(everything, digests, encoder, before, progress),
        outside=encoder.encode_queries(outside.messages() if outside_texts is None else outside_texts),
    )


def _lexical(
    procedures: Mapping[str, Procedure],
    by_code: Mapping[str, list[Phrase]],
    short: Sequence[Passage],
    progress: Progress,
) -> tuple[Vocabulary, sparse.csr_matrix, sparse.csr_matrix]:
    terms: dict[str, list[list[int]]] = {name: [] for name in FIELDS}
    for code, phrases in by_code.items():
        for name, texts in passages.field_texts(procedures[code], phrases).items():
            terms[name].append([term for text in texts for term in lexical.terms(text)])
    wording = [[term for name in _WORDING for term in terms[name][row]] for row in range(len(by_code))]
    whole = [[term for name in FIELDS for term in terms[name][row]] for row in range(len(by_code))]
    short_terms = [lexical.terms(passage.text) for passage in short]
    said = [found for found, passage in zip(short_terms, short, strict=True) if passage.kind != Kind.name]
    progress("weighing words")
    vocabulary = lexical.learn_vocabulary(whole, said)
    parts = [lexical.bm25(vocabulary, terms[name]) for name in FIELDS]
    parts += [lexical.presence(vocabulary, wording), lexical.presence(vocabulary, whole)]
    parts += [lexical.presence(vocabulary, terms["name"], as_share=True)]
    return vocabulary, sparse.hstack(parts, format="csr"), lexical.cosine(vocabulary, short_terms)


def _priors(procedure: Procedure, phrases: Sequence[Phrase]) -> tuple[float, ...]:
    """Citizens mostly mean what is open to citizens and done at their ward."""
    citizens = any("công dân" in group.lower() for group in procedure.audience)
    companies = any("doanh nghiệp" in group.lower() for group in procedure.audience)
    at_ward = "ward" in procedure.levels
    return (
        float(citizens),
        float(companies),
        float(at_ward),
        float(np.log1p(len(phrases))),
        # a placeholder without a record; a partial record of ours is as good an answer as any
        float(procedure.is_partial and procedure.origin == "imported"),
    )


def _vectors(
    everything: Sequence[Passage], digests: np.ndarray, encoder: Encoder, before: Index | None, progress: Progress
) -> np.ndarray:
    vectors = np.zeros((len(everything), encoder.dim), dtype=np.float32)
    kept: dict[int, int] = {}
    if before is not None and before.encoder_id == encoder.id:
        kept = {digest: row for row, digest in enumerate(before.digests.tolist())}
    known = [(row, kept[digest]) for row, digest in enumerate(digests.tolist()) if digest in kept]
    if known:
        rows, old = zip(*known, strict=True)
        vectors[list(rows)] = before.vectors[list(old)]
    fresh = [row for row, digest in enumerate(digests.tolist()) if digest not in kept]
    progress(f"encoding {len(fresh)} of {len(everything)} passages")
    for start in range(0, len(fresh), 2_048):
        part = fresh[start : start + 2_048]
        vectors[part] = encoder.encode_passages([everything[row].text for row in part])
        progress(f"encoded {min(start + 2_048, len(fresh))} of {len(fresh)} passages")
    return vectors
