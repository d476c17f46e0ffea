"""From a message to facets: what of a procedure is asked, in the order in which it is asked."""

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
        found = [facet for clause in clauses(text, self.frames) if (facet := self._sure(clause))]
        return _in_order(main, found or others)

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


def _likely(ranked: Sequence[tuple[str, float]]) -> list[str]:
    """The likeliest facet, and the runner-up when that one is not sure."""
    (first, share), (second, rest) = ranked[:2]
    is_close = share < UNSURE and rest >= RUNNER_UP and second != Facet.overview
    return [first, second] if is_close else [first]


def clauses(text: str, frames: Frames) -> list[str]:
    """The clauses with a turn of phrase that asks; none when the message has only one clause."""
    parts = [part.strip() for part in _CLAUSE.split(asking_part(text, frames.cues)) if part and part.strip()]
    return [part for part in parts if has_question_cue(part, frames.cues)] if len(parts) > 1 else []


def _in_order(main: str, found: Sequence[str]) -> list[str]:
    """Every facet once, as asked; the main one leads when no single clause asks for it."""
    ordered = list(dict.fromkeys(found))
    return (ordered if main in ordered else [main, *ordered])[:MOST_FACETS]
