"""How hard a Vietnamese text is to read: syllables a sentence, rare syllables, words of offices.

The unit is the syllable (tiếng), the piece between two spaces: Vietnamese words are one to four of them and cannot be
counted without guessing. A full stop, question mark, semicolon and line end a sentence. A syllable is common when at
least `COMMON_FROM` of our everyday phrases (`everyday/`, those with diacritics) use it, or `readability.yml` lists it;
names and figures do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from statistics import median
from typing import Any

import yaml

from knowledge import everyday
from knowledge.schema import Procedure
from knowledge.text import place_tone

MOST_SYLLABLES = 15  # of the median sentence
COMMON_FROM = 10  # phrases
JARGON_WEIGHT = 8  # syllables that one word of offices makes a sentence worse by

_END = re.compile(r"(?<=[.!?…])[\"”)]*\s+|;\s+")
_LEAD = re.compile(r"^\s*(?:[•*+–-]\s*|\d{1,2}\.\s+)+")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_PIECE = re.compile(r"[^\W\d_]+|\d+(?:[.,/:-]\d+)*")


@dataclass(frozen=True)
class Sentence:
    """One sentence: its length, the share of it that is rare, and the words of offices in it."""

    text: str
    syllables: int
    rare: tuple[str, ...] = ()
    jargon: tuple[str, ...] = ()

    @property
    def weight(self) -> int:
        return self.syllables + JARGON_WEIGHT * len(self.jargon)


@dataclass(frozen=True)
class Readability:
    """A text as a whole. `rare_share` is of all its syllables."""

    sentences: tuple[Sentence, ...]

    @property
    def median_syllables(self) -> float:
        return median(sentence.syllables for sentence in self.sentences) if self.sentences else 0

    @property
    def longest(self) -> int:
        return max((sentence.syllables for sentence in self.sentences), default=0)

    @property
    def rare_share(self) -> float:
        total = sum(sentence.syllables for sentence in self.sentences)
        return sum(len(sentence.rare) for sentence in self.sentences) / total if total else 0

    @property
    def jargon(self) -> Counter[str]:
        return Counter(word for sentence in self.sentences for word in sentence.jargon)

    def worst(self, count: int) -> list[Sentence]:
        return sorted(self.sentences, key=lambda sentence: -sentence.weight)[:count]


def measure(texts: Iterable[str]) -> Readability:
    """All sentences of `texts` together; the same sentence counts once."""
    told = dict.fromkeys(sentence for text in texts for sentence in sentences(text))
    return Readability(tuple(filter(lambda one: one.syllables, map(_measured, told))))


def sentences(text: str) -> list[str]:
    """'1. Nộp đơn. Chờ 3 ngày.' → ['Nộp đơn.', 'Chờ 3 ngày.']"""
    cleaned = _ADDRESS.sub("", unicodedata.normalize("NFC", text))
    return [sentence for line in cleaned.split("\n") for sentence in _of_line(_LEAD.sub("", line))]


def _of_line(line: str) -> list[str]:
    """A part that goes on in lower case was cut at an abbreviation, and is put back."""
    found: list[str] = []
    for part in filter(None, map(str.strip, _END.split(line))):
        if found and found[-1].endswith((".", "…")) and part[0].islower():
            found[-1] += f" {part}"
        else:
            found.append(part)
    return found


def told_texts(procedure: Procedure) -> Iterator[str]:
    """Everything of a record in our own words that a citizen may read; official names and laws are not ours."""
    yield from filter(None, (procedure.plain_name, procedure.who_for, procedure.not_for, procedure.outcome))
    yield from filter(None, (procedure.help_point, procedure.receiving_agency, procedure.deciding_agency))
    for paper in procedure.documents:
        yield from filter(None, (paper.name, paper.case, paper.looks_like, paper.where_to_get))
    for row in procedure.costs:
        yield from filter(None, (row.case, row.note))
    yield from filter(None, (procedure.cost_note, procedure.time_limit_note))
    yield from filter(None, (limit.case for limit in procedure.time_limits))
    yield from (*procedure.document_notes, *procedure.conditions, *procedure.official_steps, *procedure.common_returns)
    for question in procedure.questions:
        yield question.prompt
        yield from (choice.label for choice in question.choices)


@lru_cache(maxsize=1)
def common_syllables() -> frozenset[str]:
    """The syllables that our everyday phrases use often."""
    phrases = (phrase for wording in everyday.load().values() for phrase in _phrases(wording))
    counts = Counter(syllable for phrase in phrases if not phrase.isascii() for syllable in set(_syllables(phrase)))
    often = {syllable for syllable, count in counts.items() if count >= COMMON_FROM}
    return frozenset(often | set(map(place_tone, _lists()["common"].split())))


def plain_words_for() -> dict[str, str]:
    """Words of offices and what to say instead."""
    return _lists()["jargon"]


@lru_cache(maxsize=1)
def _lists() -> dict[str, Any]:
    return yaml.safe_load(resources.files("knowledge").joinpath("readability.yml").read_text("utf-8"))


@lru_cache(maxsize=1)
def _jargon_pattern() -> re.Pattern[str]:
    longest_first = sorted(plain_words_for(), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def _measured(sentence: str) -> Sentence:
    pieces = _PIECE.findall(sentence)
    rare = [piece for place, piece in enumerate(pieces) if _is_rare(piece, is_first=place == 0)]
    return Sentence(sentence, len(pieces), tuple(rare), tuple(_jargon_pattern().findall(sentence.lower())))


def _is_rare(piece: str, is_first: bool) -> bool:
    is_name = piece[0].isupper() and not is_first
    return piece.isalpha() and not is_name and place_tone(piece.lower()) not in common_syllables()


def _syllables(text: str) -> list[str]:
    return [
        place_tone(piece.lower()) for piece in _PIECE.findall(unicodedata.normalize("NFC", text)) if piece.isalpha()
    ]


def _phrases(wording: everyday.Wording) -> Iterator[str]:
    yield from (*wording.names, *wording.situations)
    for asks in wording.asks.values():
        yield from asks
