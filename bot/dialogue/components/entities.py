"""Entities by pattern and list, from the regexes and lookups of the training data."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.entities import Recogniser, Span

_FILE = "entities.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class PatternEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Rasa's RegexEntityExtractor wants every pattern annotated in an example, and knows no folded names."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {}

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, recogniser: Recogniser | None = None
    ) -> None:
        self._config, self._storage, self._resource, self._recogniser = config, storage, resource, recogniser

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PatternEntityExtractor:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        shapes, names = defaultdict(list), defaultdict(list)
        for regex in training_data.regex_features:
            shapes[regex["name"]].append(regex["pattern"])
        for lookup in training_data.lookup_tables:
            names[lookup["name"]] += lookup["elements"]
        self._recogniser = Recogniser.build(shapes, names)
        with self._storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps({"shapes": shapes, "names": names}, ensure_ascii=False), "utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = [_as_rasa(span) for span in self._recogniser.find(message.get(TEXT) or "")]
            message.set(ENTITIES, self.add_extractor_name(found), add_to_output=True)
        return messages

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> PatternEntityExtractor:
        with model_storage.read_from(resource) as folder:
            data = json.loads((folder / _FILE).read_text("utf-8"))
            return cls(config, model_storage, resource, Recogniser.build(data["shapes"], data["names"]))


def _as_rasa(span: Span) -> dict[str, Any]:
    return {"entity": span.entity, "value": span.value, "start": span.start, "end": span.end, "confidence_entity": 1.0}
