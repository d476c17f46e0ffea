"""Which facets of a procedure a message asks for; several may be asked at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.components.views import ASKING_ROW
from bot.dialogue.facets import FACET_OF_INTENT, chosen
from bot.dialogue.linear import Linear
from bot.dialogue.views import stacked

_FILE = "facets.npz"


def labels_of(message: Message) -> frozenset[str]:
    """Facets of a training example: named in its metadata, or told by its intent."""
    example = (message.get("metadata") or {}).get("example") or {}
    named = example.get("facets") or [FACET_OF_INTENT[message.get(INTENT)]]
    return frozenset(named)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FacetClassifier(GraphComponent):
    """One logistic regression per facet over the part of the message that asks."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"inverse_regularisation": 4.0}

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
    ) -> FacetClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [
            one for one in training_data.training_examples if one.get(TEXT) and one.get(INTENT) in FACET_OF_INTENT
        ]
        rows = stacked([one.get(ASKING_ROW) for one in examples])
        self._linear = Linear.any_of(rows, [labels_of(one) for one in examples], self._config["inverse_regularisation"])
        with self._storage.write_to(self._resource) as folder:
            self._linear.save(folder / _FILE)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            row = message.get(ASKING_ROW)
            if row is not None:
                chances = self._linear.chance_of_each(*row) if len(row[0]) else np.zeros(len(self._linear.labels))
                message.set(
                    "facets", chosen(dict(zip(self._linear.labels, chances.tolist(), strict=True))), add_to_output=True
                )
        return messages

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FacetClassifier:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Linear.load(folder / _FILE))
