"""What a message was understood to mean; plain values, nothing of Rasa's."""

from __future__ import annotations

import math
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
REFUSED = frozenset({"out_of_scope", "inject_prompt", "speak_foreign_language", "gibberish", "insult", "chitchat"})


@dataclass(frozen=True)
class ScopeFeatures:
    """Numbers that help to decide whether a message is about procedures at all; each lies in 0..1."""

    asking: float  # probability that it asks about a procedure, whichever facet
    refused: float  # probability of intents that must be declined
    top: float
    entropy: float  # of the whole ranking, 1 = no idea
    known_share: float


@dataclass(frozen=True)
class Understanding:
    """One message: intent with the whole ranking, facets asked for (best first), entities, share of known words."""

    text: str
    intent: str
    confidence: float
    facets: tuple[Facet, ...] = ()
    ranking: tuple[tuple[str, float], ...] = ()
    entities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    known_share: float = 0.0

    @property
    def is_asking(self) -> bool:
        return self.intent in ASKING

    @property
    def scope_features(self) -> ScopeFeatures:
        probabilities = [share for _, share in self.ranking if share > 0]
        spread = -sum(share * math.log(share) for share in probabilities)
        return ScopeFeatures(
            asking=sum(share for intent, share in self.ranking if intent in ASKING),
            refused=sum(share for intent, share in self.ranking if intent in REFUSED),
            top=self.confidence,
            entropy=spread / math.log(len(self.ranking)) if len(self.ranking) > 1 else 0.0,
            known_share=self.known_share,
        )
