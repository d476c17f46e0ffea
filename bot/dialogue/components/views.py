"""Gives a message its features: one sparse row that the classifiers after it read."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.cues import Cues
from bot.dialogue.views import Views

ROW = "view_row"  # (columns, values) on the message
KNOWN_SHARE = "known_share"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class ViewFeaturizer(GraphComponent):
    """Plain arrays on the message, because Rasa's own feature wrappers cost more than the classifiers."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"rarest": 2}

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, views: Views | None = None
    ) -> None:
        self._config, self._storage, self._resource, self._views = config, storage, resource, views

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ViewFeaturizer:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        texts = [example.get(TEXT) for example in training_data.training_examples if example.get(TEXT)]
        self._views = Views.fit(texts, Cues.ours(), self._config["rarest"])
        with self._storage.write_to(self._resource) as folder:
            self._views.save(folder)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text is not None:
                message.set(ROW, self._views.row(text))
                message.set(KNOWN_SHARE, self._views.known_share(text), add_to_output=True)
        return messages

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ViewFeaturizer:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Views.load(folder))
