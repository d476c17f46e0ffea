"""Entities by pattern and list, from the regexes and lookups of the training data."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.components.learned import Learned
from bot.dialogue.entities import Recogniser, Span

_FILE = "entities.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class PatternEntityExtractor(Learned[Recogniser], EntityExtractorMixin):
    """Rasa's RegexEntityExtractor wants every pattern annotated in an example, and knows no folded names."""

    def train(self, training_data: TrainingData) -> Resource:
        shapes, names = defaultdict(list), defaultdict(list)
        for regex in training_data.regex_features:
            shapes[regex["name"]].append(regex["pattern"])
        for lookup in training_data.lookup_tables:
            names[lookup["name"]] += lookup["elements"]
        self._patterns = {"shapes": shapes, "names": names}
        return self.keep(Recogniser.build(shapes, names))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = [_as_rasa(span) for span in self._model.find(message.get(TEXT) or "")]
            message.set(ENTITIES, self.add_extractor_name(found), add_to_output=True)
        return messages

    def write(self, folder: Path) -> None:
        (folder / _FILE).write_text(json.dumps(self._patterns, ensure_ascii=False), "utf-8")

    @classmethod
    def read(cls, folder: Path) -> Recogniser:
        data = json.loads((folder / _FILE).read_text("utf-8"))
        return Recogniser.build(data["shapes"], data["names"])


def _as_rasa(span: Span) -> dict[str, Any]:
    return {"entity": span.entity, "value": span.value, "start": span.start, "end": span.end, "confidence_entity": 1.0}
