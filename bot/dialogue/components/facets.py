"""Which facets of a procedure a message asks for; several may be asked at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.components.learned import Learned
from bot.dialogue.cues import Cues
from bot.dialogue.facets import FACET_OF_INTENT, FacetModel, FacetModels
from bot.dialogue.frames import COMMON_WORDS, Frames
from bot.dialogue.linear import Linear
from bot.dialogue.views import stacked

FACET_SHARES = "facet_shares"  # on the message: every facet with its share
_FILE = "facets.npz"
_BRIEF_FILE = "facets_of_brief_messages.npz"


def facet_of(message: Message) -> str:
    """The first facet of a training example: named in its metadata, or told by its intent."""
    named = ((message.get("metadata") or {}).get("example") or {}).get("facets")
    return named[0] if named else FACET_OF_INTENT[message.get(INTENT)]


def is_brief(message: Message) -> bool:
    """Whether a training example teaches short messages only (metadata of its file)."""
    return bool(((message.get("metadata") or {}).get("intent") or {}).get("brief"))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FacetClassifier(Learned[FacetModels]):
    """Logistic regression over the way of asking, for the whole message and for each clause that asks."""

    defaults = {"inverse_regularisation": 0.5}

    def train(self, training_data: TrainingData) -> Resource:
        examples = [
            one for one in training_data.training_examples if one.get(TEXT) and one.get(INTENT) in FACET_OF_INTENT
        ]
        texts = [one.get(TEXT) for one in examples]
        frames = Frames.fit(texts, _common_words(training_data), Cues.ours())
        # `rasa test nlu` writes its folds anew and gives all sentences of an intent the same metadata
        told = [one for one in examples if not is_brief(one)] or examples
        return self.keep(FacetModels(self._fitted(frames, examples), self._fitted(frames, told)))

    def _fitted(self, frames: Frames, examples: Sequence[Message]) -> FacetModel:
        rows = stacked([frames.row(one.get(TEXT)) for one in examples], len(frames.index))
        facets = [facet_of(one) for one in examples]
        return FacetModel(frames, Linear.fit(rows, facets, self._config["inverse_regularisation"]))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text:
                model = self._model.of(text)
                ranked = model.ranked(text)
                message.set(FACET_SHARES, ranked)
                message.set("facets", model.facets(text, ranked), add_to_output=True)
        return messages

    def write(self, folder: Path) -> None:
        self._model.told.frames.save(folder)
        self._model.told.linear.save(folder / _FILE)
        self._model.brief.linear.save(folder / _BRIEF_FILE)

    @classmethod
    def read(cls, folder: Path) -> FacetModels:
        frames = Frames.load(folder)
        brief, told = (Linear.load(folder / name) for name in (_BRIEF_FILE, _FILE))
        return FacetModels(FacetModel(frames, brief), FacetModel(frames, told))


def _common_words(training_data: TrainingData) -> list[str]:
    """Found over the everyday wording of all procedures, and handed over as a look-up of the generated file."""
    return [word for one in training_data.lookup_tables if one["name"] == COMMON_WORDS for word in one["elements"]]
