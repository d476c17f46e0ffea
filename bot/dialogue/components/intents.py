"""Which intent a message has: what it does by its views, and if it asks, which facet by the way of asking."""

from __future__ import annotations

from pathlib import Path

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.components.facets import FACET_SHARES
from bot.dialogue.components.learned import Learned
from bot.dialogue.components.views import ROW
from bot.dialogue.intents import act_of, rank
from bot.dialogue.linear import Linear
from bot.dialogue.views import stacked

_FILE = "intents.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(Learned[Linear], IntentClassifier):
    """Support vectors over acts, where every question about a procedure is one act; facets split that act."""

    defaults = {"inverse_regularisation": 1.0, "evenness": 0.5}

    def train(self, training_data: TrainingData) -> Resource:
        examples = [one for one in training_data.intent_examples if one.get(INTENT) and one.get(TEXT)]
        rows = stacked([one.get(ROW) for one in examples])
        acts = [act_of(one.get(INTENT)) for one in examples]
        return self.keep(Linear.separate(rows, acts, self._config["inverse_regularisation"], self._config["evenness"]))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if message.get(ROW) is not None:
                ranked = rank(self._model, message.get(ROW), message.get(FACET_SHARES) or ())
                ranking = [{"name": name, "confidence": share} for name, share in ranked]
                message.set("intent", ranking[0], add_to_output=True)
                message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def write(self, folder: Path) -> None:
        self._model.save(folder / _FILE)

    @classmethod
    def read(cls, folder: Path) -> Linear:
        return Linear.load(folder / _FILE)
