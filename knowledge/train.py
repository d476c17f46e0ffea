"""Trains our encoder: texts of one procedure come close to each other and away from those of all others.

The loss is the symmetric contrastive one of sentence-transformers, its gradient written out: a batch touches some eight
thousand of sixty thousand rows, and sparse matrices are eight times as fast here as torch's embedding bags.
"""

from __future__ import annotations

import random
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import sparse

from knowledge import catalogue, encoder, everyday, noise, outside, passages
from knowledge.encoder import BUCKETS, OwnEncoder, features
from knowledge.everyday import Phrase, Wording
from knowledge.index_content import Progress, silent
from knowledge.schema import Procedure


@dataclass(frozen=True)
class Recipe:
    dim: int = 256
    epochs: int = 16
    batch: int = 512
    learning_rate: float = 0.015
    temperature: float = 0.1
    feature_dropout: float = 0.25
    most_features: int = 160  # of a text at a time
    variants: int = 3
    chunk_pairs: float = 1.0  # official-text pairs of every procedure and epoch
    seed: int = 20_260_701


@dataclass
class Material:
    """What is known of one procedure: `phrases` people say, `titles`, and `chunks` of official text."""

    code: str
    group: str
    phrases: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    chunks: list[str] = field(default_factory=list)


def train_encoder(data_dir: Path, progress: Progress = silent) -> None:
    """Trains on all that is known and puts the encoder in its place. Raises BadProcedure, BadEveryday, OSError."""
    from knowledge.hashed_syllables import save_model  # with sentence-transformers, which takes seconds to load

    procedures, wording = catalogue.load(data_dir), everyday.load(data_dir)
    phrases = everyday.phrases(procedures, wording)
    texts = [*materials(procedures, phrases), *_strangers(procedures, wording), *outside_materials(outside.topics())]
    rows, table = train(texts, Recipe(), progress)
    target = encoder.folder(data_dir)
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = target.parent / f".{uuid.uuid4().hex[:12]}"
    try:
        save_model(rows, table, staging)
        _replace(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _replace(staging: Path, target: Path) -> None:
    old = staging.with_name(staging.name + ".old")
    if target.exists():
        target.rename(old)
    staging.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def materials(procedures: Mapping[str, Procedure], phrases: Iterable[Phrase]) -> list[Material]:
    """Training texts of the catalogue's procedures."""
    found = {
        code: Material(
            code, procedure.sector, [], [procedure.name], [chunk.text for chunk in passages.chunks(procedure)]
        )
        for code, procedure in procedures.items()
    }
    for phrase in phrases:
        found[phrase.code].phrases.append(phrase.text)
    return list(found.values())


def _strangers(procedures: Mapping[str, Procedure], wording: Mapping[str, Wording]) -> list[Material]:
    """Wording whose procedure is not imported yet teaches which words go together all the same."""
    return [
        Material(code, "", [*said.names, *said.situations, *(text for texts in said.asks.values() for text in texts)])
        for code, said in sorted(wording.items())
        if code not in procedures
    ]


def outside_materials(topics: Mapping[str, Sequence[str]]) -> list[Material]:
    """Messages about nothing official belong together by topic, far from every procedure."""
    return [Material(topic, "outside", list(texts)) for topic, texts in topics.items()]


def train_in_memory(texts: Sequence[Material], recipe: Recipe) -> OwnEncoder:
    """An encoder that is used and thrown away, as the ranker's training needs."""
    rows, table = train(texts, recipe, silent)
    return OwnEncoder(f"own:{uuid.uuid4().hex[:16]}", rows, table)


class _Bank:
    """Feature rows of every training text, kept flat so that a batch is a few slices."""

    def __init__(self, texts: Sequence[str]) -> None:
        lists = [features(text) for text in texts]
        flat = np.fromiter((bucket for one in lists for bucket in one), dtype=np.int64)
        lengths = np.array([len(one) for one in lists])
        owner = np.repeat(np.arange(len(lists)), lengths)
        counts = np.bincount(np.unique(owner * BUCKETS + flat) % BUCKETS, minlength=BUCKETS)
        self.rows = np.zeros(BUCKETS, dtype=np.int32)
        kept = np.flatnonzero(counts >= 2)
        self.rows[kept] = np.arange(1, len(kept) + 1)
        self.idf = np.concatenate([[0.0], np.log(1 + len(lists) / counts[kept])]).astype(np.float32)
        self._flat = self.rows[flat]
        self._starts = np.concatenate([[0], np.cumsum(lengths)])

    def batch(self, places: Sequence[int], recipe: Recipe, draw: np.random.Generator) -> sparse.csr_matrix:
        """texts × rows; some features are left out each time, more of a long text."""
        parts = []
        for place in places:
            part = self._flat[self._starts[place] : self._starts[place + 1]]
            share = min(1 - recipe.feature_dropout, recipe.most_features / max(len(part), 1))
            kept = part[(draw.random(len(part)) < share) & (part > 0)]
            parts.append(kept if len(kept) else part[:1])
        ends = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
        flat = np.concatenate(parts)
        return sparse.csr_matrix((np.ones(len(flat), np.float32), flat, ends), shape=(len(parts), len(self.idf)))


class _Table:
    """The vectors being learned, with Adam's moments; a step moves only the rows its batch touches."""

    def __init__(self, start: np.ndarray) -> None:
        self.weights = start
        self._first, self._second = np.zeros_like(start), np.zeros_like(start)
        self._steps = 0

    def move(self, rows: np.ndarray, gradient: np.ndarray, rate: float) -> None:
        self._steps += 1
        first = self._first[rows] * 0.9 + gradient * 0.1
        second = self._second[rows] * 0.999 + gradient**2 * 0.001
        self._first[rows], self._second[rows] = first, second
        first = first / (1 - 0.9**self._steps)
        second = second / (1 - 0.999**self._steps)
        self.weights[rows] -= rate * first / (np.sqrt(second) + 1e-8)


def train(materials: Sequence[Material], recipe: Recipe, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """(rows, table) of an OwnEncoder. The same input gives the same numbers on the same machine."""
    rng, draw = random.Random(recipe.seed), np.random.default_rng(recipe.seed)
    texts, pools = _texts(materials, recipe, rng)
    bank = _Bank(texts)
    progress(f"training the encoder: {len(materials)} procedures, {len(texts)} texts, {len(bank.idf)} features")
    start = draw.normal(size=(len(bank.idf), recipe.dim)) * (bank.idf[:, None] / recipe.dim**0.5)
    table = _Table(start.astype(np.float32))
    for epoch in range(recipe.epochs):
        rate = recipe.learning_rate * (1 - epoch / recipe.epochs) ** 0.5
        losses = [_step(table, bank, pairs, recipe, draw, rate) for pairs in _batches(materials, pools, recipe, rng)]
        progress(f"epoch {epoch + 1} of {recipe.epochs}: loss {np.mean(losses):.3f}, {len(losses)} steps")
    table.weights[0] = 0
    return bank.rows, table.weights


def _step(
    table: _Table, bank: _Bank, pairs: list[tuple[int, int]], recipe: Recipe, draw: np.random.Generator, rate: float
) -> float:
    texts = bank.batch([*(anchor for anchor, _ in pairs), *(other for _, other in pairs)], recipe, draw)
    rows, columns = np.unique(texts.indices, return_inverse=True)
    narrow = sparse.csr_matrix((texts.data, columns, texts.indptr), shape=(texts.shape[0], len(rows)))
    sums = narrow @ table.weights[rows]
    loss, gradient = contrast(sums, recipe.temperature)
    table.move(rows, narrow.T.tocsr() @ gradient, rate)
    return loss


def contrast(sums: np.ndarray, temperature: float) -> tuple[float, np.ndarray]:
    """Loss and its gradient when row i of the first half belongs to row i of the second, and to no other."""
    lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
    units = sums / lengths
    count = len(sums) // 2
    one, other = units[:count], units[count:]
    logits = one @ other.T / temperature
    across, down = _softmax(logits), _softmax(logits.T).T
    own = np.arange(count)
    loss = -float(np.log(across[own, own] + 1e-12).mean() + np.log(down[own, own] + 1e-12).mean()) / 2
    pull = across + down
    pull[own, own] -= 2
    pull /= 2 * count * temperature
    gradient = np.concatenate([pull @ other, pull.T @ one])
    return loss, (gradient - units * (gradient * units).sum(axis=1, keepdims=True)) / lengths


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class _Pool:
    """Places in the bank of one procedure's texts; each phrase has its typed variants behind it."""

    phrases: list[list[int]]
    titles: list[list[int]]
    chunks: list[int]


def _texts(materials: Sequence[Material], recipe: Recipe, rng: random.Random) -> tuple[list[str], list[_Pool]]:
    texts: list[str] = []

    def put(text: str, variants: int = 0) -> list[int]:
        first = len(texts)
        texts.extend([text, *(noise.typed(text, rng) for _ in range(variants))])
        return list(range(first, len(texts)))

    pools = [
        _Pool(
            [put(text, recipe.variants) for text in material.phrases],
            [put(text, recipe.variants) for text in material.titles],
            [put(text)[0] for text in material.chunks],
        )
        for material in materials
    ]
    return texts, pools


def _pairs(pool: _Pool, recipe: Recipe, rng: random.Random) -> list[tuple[int, int]]:
    """(anchor, positive) of one procedure for one epoch."""
    pairs = []
    for number, phrase in enumerate(pool.phrases):
        others = pool.phrases[:number] + pool.phrases[number + 1 :]
        roll = rng.random()
        if others and roll < 0.6:
            positive = rng.choice(others)[0]
        elif pool.titles and (roll < 0.85 or not pool.chunks):
            positive = rng.choice(pool.titles)[0]
        elif pool.chunks:
            positive = rng.choice(pool.chunks)
        else:
            continue
        pairs.append((rng.choice(phrase), positive))
    if pool.titles and pool.chunks and rng.random() < recipe.chunk_pairs:
        pairs.append((rng.choice(rng.choice(pool.titles)), rng.choice(pool.chunks)))
    if len(pool.chunks) > 1 and rng.random() < recipe.chunk_pairs:
        pairs.append(tuple(rng.sample(pool.chunks, 2)))
    return pairs


def _batches(
    materials: Sequence[Material], pools: list[_Pool], recipe: Recipe, rng: random.Random
) -> Iterator[list[tuple[int, int]]]:
    """Each procedure at most once in a batch; procedures of one group near each other, so that sisters meet."""
    waiting = {place: _pairs(pool, recipe, rng) for place, pool in enumerate(pools)}
    for pairs in waiting.values():
        rng.shuffle(pairs)
    while True:
        order = [place for place, pairs in waiting.items() if pairs]
        if len(order) < 2:
            return
        salt = {material.group: rng.random() for material in materials}
        rng.shuffle(order)
        order.sort(key=lambda place: salt[materials[place].group])
        for start in range(0, len(order), recipe.batch):
            chosen = order[start : start + recipe.batch]
            if len(chosen) > 1:
                yield [waiting[place].pop() for place in chosen]
