"""How well intents and facets are told apart: cross-validation of ours, and stock Rasa on the held-out sentences."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

from bot.dialogue import training_data
from bot.dialogue.cues import Cues
from bot.dialogue.facets import FACET_OF_INTENT, INTENT_OF_FACET, FacetModel
from bot.dialogue.frames import Frames, common_words
from bot.dialogue.intents import act_of, rank
from bot.dialogue.linear import Linear
from bot.dialogue.training import CONFIG, NLU_DATA, source_files
from bot.dialogue.views import Views, prepare, stacked
from knowledge import everyday

HELD_OUT = Path(__file__).parents[2] / "tests" / "sentences"
FOLDS = 5
Progress = Callable[[str], None]
Labelled = tuple[list[str], list[str]]  # texts, intents

# What `rasa init` proposes today, and what its handbook proposes for little data.
STOCK_PIPELINES: Mapping[str, list[dict]] = {
    "stock, WhitespaceTokenizer and DIET": [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": 100, "random_seed": 1, "constrain_similarities": True},
    ],
    "stock, WhitespaceTokenizer and LogisticRegression": [
        {"name": "WhitespaceTokenizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "LogisticRegressionClassifier", "max_iter": 300},
    ],
}


@dataclass(frozen=True)
class Score:
    """Macro-F1 over intents, and over acts (all questions about a procedure taken as one)."""

    intents: float
    acts: float
    wrong: Sequence[tuple[str, str, str]] = ()  # right, told, text

    def line(self, name: str) -> str:
        return f"{name}: macro-F1 {self.intents:.1%} over intents, {self.acts:.1%} over acts"


def own_sentences() -> Labelled:
    """Our written sentences by intent."""
    texts, intents = [], []
    for path in sorted((NLU_DATA / "nlu").glob("*.yml")):
        part = yaml.safe_load(path.read_text("utf-8"))["nlu"][0]
        for line in part["examples"].splitlines():
            texts.append(prepare(line.removeprefix("- ")))
            intents.append(part["intent"])
    return texts, intents


def held_out_sentences(folder: Path = HELD_OUT) -> Labelled:
    """Sentences that no training sees, a file an intent."""
    texts, intents = [], []
    for path in sorted(folder.glob("*.txt")):
        for line in filter(None, path.read_text("utf-8").splitlines()):
            texts.append(prepare(line))
            intents.append(path.stem)
    return texts, intents


def cross_validate(folds: int = FOLDS, seed: int = 7) -> Score:
    """Our sentences in `folds` parts, each told by a model that saw the others and the everyday wording."""
    texts, intents = (np.array(part, dtype=object) for part in own_sentences())
    told = np.empty(len(texts), dtype=object)
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=seed).split(texts, intents):
        model = Model.fit(list(texts[train]), list(intents[train]))
        told[test] = [model.intent(text) for text in texts[test]]
    return score(list(texts), list(intents), list(told))


def score_held_out() -> Score:
    """The model of all our sentences on the held-out ones."""
    texts, intents = held_out_sentences()
    model = Model.fit(*own_sentences())
    return score(texts, intents, [model.intent(text) for text in texts])


def score(texts: Sequence[str], right: Sequence[str], told: Sequence[str]) -> Score:
    acts = [act_of(intent) for intent in right], [act_of(intent) for intent in told]
    wrong = tuple((one, other, text) for one, other, text in zip(right, told, texts, strict=True) if one != other)
    return Score(f1_score(right, told, average="macro"), f1_score(*acts, average="macro"), wrong)


@dataclass(frozen=True)
class Model:
    """What the pipeline learns, without Rasa around it: the same parts with the settings of config.yml."""

    views: Views
    acts: Linear
    facets: FacetModel

    @classmethod
    def fit(cls, texts: list[str], intents: list[str]) -> Model:
        wording, cues = everyday.load(), Cues.ours()
        extra = [*training_data.several(), *training_data.everyday(wording)]
        texts = [*texts, *(text for text, _ in extra)]
        intents = [*intents, *(INTENT_OF_FACET[facets[0]] for _, facets in extra)]
        common = common_words(map(training_data.asks_of, wording.values()))
        views = Views.fit(texts, cues)
        acting = _settings("LinearIntentClassifier")
        labels = [act_of(intent) for intent in intents]
        acts = Linear.fit(views.matrix(texts), labels, acting["inverse_regularisation"], acting["evenness"])
        return cls(views, acts, _fit_facets(texts, intents, common, cues))

    def intent(self, text: str) -> str:
        return rank(self.acts, self.views.row(text), self.facets.ranked(text))[0][0]


def _fit_facets(texts: Sequence[str], intents: Sequence[str], common: frozenset[str], cues: Cues) -> FacetModel:
    asks = [(text, FACET_OF_INTENT.get(intent)) for text, intent in zip(texts, intents, strict=True)]
    asks = [(text, facet) for text, facet in asks if facet]
    frames = Frames.fit([text for text, _ in asks], common, cues)
    rows = stacked([frames.row(text) for text, _ in asks], len(frames.index))
    strength = _settings("FacetClassifier")["inverse_regularisation"]
    return FacetModel(frames, Linear.fit(rows, [facet for _, facet in asks], strength))


def _settings(component: str) -> dict:
    """What config.yml says of one component."""
    pipeline = yaml.safe_load(CONFIG.read_text("utf-8"))["pipeline"]
    return next(part for part in pipeline if part["name"].endswith(f".{component}"))


def compare_with_stock(progress: Progress) -> dict[str, Score]:
    """Ours and stock pipelines on the held-out sentences; the stock ones are trained on the same files. Minutes."""
    scores = {"ours": score_held_out()}
    for name, pipeline in STOCK_PIPELINES.items():
        progress(f"training: {name}")
        scores[name] = _score_stock(pipeline)
    return scores


def _score_stock(pipeline: list[dict]) -> Score:
    from bot.dialogue.quiet import hush, silence

    hush()
    with silence(), tempfile.TemporaryDirectory() as folder:
        from rasa.core.agent import Agent
        from rasa.model_training import train_nlu

        agent = Agent.load(train_nlu(*_stock_files(Path(folder), pipeline), folder))
        texts, intents = held_out_sentences()
        return score(texts, intents, asyncio.run(_told(agent, texts)))


def _stock_files(folder: Path, pipeline: list[dict]) -> tuple[str, str]:
    """A config and the training data, as `rasa train nlu` wants them."""
    config = {"recipe": "default.v1", "language": "vi", "assistant_id": "stock", "pipeline": pipeline}
    (folder / "config.yml").write_text(yaml.safe_dump(config))
    (folder / "nlu").mkdir()
    (folder / "nlu" / "generated.yml").write_text(training_data.generated(None), "utf-8")
    for path in source_files():
        if path.parent.name == "nlu":
            (folder / "nlu" / path.name).write_text(path.read_text("utf-8"), "utf-8")
    return str(folder / "config.yml"), str(folder / "nlu")


async def _told(agent, texts: Sequence[str]) -> list[str]:
    return [(await agent.parse_message(text))["intent"]["name"] or "" for text in texts]
