"""What a message was understood to mean; plain values, nothing of Rasa's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.schema import Facet

# Intents about a procedure; a message of another intent is never answered with one.
ASKING = frozenset(
    {
        "ask_documents",
        "ask_cost",
        "ask_time_limit",
        "ask_place",
        "ask_steps",
        "ask_eligibility",
        "ask_form",
        "ask_outcome",
        "ask_legal_basis",
        "ask_online",
        "find_procedure",
    }
)


@dataclass(frozen=True)
class Understanding:
    """One message: its intent, facets asked for (best first), entities."""

    text: str
    intent: str
    confidence: float
    facets: tuple[Facet, ...] = ()
    entities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_asking(self) -> bool:
        return self.intent in ASKING
