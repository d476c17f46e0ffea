"""How well intents are told apart: the cross-validation of `rasa test nlu`, ours and stock Rasa on the same folds."""

from __future__ import annotations

import asyncio
import html
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from sklearn.metrics import f1_score

from bot.dialogue import training_data
from bot.dialogue.training import CONFIG, NLU_DATA, SENTENCES

FOLDS = 5
SEED = 7
Progress = Callable[[str], None]

# What Rasa's handbook proposes for a language whose words are parted by spaces.
STOCK_PIPELINE: Sequence[Mapping[str, object]] = (
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "random_seed": SEED, "constrain_similarities": True},
)


@dataclass(frozen=True)
class Told:
    """What a pipeline made of every sentence when it had not seen it."""

    name: str
    right: Sequence[str]
    told: Sequence[str]
    texts: Sequence[str]

    @property
    def macro_f1(self) -> float:
        return f1_score(self.right, self.told, labels=sorted(set(self.right)), average="macro", zero_division=0)

    def line(self) -> str:
        hits = sum(one == other for one, other in zip(self.right, self.told, strict=True))
        return f"  {self.name:44} macro-F1 {self.macro_f1:6.1%}, accuracy {hits / len(self.right):6.1%}"

    def part(self, name: str, texts: Set[str]) -> Told:
        """What was made of these sentences alone; all the others taught all the same."""
        rows = [row for row in zip(self.right, self.told, self.texts, strict=True) if row[2] in texts]
        return Told(name, *([row[column] for row in rows] for column in range(3)))


def cross_validate(progress: Progress) -> list[Told]:
    """Our sentences by intent in five parts, each told by a model trained on the other four. Takes minutes."""
    told = []
    for name, config in (("ours (config.yml)", _ours()), ("stock Rasa: WhitespaceTokenizer and DIET", _stock())):
        progress(f"cross-validating intents: {name}")
        told.append(_cross_validate(name, config))
    return told


def as_text(told: Sequence[Told]) -> str:
    sentences, intents = len(told[0].right), len(set(told[0].right))
    head = f"Intents: {FOLDS}-fold cross-validation, {sentences} sentences of nlu_data, {intents} intents"
    parts = [told[0].part(f"  of these in nlu_data/{folder}", texts) for folder, texts in _by_folder().items()]
    parts = [part for part in parts if part.texts]
    return "\n".join([head, *(one.line() for one in (told[0], *parts, *told[1:]))])


def _by_folder() -> dict[str, set[str]]:
    """The sentences by the folder they stand in: they were written in turn, each time more varied."""
    by_intent = {folder: training_data.written(NLU_DATA / folder) for folder in SENTENCES}
    return {folder: {text for texts in found.values() for text in texts} for folder, found in by_intent.items()}


def as_html(told: Sequence[Told]) -> str:
    """The figures, and for ours F1 by intent with what it was taken for."""
    ours = told[0]
    rows = "".join(_row(intent, ours) for intent in sorted(set(ours.right), key=lambda intent: _f1(intent, ours)))
    head = "<tr><th>intent</th><th>sentences</th><th>F1</th><th>taken for</th></tr>"
    return f"<h2>Intents</h2><pre>{html.escape(as_text(told))}</pre><table>{head}{rows}</table>"


def _row(intent: str, told: Told) -> str:
    others = Counter(
        other for right, other in zip(told.right, told.told, strict=True) if right == intent and other != intent
    )
    taken = ", ".join(f"{html.escape(other)} {times}" for other, times in others.most_common(3))
    return (
        f"<tr><td>{html.escape(intent)}</td><td>{Counter(told.right)[intent]}</td>"
        f"<td>{_f1(intent, told):.1%}</td><td>{taken}</td></tr>"
    )


def _f1(intent: str, told: Told) -> float:
    return f1_score(told.right, told.told, labels=[intent], average="macro", zero_division=0)


def _ours() -> dict:
    return {key: value for key, value in yaml.safe_load(CONFIG.read_text("utf-8")).items() if key != "policies"}


def _stock() -> dict:
    return {"recipe": "default.v1", "language": "vi", "assistant_id": "stock", "pipeline": list(STOCK_PIPELINE)}


def _cross_validate(name: str, config: dict) -> Told:
    from bot.dialogue.quiet import hush, silence

    hush()
    with silence(), tempfile.TemporaryDirectory() as folder:
        from rasa.nlu.test import cross_validate as rasa_cross_validate
        from rasa.shared.nlu.training_data.loading import load_data

        look_ups = Path(folder) / "look_ups.yml"
        look_ups.write_text(training_data.look_ups(None), "utf-8")
        data = load_data(str(look_ups)).merge(*(load_data(str(NLU_DATA / one)) for one in SENTENCES))
        np.random.seed(SEED)  # Rasa shuffles its folds with NumPy's global state
        path = Path(folder) / "config.yml"
        path.write_text(yaml.safe_dump(config), "utf-8")
        result, _, _ = asyncio.run(rasa_cross_validate(data, FOLDS, str(path), disable_plotting=True))
    found = result.evaluation["predictions"]
    return Told(
        name,
        [one["intent"] for one in found],
        [one["predicted"] or "" for one in found],
        [one["text"] for one in found],
    )
