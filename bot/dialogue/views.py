"""A message as features: the words as typed, the same folded, and pieces of words; learnt once, applied quickly."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from bot.dialogue.cues import Cues
from knowledge.text import clean, expand, fold

LONGEST_MESSAGE = 2_000  # characters that are looked at; a longer story has told its wish by then
PIECE_SIZES = (2, 3, 4, 5)

Row = tuple[np.ndarray, np.ndarray]  # filled columns and their values
VIEW_WEIGHTS: dict[str, float] = {"a": 0.7, "f": 1.0, "c": 0.8, "k": 1.5}


def prepare(text: str) -> str:
    """What Rasa may see: clean, bounded, and without the leading '/' that Rasa would take for a command."""
    return clean(text, LONGEST_MESSAGE).lstrip("/ ")


def features_of(text: str, cues: Cues) -> dict[str, list[str]]:
    """Features by view. Both views of the words stand side by side, so a missing diacritic costs nothing."""
    accented = expand(text).split()
    folded = fold(" ".join(accented)).split()
    return {
        "a": grams(accented, 2),
        "f": grams(folded, 3),
        "c": _pieces(fold(text)),
        "k": cues.features(folded, text),
    }


def _is_basic(feature: str) -> bool:
    """Single words and turns of phrase are kept however rare; a phrase or piece seen once is an accident."""
    return feature.startswith("k:") or (feature.startswith(("a:", "f:")) and " " not in feature)


def grams(words: Sequence[str], longest: int) -> list[str]:
    bounded = ["<", *words, ">"]
    found = list(words)
    for size in range(2, longest + 1):
        found += [" ".join(bounded[at : at + size]) for at in range(len(bounded) - size + 1)]
    return found


def _pieces(text: str) -> list[str]:
    found = []
    for word in text.split():
        bounded = f" {word} "
        for size in PIECE_SIZES:
            found += [bounded[at : at + size] for at in range(len(bounded) - size + 1)]
    return found


@dataclass(frozen=True)
class Views:
    """Vocabulary and weights, fitted on training texts. `index` leads from a view and a feature to its column."""

    index: Mapping[str, Mapping[str, int]]
    idf: np.ndarray
    cues: Cues

    @classmethod
    def fit(cls, texts: Iterable[str], cues: Cues, rarest: int = 2) -> Views:
        """`rarest`: a phrase or piece in fewer texts than this is left out."""
        seen: Counter[str] = Counter()
        count = 0
        for text in texts:
            count += 1
            seen.update({f"{view}:{one}" for view, found in features_of(text, cues).items() for one in found})
        kept = sorted(one for one, times in seen.items() if times >= rarest or _is_basic(one))
        idf = np.array([np.log((1 + count) / (1 + seen[one])) + 1 for one in kept], dtype=np.float32)
        return cls(_by_view(kept), idf, cues)

    def row(self, text: str) -> Row:
        """Columns and values of one text: sublinear tf-idf, each view of length 1 times its weight."""
        columns: list[np.ndarray] = []
        values: list[np.ndarray] = []
        for view, found in features_of(text, self.cues).items():
            counts = Counter(map(self.index[view].get, found))
            del counts[None]  # what training never saw
            if not counts:
                continue
            at = np.fromiter(counts, dtype=np.int32, count=len(counts))
            tf = 1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))
            weight = tf * self.idf[at]
            columns.append(at)
            values.append(weight * (VIEW_WEIGHTS[view] / np.linalg.norm(weight)))
        if not columns:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        return np.concatenate(columns), np.concatenate(values).astype(np.float32)

    def save(self, folder: Path) -> None:
        placed = {f"{view}:{one}": place for view, places in self.index.items() for one, place in places.items()}
        ordered = sorted(placed, key=placed.__getitem__)
        (folder / "vocabulary.json").write_text(json.dumps(ordered, ensure_ascii=False), "utf-8")
        self.cues.save(folder / "cues.json")
        np.save(folder / "idf.npy", self.idf, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Views:
        ordered = json.loads((folder / "vocabulary.json").read_text("utf-8"))
        idf = np.load(folder / "idf.npy", allow_pickle=False)
        return cls(_by_view(ordered), idf, Cues.load(folder / "cues.json"))


def _by_view(ordered: Sequence[str]) -> dict[str, dict[str, int]]:
    index: dict[str, dict[str, int]] = {view: {} for view in VIEW_WEIGHTS}
    for place, one in enumerate(ordered):
        view, _, feature = one.partition(":")
        index[view][feature] = place
    return index


def stacked(rows: Sequence[Row], width: int | None = None) -> csr_matrix:
    """Many rows as one matrix for fitting."""
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([columns for columns, _ in rows])
    values = np.concatenate([values for _, values in rows])
    width = int(columns.max()) + 1 if width is None else width
    return csr_matrix((values, columns, ends), shape=(len(rows), width), dtype=np.float32)
