"""Which sentences are nearly the same: a copy on both sides of a fold would be told by heart, not understood."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from knowledge.text import fold

PIECE = 4  # characters
TOO_ALIKE = 0.85  # of the pieces of both


def near_copies(texts: Sequence[str], too_alike: float = TOO_ALIKE) -> list[tuple[str, str]]:
    """Each text that nearly repeats an earlier one, with that one; diacritics and capitals do not count."""
    kept: list[tuple[str, frozenset[str]]] = []
    holders: dict[str, list[int]] = defaultdict(list)  # piece → places in `kept`
    copies = []
    for text in texts:
        pieces = _pieces(text)
        shared = Counter(place for piece in pieces for place in holders[piece])
        first = next((at for at, n in shared.items() if _likeness(n, pieces, kept[at][1]) >= too_alike), None)
        if first is not None:
            copies.append((text, kept[first][0]))
            continue
        for piece in pieces:
            holders[piece].append(len(kept))
        kept.append((text, pieces))
    return copies


def _likeness(shared: int, one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard: shared pieces among all of both."""
    return shared / (len(one) + len(other) - shared)


def _pieces(text: str) -> frozenset[str]:
    bounded = f" {' '.join(fold(text).split())} "
    return frozenset(bounded[at : at + PIECE] for at in range(max(1, len(bounded) - PIECE + 1)))
