"""Which intent a message has: what it does by its views, and if it asks, which facet by the way of asking."""

from __future__ import annotations

from typing import Any

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
from bot.dialogue.intents import act_of, rank
from bot.dialogue.linear import Linear
from bot.dialogue.views import stacked

_FILE = "intents.npz"


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
                ranked = rank(self._linear, message.get(ROW), message.get(FACET_SHARES) or ())
                ranking = [{"name": name, "confidence": share} for name, share in ranked]
                message.set("intent", ranking[0], add_to_output=True)
                message.set("intent_ranking", ranking, add_to_output=True)
        return messages

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
