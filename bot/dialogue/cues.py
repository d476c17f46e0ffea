"""Turns of phrase that tell what a message wants, and what it looks like: few features that hold for every topic."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from knowledge.text import fold, is_syllable

NLU_DATA = Path(__file__).parents[2] / "nlu_data"
_FOREIGN_LETTERS = re.compile("[\u0400-\u04ff\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_FEW_LETTERS = 2
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = frozenset(
    pair for row in _KEYS for line in (row, row[::-1]) for pair in zip(line, line[1:], strict=False)
)
_LENGTHS = ((1, "one"), (3, "few"), (8, "short"), (20, "middle"))


@dataclass(frozen=True)
class Cues:
    """Groups of folded phrases and patterns; finding them takes one pass over the words."""

    groups: Mapping[str, Mapping[str, object]]  # as written, to be kept with a model
    phrases: Mapping[tuple[str, ...], tuple[str, ...]]
    patterns: Sequence[tuple[str, re.Pattern[str]]]  # over the folded words
    signs: Sequence[tuple[str, re.Pattern[str]]]  # over the message as typed: pictures, smileys, codes
    longest: int

    @classmethod
    def build(cls, groups: Mapping[str, Mapping[str, object]]) -> Cues:
        phrases: dict[tuple[str, ...], tuple[str, ...]] = {}
        patterns, signs = [], []
        for group, found in groups.items():
            for phrase in str(found["phrases"]).split(", "):
                words = tuple(phrase.split())
                phrases[words] = (*phrases.get(words, ()), group)
            patterns += [(group, re.compile(pattern)) for pattern in found.get("patterns", ())]
            signs += [(group, re.compile(str(found["signs"])))] if "signs" in found else []
        return cls(groups, phrases, patterns, signs, max(map(len, phrases), default=0))

    @classmethod
    def ours(cls) -> Cues:
        """Our written groups, and the names of places as one more."""
        return cls.build(_written())

    @classmethod
    def of_acts(cls) -> Cues:
        """The same with longer lists: they tell acts apart, but would blur the way of asking for facets."""
        further = yaml.safe_load((NLU_DATA / "act_cues.yml").read_text("utf-8"))
        return cls.build({name: _with_further(group, further.get(name)) for name, group in _written().items()})

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(self.groups), "utf-8")

    @classmethod
    def load(cls, path: Path) -> Cues:
        return cls.build(json.loads(path.read_text("utf-8")))

    def find(self, words: Sequence[str]) -> list[str]:
        """Groups in the order in which they occur; the longest phrase at a place counts."""
        found: list[str] = []
        at = 0
        while at < len(words):
            for length in range(min(self.longest, len(words) - at), 0, -1):
                groups = self.phrases.get(tuple(words[at : at + length]))
                if groups:
                    found += groups
                    break
            at += 1
        return found

    def fitting(self, key: str) -> list[str]:
        """Groups one of whose patterns fits the whole text."""
        return [group for group, pattern in self.patterns if pattern.search(key)]

    def fits_any(self, key: str, groups: frozenset[str]) -> bool:
        return any(group in groups and pattern.search(key) for group, pattern in self.patterns)

    def features(self, words: Sequence[str], raw: str) -> list[str]:
        """Which groups, in which order, and which comes last; and the shape of the message."""
        found = self.find(words)
        shown = [group for group, sign in self.signs if sign.search(raw)]
        fitting = [*self.fitting(" ".join(words)), *shown]
        present = [f"has {group}" for group in dict.fromkeys((*found, *fitting))]
        ordered = [f"{first} then {second}" for first, second in zip(found, found[1:], strict=False) if first != second]
        last = [f"ends {found[-1]}"] if found else []
        return [*present, *last, *ordered, *shape(words, raw)]


def _written() -> dict[str, Mapping[str, object]]:
    groups = yaml.safe_load((NLU_DATA / "cues.yml").read_text("utf-8"))
    places = yaml.safe_load((NLU_DATA / "lookups" / "places.yml").read_text("utf-8"))["nlu"][0]["examples"]
    names = [fold(line.removeprefix("- ")) for line in places.splitlines()]
    return {**groups, "place_name": {"phrases": ", ".join(names)}}


def _with_further(group: Mapping[str, object], phrases: str | None) -> Mapping[str, object]:
    return {**group, "phrases": f"{group['phrases']}, {phrases}"} if phrases else group


def shape(words: Sequence[str], raw: str) -> list[str]:
    """Length, question mark, foreign letters, share of words that no Vietnamese syllable looks like."""
    length = next((name for most, name in _LENGTHS if len(words) <= most), "long")
    plain = [word for word in words if word.isalpha()]
    strange = sum(not is_syllable(word) for word in plain)
    found = [f"length {length}", f"strange {round(4 * strange / len(plain)) if plain else 'all'}"]
    if "?" in raw:
        found.append("asks")
    if _FOREIGN_LETTERS.search(raw):
        found.append("foreign letters")
    if not any(ch.isalnum() for ch in raw):
        found.append("only signs")
    if any(ch.isdigit() for ch in raw):
        found.append("digits")
    if plain and len(set("".join(plain))) <= _FEW_LETTERS:
        found.append("few letters")
    found.append(f"keys {round(3 * _neighbouring_share(plain))}")
    return found + [f"sign {ch}" for ch in sorted(set(raw)) if unicodedata.category(ch) == "So"]


def _neighbouring_share(words: Sequence[str]) -> float:
    """Share of the pairs of letters that lie side by side on the keyboard: a hand run over it."""
    pairs = [pair for word in words for pair in zip(word, word[1:], strict=False)]
    return sum(pair in _NEIGHBOURS for pair in pairs) / len(pairs) if pairs else 0.0
