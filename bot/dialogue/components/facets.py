"""Which facets of a procedure a message asks for; several may be asked at once."""

from __future__ import annotations

from pathlib import Path

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.components.learned import Learned
from bot.dialogue.cues import Cues
from bot.dialogue.facets import FACET_OF_INTENT, FacetModel
from bot.dialogue.frames import COMMON_WORDS, Frames
from bot.dialogue.linear import Linear
from bot.dialogue.views import stacked

FACET_SHARES = "facet_shares"  # on the message: every facet with its share
_FILE = "facets.npz"


def facet_of(message: Message) -> str:
    """The first facet of a training example: named in its metadata, or told by its intent."""
    named = ((message.get("metadata") or {}).get("example") or {}).get("facets")
    return named[0] if named else FACET_OF_INTENT[message.get(INTENT)]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FacetClassifier(Learned[FacetModel]):
    """Logistic regression over the way of asking, for the whole message and for each clause that asks."""

    defaults = {"inverse_regularisation": 0.5}

    def train(self, training_data: TrainingData) -> Resource:
        examples = [
            one for one in training_data.training_examples if one.get(TEXT) and one.get(INTENT) in FACET_OF_INTENT
        ]
        texts = [one.get(TEXT) for one in examples]
        frames = Frames.fit(texts, _common_words(training_data), Cues.ours())
        rows = stacked([frames.row(text) for text in texts], len(frames.index))
        linear = Linear.fit(rows, [facet_of(one) for one in examples], self._config["inverse_regularisation"])
        return self.keep(FacetModel(frames, linear))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text:
                ranked = self._model.ranked(text)
                message.set(FACET_SHARES, ranked)
                message.set("facets", self._model.facets(text, ranked), add_to_output=True)
        return messages

    def write(self, folder: Path) -> None:
        self._model.frames.save(folder)
        self._model.linear.save(folder / _FILE)

    @classmethod
    def read(cls, folder: Path) -> FacetModel:
        return FacetModel(Frames.load(folder), Linear.load(folder / _FILE))


def _common_words(training_data: TrainingData) -> list[str]:
    """Found over the everyday wording of all procedures, and handed over as a look-up of the generated file."""
    return [word for one in training_data.lookup_tables if one["name"] == COMMON_WORDS for word in one["elements"]]
