"""The learned part of a search: features of candidates → which is meant, how sure, and whether any is meant.

The numbers live in `ranker.json` beside this file, learned by `train_ranker` from our own everyday wording; they
are small and the same everywhere, so that an import needs no training before its records can be searched.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.ranking import FEATURES

PACKAGED = "ranker.json"


@dataclass(frozen=True)
class Layer:
    weight: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Logistic:
    """A probability from named numbers."""

    weight: np.ndarray
    bias: float

    def __call__(self, values: np.ndarray) -> float:
        return float(1 / (1 + np.exp(-np.clip(values @ self.weight + self.bias, -30, 30))))


@dataclass(frozen=True)
class Ranker:
    """`mean` and `scale` bring features to one size; layers give one logit per candidate."""

    mean: np.ndarray
    scale: np.ndarray
    layers: tuple[Layer, ...]
    temperature: float
    scope: Logistic
    sureness: Logistic
    thresholds: dict[str, float]

    def logits(self, features: np.ndarray) -> np.ndarray:
        values = (features - self.mean) / self.scale
        for layer in self.layers[:-1]:
            values = np.maximum(values @ layer.weight + layer.bias, 0)
        return (values @ self.layers[-1].weight + self.layers[-1].bias)[:, 0]

    def shares(self, logits: np.ndarray) -> np.ndarray:
        """Probability of each candidate, given that one of them is meant."""
        raised = np.exp((logits - logits.max()) / self.temperature)
        return raised / raised.sum()

    def confidence(self, in_scope: float, shares: np.ndarray) -> float:
        """Probability that the first is the one meant; `shares` best first."""
        return self.sureness(sureness_numbers(in_scope, shares))

    def in_scope(self, features: np.ndarray, logits: np.ndarray) -> float:
        return self.scope(scope_numbers(features, logits))


_SCOPE_FEATURES = (
    "wording_cover", "any_cover", "name_share", "phrase_best", "phrase_second", "dense_best", "dense_mean3",
    "dense_name", "dense_centre", "known_share", "log_terms", "outside_best",
)  # fmt: skip
SCOPE_NUMBERS = ("logit", "margin", *(f"best_{name}" for name in _SCOPE_FEATURES))


def scope_numbers(features: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """What tells a question about some procedure from one about none: how well the best candidates fit at all."""
    top = np.argsort(-logits)[:5]
    margin = float(logits[top[0]] - logits[top[1]]) if len(top) > 1 else 5.0
    columns = [FEATURES.index(name) for name in _SCOPE_FEATURES]
    return np.array([logits[top[0]], margin, *features[top][:, columns].max(axis=0)], dtype=np.float64)


def sureness_numbers(in_scope: float, shares: np.ndarray) -> np.ndarray:
    second = float(shares[1]) if len(shares) > 1 else 0.0
    return np.array([_logit(in_scope), _logit(float(shares[0])), second])


def _logit(share: float) -> float:
    share = min(max(share, 1e-4), 1 - 1e-4)
    return float(np.log(share / (1 - share)))


def read(path: Path | None = None) -> Ranker:
    """The ranker of a file, or the packaged one. Raises ValueError, KeyError on one of other features."""
    text = path.read_text("utf-8") if path else resources.files("knowledge").joinpath(PACKAGED).read_text("utf-8")
    return from_json(json.loads(text))


def from_json(data: dict[str, Any]) -> Ranker:
    if tuple(data["features"]) != FEATURES or tuple(data["scope_numbers"]) != SCOPE_NUMBERS:
        raise ValueError("ranker was learned on other features: run `motcua train --ranker`")
    return Ranker(
        mean=np.array(data["mean"], dtype=np.float32),
        scale=np.array(data["scale"], dtype=np.float32),
        layers=tuple(
            Layer(np.array(layer["weight"], np.float32), np.array(layer["bias"], np.float32))
            for layer in data["layers"]
        ),
        temperature=data["temperature"],
        scope=Logistic(np.array(data["scope"]["weight"]), data["scope"]["bias"]),
        sureness=Logistic(np.array(data["sureness"]["weight"]), data["sureness"]["bias"]),
        thresholds=data["thresholds"],
    )


def to_json(ranker: Ranker) -> dict[str, Any]:
    def numbers(array: np.ndarray) -> Any:
        return np.round(array.astype(float), 5).tolist()

    return {
        "features": list(FEATURES),
        "scope_numbers": list(SCOPE_NUMBERS),
        "mean": numbers(ranker.mean),
        "scale": numbers(ranker.scale),
        "layers": [{"weight": numbers(layer.weight), "bias": numbers(layer.bias)} for layer in ranker.layers],
        "temperature": round(ranker.temperature, 5),
        "scope": {"weight": numbers(ranker.scope.weight), "bias": round(ranker.scope.bias, 5)},
        "sureness": {"weight": numbers(ranker.sureness.weight), "bias": round(ranker.sureness.bias, 5)},
        "thresholds": ranker.thresholds,
    }
