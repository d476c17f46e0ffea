"""How a question is put, not what it is about: topic words become a gap, so that no topic can stand for a facet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.dialogue.asking import QUESTION_CUES, asking_part
from bot.dialogue.cues import Cues
from bot.dialogue.views import Row, grams
from knowledge.text import expand, fold

COMMON_WORDS = "common_words"  # name of the look-up that brings them into training
GAP = "_"
LONGEST_GRAM = 3
WEIGHTS = {"f": 1.0, "a": 0.7, "k": 1.0, "w": 0.3}  # folded, accented, cues of the asking part, cues of the whole


@dataclass(frozen=True)
class Frames:
    """`kept`: the folded words that are not topics. Features are binary, weighted by view."""

    index: dict[str, int]
    kept: frozenset[str]
    cues: Cues

    @classmethod
    def fit(cls, texts: Iterable[str], kept: Iterable[str], cues: Cues) -> Frames:
        blank = cls({}, frozenset(kept) | question_words(cues), cues)
        features = sorted({one for text in texts for one in blank.features(text)})
        return cls({one: place for place, one in enumerate(features)}, blank.kept, cues)

    def features(self, text: str) -> list[str]:
        """Features of the part that asks, and the turns of phrase of the whole message."""
        part = asking_part(text, self.cues)
        accented, folded = _words(part)
        told = self.cues.features(folded, part)
        whole = told if part == text else self.cues.features(_words(text)[1], text)
        shown = [word in self.kept for word in folded]
        return [
            *(f"f:{one}" for one in grams(_masked(folded, shown), LONGEST_GRAM)),
            *(f"a:{one}" for one in grams(_masked(accented, shown), 2)),
            *(f"k:{one}" for one in told),
            *(f"w:{one}" for one in whole),
        ]

    def row(self, text: str) -> Row:
        found = sorted({one for one in self.features(text) if one in self.index}, key=self.index.__getitem__)
        columns = np.array([self.index[one] for one in found], dtype=np.int32)
        return columns, np.array([WEIGHTS[one[0]] for one in found], dtype=np.float32)

    def save(self, folder: Path) -> None:
        data = {"features": sorted(self.index, key=self.index.__getitem__), "kept": sorted(self.kept)}
        (folder / "frames.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        self.cues.save(folder / "cues.json")

    @classmethod
    def load(cls, folder: Path) -> Frames:
        data = json.loads((folder / "frames.json").read_text("utf-8"))
        index = {one: place for place, one in enumerate(data["features"])}
        return cls(index, frozenset(data["kept"]), Cues.load(folder / "cues.json"))


def _words(text: str) -> tuple[list[str], list[str]]:
    expanded = expand(text)
    return expanded.split(), fold(expanded).split()


def _masked(words: Sequence[str], shown: Sequence[bool]) -> list[str]:
    """Words that are not shown become gaps, neighbours one gap."""
    out: list[str] = []
    for word, is_shown in zip(words, shown, strict=True):
        if is_shown:
            out.append(word)
        elif out[-1:] != [GAP]:
            out.append(GAP)
    return out


def question_words(cues: Cues) -> frozenset[str]:
    """Every word of the turns of phrase that ask."""
    asking = (str(group["phrases"]) for name, group in cues.groups.items() if name in QUESTION_CUES | {"wish"})
    return frozenset(word for phrases in asking for word in phrases.replace(",", " ").split())


def common_words(texts_by_topic: Iterable[Iterable[str]], share: float = 0.03, least: int = 4) -> frozenset[str]:
    """Words used about many topics: they belong to the way of asking."""
    topics = [{word for text in texts for word in fold(expand(text)).split()} for texts in texts_by_topic]
    needed = max(least, share * len(topics))
    counted: dict[str, int] = {}
    for words in topics:
        for word in words:
            counted[word] = counted.get(word, 0) + 1
    return frozenset(word for word, times in counted.items() if times >= needed)
