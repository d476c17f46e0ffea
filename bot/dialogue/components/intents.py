"""Which intent a message has: what it does by its views, and if it asks, which facet by the way of asking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.components.facets import FACET_SHARES
from bot.dialogue.components.views import ROW
from bot.dialogue.facets import FACET_OF_INTENT, INTENT_OF_FACET
from bot.dialogue.linear import Linear
from bot.dialogue.views import stacked

NOTHING_KNOWN = "gibberish"
ASKING_ACT = "asking"
_FILE = "intents.npz"


def act_of(intent: str) -> str:
    return ASKING_ACT if intent in FACET_OF_INTENT else intent


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(IntentClassifier, GraphComponent):
    """Logistic regression over acts, where every question about a procedure is one act; facets split that act.

    Rasa's own LogisticRegressionClassifier fixes C = 1, which costs points on short messages (README).
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"inverse_regularisation": 10.0, "evenness": 0.5}

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, linear: Linear | None = None
    ) -> None:
        self._config, self._storage, self._resource, self._linear = config, storage, resource, linear

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [one for one in training_data.intent_examples if one.get(INTENT) and one.get(TEXT)]
        rows = stacked([one.get(ROW) for one in examples])
        acts = [act_of(one.get(INTENT)) for one in examples]
        self._linear = Linear.fit(rows, acts, self._config["inverse_regularisation"], self._config["evenness"])
        with self._storage.write_to(self._resource) as folder:
            self._linear.save(folder / _FILE)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if message.get(ROW) is not None:
                ranking = self._rank(*message.get(ROW), message.get(FACET_SHARES) or ())
                message.set("intent", ranking[0], add_to_output=True)
                message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _rank(
        self, columns: np.ndarray, values: np.ndarray, facets: Sequence[tuple[str, float]]
    ) -> list[dict[str, Any]]:
        """The whole ranking, best first. Without a single known feature only the intercepts would speak."""
        if not len(columns):
            return [{"name": NOTHING_KNOWN, "confidence": 1.0}]
        shares = dict(zip(self._linear.labels, self._linear.share_of_each(columns, values).tolist(), strict=True))
        asking = shares.pop(ASKING_ACT, 0.0)
        # when asking is the likeliest act its best facet leads, or eleven ways of asking lose to one way of talking
        leading = {INTENT_OF_FACET[facet]: asking * share for facet, share in facets}
        ranked = sorted((shares | leading).items(), key=lambda pair: -pair[1])
        if leading and asking >= max(shares.values(), default=0.0):
            first = max(leading, key=leading.__getitem__)
            ranked = [(first, leading[first]), *(pair for pair in ranked if pair[0] != first)]
        return [{"name": name, "confidence": share} for name, share in ranked]

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearIntentClassifier:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Linear.load(folder / _FILE))
