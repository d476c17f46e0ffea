"""A linear model as plain arrays: fitted by scikit-learn, kept as .npz, applied without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

SEED = 20_260_101
MOST_ROUNDS = 300
SHARPNESS = 3.5  # of margins: in a cross-validation the mean best share was then as high as the share of right ones


@dataclass(frozen=True)
class Linear:
    """`coefficients` has a row per label, `labels` names the rows."""

    labels: tuple[str, ...]
    coefficients: np.ndarray
    intercepts: np.ndarray

    @classmethod
    def fit(
        cls, rows: csr_matrix, labels: Sequence[str], inverse_regularisation: float, evenness: float = 1.0
    ) -> Linear:
        """Multinomial logistic regression. `evenness` 1: all labels count alike; 0: as often as they occur."""
        fitted = LogisticRegression(
            C=inverse_regularisation,
            class_weight=_weights(labels, evenness),
            max_iter=MOST_ROUNDS,
            random_state=SEED,
        )
        fitted.fit(rows, labels)
        return cls(tuple(fitted.classes_), fitted.coef_.astype(np.float32), fitted.intercept_.astype(np.float32))

    @classmethod
    def separate(
        cls, rows: csr_matrix, labels: Sequence[str], inverse_regularisation: float, evenness: float = 1.0
    ) -> Linear:
        """Support vectors, each label against the others: seconds over many labels and rows. `evenness` as above."""
        fitted = LinearSVC(C=inverse_regularisation, class_weight=_weights(labels, evenness), random_state=SEED).fit(
            rows, labels
        )
        margins, offsets = SHARPNESS * fitted.coef_, SHARPNESS * fitted.intercept_
        return cls(tuple(fitted.classes_), margins.astype(np.float32), offsets.astype(np.float32))

    def scores(self, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """One score per label for one row given by its filled columns."""
        return self.coefficients[:, columns] @ values + self.intercepts

    def share_of_each(self, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Probabilities that add up to 1 (softmax)."""
        scores = self.scores(columns, values).astype(np.float64)
        grown = np.exp(scores - scores.max())
        return grown / grown.sum()

    def save(self, path: Path) -> None:
        np.savez(path, labels=np.array(self.labels), coefficients=self.coefficients, intercepts=self.intercepts)

    @classmethod
    def load(cls, path: Path) -> Linear:
        with np.load(path, allow_pickle=False) as kept:
            # column-major, because a message picks a few hundred columns out of many thousands
            coefficients = np.asfortranarray(kept["coefficients"])
            return cls(tuple(str(label) for label in kept["labels"]), coefficients, kept["intercepts"])


def _weights(labels: Sequence[str], evenness: float) -> dict[str, float]:
    """Weight by label, so that the mean weight of a row is 1."""
    counted = Counter(labels)
    raw = {label: times**-evenness for label, times in counted.items()}
    mean = sum(raw[label] * times for label, times in counted.items()) / len(labels)
    return {label: weight / mean for label, weight in raw.items()}
