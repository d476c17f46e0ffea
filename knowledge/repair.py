"""Slips of typing in a query, mended against the words of the index: 'giaykhaisinh', 'coong chứng', 'kahi sinh'.

Only what is no Vietnamese syllable and no word of the index is touched, and only when the mended one is known beside
its neighbour: a person's rare word is better left alone than turned into a common one.
"""

from __future__ import annotations

import string
import zlib
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from knowledge.lexical import Vocabulary
from knowledge.text import fold, is_syllable, search_words, tokens

SHORTEST_GLUED, LONGEST_GLUED = 5, 40
SHORTEST_SLIP, LONGEST_SLIP = 3, 8
LONGEST_SYLLABLE = 7
MOST_MENDED = 8  # of one query: beyond, it is no Vietnamese


def repair(text: str, vocabulary: Vocabulary) -> str:
    """The text with its unknown words mended where that is possible; unchanged otherwise."""
    words = tokens(text)
    unknown = [place for place, word in enumerate(words) if _may_be_slip(word, vocabulary)]
    if not len(vocabulary.hashes) or len(unknown) > MOST_MENDED:
        return text
    mended = {place: better for place in unknown if (better := _mended(words, place, vocabulary))}
    return " ".join(mended.get(place, word) for place, word in enumerate(words)) if mended else text


def _may_be_slip(word: str, vocabulary: Vocabulary) -> bool:
    if not word.isalpha() or len(word) < SHORTEST_SLIP:
        return False
    meant = search_words(word)
    return any(_is_odd(one) for one in meant) and not _knows(vocabulary, meant)


def _is_odd(folded: str) -> bool:
    return not is_syllable(folded) or "oo" in folded  # 'coong' could be a syllable, and is a slip of Telex


def _knows(vocabulary: Vocabulary, terms: Sequence[str]) -> bool:
    hashes = np.array([zlib.crc32(term.encode()) for term in terms], dtype=np.uint32)
    return bool((vocabulary.places(hashes) >= 0).all())


def _mended(words: Sequence[str], place: int, vocabulary: Vocabulary) -> str | None:
    """A short word is the likelier one slip, a long one several words; either is tried."""
    word = fold(words[place])
    near = _near(words, place, word, vocabulary) if len(word) <= LONGEST_SLIP else None
    if near and len(word) < LONGEST_SYLLABLE:
        return near
    parts = _split(word, vocabulary) if SHORTEST_GLUED <= len(word) <= LONGEST_GLUED else ()
    return " ".join(parts) or near


def _near(words: Sequence[str], place: int, word: str, vocabulary: Vocabulary) -> str | None:
    before = search_words(words[place - 1])[-1:] if place else []
    after = search_words(words[place + 1])[:1] if place + 1 < len(words) else []
    return _nearest(word, "".join(before), "".join(after), vocabulary)


def _split(word: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The fewest known syllables that the word consists of, each pair known too; empty when there are none."""

    @cache
    def best(start: int) -> tuple[str, ...] | None:
        if start == len(word):
            return ()
        found: tuple[str, ...] | None = None
        for end in range(start + 2, min(start + LONGEST_SYLLABLE, len(word)) + 1):
            piece = word[start:end]
            if not is_syllable(piece) or not _knows(vocabulary, [piece]):
                continue
            rest = best(end)
            if rest is None or (rest and not _knows(vocabulary, [f"{piece} {rest[0]}"])):
                continue
            if found is None or len(rest) + 1 < len(found):
                found = (piece, *rest)
        return found

    parts = best(0) or ()
    return parts if len(parts) > 1 else ()


def _nearest(word: str, before: str, after: str, vocabulary: Vocabulary) -> str | None:
    """A known syllable one slip away that stands beside one of its neighbours in the index."""
    candidates = sorted({near for near in _one_slip_away(word) if is_syllable(near)})
    if not candidates:
        return None
    scores = np.zeros(len(candidates))
    for pairs in ([f"{before} {near}" for near in candidates], [f"{near} {after}" for near in candidates]):
        places = vocabulary.places(np.array([zlib.crc32(pair.encode()) for pair in pairs], dtype=np.uint32))
        scores += np.where(places >= 0, 2 - vocabulary.idf[places], 0)  # a common pair is the likelier
    best = int(np.argmax(scores))
    return candidates[best] if scores[best] > 0 else None


def _one_slip_away(word: str) -> Iterator[str]:
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]
        if place + 1 < len(word):
            yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    for place in range(len(word) + 1):
        for letter in string.ascii_lowercase:
            yield word[:place] + letter + word[place:]
            yield word[:place] + letter + word[place + 1 :]
