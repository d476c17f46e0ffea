"""From a message to a ranking of intents: what it does, and if it asks, which facet it asks for."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue.facets import FACET_OF_INTENT, INTENT_OF_FACET
from bot.dialogue.linear import Linear
from bot.dialogue.views import Row

ASKING_ACT = "asking"  # every question about a procedure is one act; the facet model splits it
NOTHING_KNOWN = "gibberish"
Ranking = list[tuple[str, float]]


def act_of(intent: str) -> str:
    return ASKING_ACT if intent in FACET_OF_INTENT else intent


def rank(acts: Linear, row: Row, facets: Sequence[tuple[str, float]]) -> Ranking:
    """The whole ranking, best first. Without a single known feature only the intercepts would speak."""
    if not len(row[0]):
        return [(NOTHING_KNOWN, 1.0)]
    shares = dict(zip(acts.labels, acts.share_of_each(*row).tolist(), strict=True))
    asking = shares.pop(ASKING_ACT, 0.0)
    by_facet = {INTENT_OF_FACET[facet]: asking * share for facet, share in facets}
    ranked = sorted((shares | by_facet).items(), key=lambda pair: -pair[1])
    if by_facet and asking >= max(shares.values(), default=0.0):
        # asking is the likeliest act, so its best facet leads; else eleven ways of asking lose to one way of talking
        first = max(by_facet, key=by_facet.__getitem__)
        ranked = [(first, by_facet[first]), *(pair for pair in ranked if pair[0] != first)]
    return ranked
