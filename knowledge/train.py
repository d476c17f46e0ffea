"""Trains our encoder: texts of one procedure come close to each other and away from those of all others.

Plain torch and not sentence-transformers' trainer, which would bring `datasets` and a pyarrow that does not fit.
"""

from __future__ import annotations

import random
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from knowledge import catalogue, encoder, everyday, noise, outside, passages
from knowledge.encoder import BUCKETS, OwnEncoder, features
from knowledge.everyday import Phrase, Wording
from knowledge.index_content import Progress, silent
from knowledge.schema import Procedure


@dataclass(frozen=True)
class Recipe:
    dim: int = 256
    epochs: int = 10
    batch: int = 512
    learning_rate: float = 0.01
    temperature: float = 0.08
    feature_dropout: float = 0.15
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
        self._flat = self.rows[flat].astype(np.int64)
        self._starts = np.concatenate([[0], np.cumsum(lengths)])

    def batch(self, places: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        parts = [self._flat[self._starts[place] : self._starts[place + 1]] for place in places]
        offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts])[:-1]])
        return torch.from_numpy(np.concatenate(parts)), torch.from_numpy(offsets)


def outside_materials(topics: Mapping[str, Sequence[str]]) -> list[Material]:
    """Messages about nothing official belong together by topic, far from every procedure."""
    return [Material(topic, "outside", list(texts)) for topic, texts in topics.items()]


def train_in_memory(texts: Sequence[Material], recipe: Recipe) -> OwnEncoder:
    """An encoder that is used and thrown away, as the ranker's training needs."""
    rows, table = train(texts, recipe, silent)
    return OwnEncoder(f"own:{uuid.uuid4().hex[:16]}", rows, table)


def train(materials: Sequence[Material], recipe: Recipe, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """(rows, table) of an OwnEncoder. The same input gives the same numbers on the same machine."""
    torch.manual_seed(recipe.seed)
    rng = random.Random(recipe.seed)
    texts, pools = _texts(materials, recipe, rng)
    bank = _Bank(texts)
    progress(f"training the encoder: {len(materials)} procedures, {len(texts)} texts, {len(bank.idf)} features")
    table = nn.EmbeddingBag(len(bank.idf), recipe.dim, mode="sum", padding_idx=0)
    with torch.no_grad():
        table.weight.normal_(0, 1).mul_(torch.from_numpy(bank.idf)[:, None] / recipe.dim**0.5)
    optimiser = torch.optim.Adam(table.parameters(), lr=recipe.learning_rate, fused=True)
    for epoch in range(recipe.epochs):
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate * (1 - epoch / recipe.epochs) ** 0.5
        losses = [_step(table, bank, pairs, recipe, optimiser) for pairs in _batches(materials, pools, recipe, rng)]
        progress(f"epoch {epoch + 1} of {recipe.epochs}: loss {np.mean(losses):.3f}, {len(losses)} steps")
    weights = table.weight.detach().numpy()
    weights[0] = 0
    return bank.rows, weights


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


def _step(
    table: nn.EmbeddingBag, bank: _Bank, pairs: list[tuple[int, int]], recipe: Recipe, optimiser: torch.optim.Optimizer
) -> float:
    anchors = _encode(table, bank, [anchor for anchor, _ in pairs], recipe.feature_dropout)
    positives = _encode(table, bank, [positive for _, positive in pairs], recipe.feature_dropout)
    logits = anchors @ positives.T / recipe.temperature
    target = torch.arange(len(pairs))
    loss = (nn.functional.cross_entropy(logits, target) + nn.functional.cross_entropy(logits.T, target)) / 2
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return float(loss.detach())


def _encode(table: nn.EmbeddingBag, bank: _Bank, places: list[int], dropout: float) -> torch.Tensor:
    rows, offsets = bank.batch(places)
    rows = torch.where(torch.rand(len(rows)) < dropout, 0, rows)
    return nn.functional.normalize(table(rows, offsets), dim=1)
