"""From a message to facets: what of a procedure is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.dialogue.asking import asking_part, has_question_cue
from bot.dialogue.frames import Frames
from bot.dialogue.linear import Linear
from knowledge.schema import Facet

FACET_OF_INTENT: Mapping[str, str] = {
    **{f"ask_{facet}": str(facet) for facet in Facet if facet is not Facet.overview},
    "find_procedure": str(Facet.overview),
}
INTENT_OF_FACET: Mapping[str, str] = {facet: intent for intent, facet in FACET_OF_INTENT.items()}
SURE = 0.6  # of a clause on its own: a wrong further answer makes the reply longer for nothing
UNSURE = 0.6  # below this the runner-up is told as well, when it has its share
RUNNER_UP = 0.2
MOST_FACETS = 3
SHORT = 14  # words; a message up to this length tells no story: its facets stay in the order asked
_CLAUSE = re.compile(r"[,.;?!\n]+|\s(?:và|va|với lại|rồi|hay là)\s")


@dataclass(frozen=True)
class FacetModel:
    frames: Frames
    linear: Linear

    def facets(self, text: str, ranked: Sequence[tuple[str, float]]) -> list[str]:
        """The likeliest facet of the whole, and those of single clauses that ask for another one."""
        main, *others = _likely(ranked)
        if main == Facet.overview:
            return [main]
        parts = clauses(text, self.frames)
        found = list(dict.fromkeys(facet for clause in parts if (facet := self._sure(clause)))) or others
        told = found if main in found else [main, *found]
        if len(told) > 1 and parts and len(text.split()) > SHORT:
            told = self._foremost_first(told, ranked, parts[-1])
        return told[:MOST_FACETS]

    def _foremost_first(self, facets: list[str], ranked: Sequence[tuple[str, float]], last_clause: str) -> list[str]:
        """Who tells a story asks at its end: what the last clause asks weighs as much as the whole."""
        whole, last = dict(ranked), dict(self.ranked(last_clause))
        return sorted(facets, key=lambda facet: -whole.get(facet, 0.0) - last.get(facet, 0.0))

    def _sure(self, clause: str) -> str | None:
        facet, share = self.ranked(clause)[0]
        return facet if share >= SURE and facet != Facet.overview else None

    def ranked(self, text: str) -> list[tuple[str, float]]:
        """Every facet with its share, likeliest first."""
        columns, values = self.frames.row(text)
        if not len(columns):
            return [(str(Facet.overview), 1.0), (str(Facet.overview), 0.0)]
        shares = self.linear.share_of_each(columns, values)
        return [(self.linear.labels[at], float(shares[at])) for at in (-shares).argsort()]


@dataclass(frozen=True)
class FacetModels:
    """Two models over the same frames: short ways to ask would drown the everyday wording of longer messages."""

    brief: FacetModel
    told: FacetModel

    def of(self, text: str) -> FacetModel:
        """The model for a whole message; its clauses go to the same one."""
        return self.brief if len(text.split()) <= SHORT else self.told


def _likely(ranked: Sequence[tuple[str, float]]) -> list[str]:
    """The likeliest facet, and the runner-up when that one is not sure."""
    (first, share), (second, rest) = ranked[:2]
    is_close = share < UNSURE and rest >= RUNNER_UP and second != Facet.overview
    return [first, second] if is_close else [first]


def clauses(text: str, frames: Frames) -> list[str]:
    """The clauses with a turn of phrase that asks; none when the message has only one clause."""
    parts = [part.strip() for part in _CLAUSE.split(asking_part(text, frames.cues)) if part and part.strip()]
    return [part for part in parts if has_question_cue(part, frames.cues)] if len(parts) > 1 else []
