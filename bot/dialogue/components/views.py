"""Gives a message its features: one sparse row that the classifiers after it read."""

from __future__ import annotations

from pathlib import Path

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.components.learned import Learned
from bot.dialogue.cues import Cues
from bot.dialogue.views import Views

ROW = "view_row"  # (columns, values) on the message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class ViewFeaturizer(Learned[Views]):
    """Plain arrays on the message, because Rasa's own feature wrappers cost more than the classifiers."""

    defaults = {"rarest": 2}

    def train(self, training_data: TrainingData) -> Resource:
        texts = [example.get(TEXT) for example in training_data.training_examples if example.get(TEXT)]
        return self.keep(Views.fit(texts, Cues.of_acts(), self._config["rarest"]))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text is not None:
                message.set(ROW, self._model.row(text))
        return messages

    def write(self, folder: Path) -> None:
        self._model.save(folder)

    @classmethod
    def read(cls, folder: Path) -> Views:
        return Views.load(folder)
