"""Finds codes, numbers, dates, places and procedure names in a message, by shape and by list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from knowledge.text import fold

_WORD = re.compile(r"\w+", re.UNICODE)
# What is found first keeps its characters: a dossier code holds digits that look like a date.
_ORDER = ("dossier_code", "citizen_id", "phone", "money", "date", "place", "procedure")


@dataclass(frozen=True)
class Span:
    """One entity with its place in the text."""

    entity: str
    value: str
    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Recogniser:
    """`shapes`: regular expressions by entity; `names`: folded words by entity, the longest name wins."""

    shapes: Mapping[str, Sequence[re.Pattern[str]]]
    names: Mapping[str, frozenset[tuple[str, ...]]]

    @cached_property
    def _longest(self) -> Mapping[str, int]:
        return {entity: max(map(len, names), default=0) for entity, names in self.names.items()}

    @classmethod
    def build(cls, shapes: Mapping[str, Iterable[str]], names: Mapping[str, Iterable[str]]) -> Recogniser:
        compiled = {
            entity: [re.compile(shape, re.IGNORECASE if entity != "place" else 0) for shape in found]
            for entity, found in shapes.items()
        }
        folded = {
            entity: frozenset(tuple(_WORD.findall(fold(name))) for name in found) - {()}
            for entity, found in names.items()
        }
        return cls(compiled, folded)

    def find(self, text: str) -> list[Span]:
        """Entities that do not overlap, in the order of the text."""
        found: list[Span] = []
        for entity in _ORDER:
            for span in (*self._by_shape(entity, text), *self._by_name(entity, text)):
                if not any(span.overlaps(other) for other in found):
                    found.append(span)
        return sorted(found, key=lambda span: span.start)

    def _by_shape(self, entity: str, text: str) -> Iterable[Span]:
        for shape in self.shapes.get(entity, ()):
            for match in shape.finditer(text):
                yield Span(entity, match[0], match.start(), match.end())

    def _by_name(self, entity: str, text: str) -> Iterable[Span]:
        names = self.names.get(entity)
        if not names:
            return
        words = [(fold(match[0]), match.start(), match.end()) for match in _WORD.finditer(text)]
        longest = self._longest[entity]
        at = 0
        while at < len(words):
            length = self._longest_at(names, words, at, longest)
            if length:
                start, end = words[at][1], words[at + length - 1][2]
                yield Span(entity, text[start:end], start, end)
            at += max(length, 1)

    @staticmethod
    def _longest_at(
        names: frozenset[tuple[str, ...]], words: Sequence[tuple[str, int, int]], at: int, longest: int
    ) -> int:
        for length in range(min(longest, len(words) - at), 0, -1):
            if tuple(word for word, _, _ in words[at : at + length]) in names:
                return length
        return 0
