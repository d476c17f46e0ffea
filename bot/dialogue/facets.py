"""From chances to facets: which parts of a procedure are told, best first."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge.schema import Facet

FACET_OF_INTENT: Mapping[str, str] = {
    **{f"ask_{facet}": str(facet) for facet in Facet if facet is not Facet.overview},
    "find_procedure": str(Facet.overview),
}
INTENT_OF_FACET: Mapping[str, str] = {facet: intent for intent, facet in FACET_OF_INTENT.items()}
SURE = 0.5  # a further facet is told only when more likely than not
MOST_FACETS = 3


def chosen(chances: Mapping[str, float]) -> list[str]:
    """The likeliest facet, and the others that are asked as well; an overview stands alone."""
    ranked = sorted(chances, key=lambda facet: -chances[facet])
    if not ranked or chances[ranked[0]] == 0 or ranked[0] == Facet.overview:
        return [str(Facet.overview)]
    others = [facet for facet in ranked[1:] if chances[facet] >= SURE and facet != Facet.overview]
    return [ranked[0], *others][:MOST_FACETS]
