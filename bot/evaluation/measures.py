"""Figures of a measurement: recall, reciprocal rank, calibration, each with how far chance alone could move it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1_000
NOT_FOUND = 1_000


@dataclass(frozen=True)
class Figure:
    """A mean and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value * 100:5.1f} [{self.low * 100:.1f}–{self.high * 100:.1f}]"


def rank(codes: Sequence[str], right: Sequence[str]) -> int:
    """Place of the first right code, from 0; NOT_FOUND when none is there."""
    return next((place for place, code in enumerate(codes) if code in right), NOT_FOUND)


def figure(values: Sequence[float] | np.ndarray, seed: int = 7) -> Figure:
    """Mean with its interval; the seed is fixed, so that the same answers give the same report."""
    array = np.asarray(values, dtype=float)
    if not len(array):
        return Figure(float("nan"), float("nan"), float("nan"))
    drawn = np.random.default_rng(seed).integers(0, len(array), size=(RESAMPLES, len(array)))
    low, high = np.quantile(array[drawn].mean(axis=1), (0.025, 0.975))
    return Figure(float(array.mean()), float(low), float(high))


def recall_at(count: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda ranks: (ranks < count).astype(float)


def reciprocal(ranks: np.ndarray) -> np.ndarray:
    return np.where(ranks < 10, 1 / (ranks + 1.0), 0.0)


MEASURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "R@1": recall_at(1),
    "R@5": recall_at(5),
    "R@10": recall_at(10),
    "MRR@10": reciprocal,
}


def figures(ranks: Sequence[int]) -> dict[str, Figure]:
    array = np.asarray(ranks)
    return {name: figure(measure(array)) for name, measure in MEASURES.items()}


@dataclass(frozen=True)
class Bin:
    """Searches of about one confidence: what was said, and how often it was so."""

    said: float
    was: float
    count: int


def calibration(confidence: Sequence[float], is_right: Sequence[bool], bins: int = 10) -> tuple[list[Bin], float]:
    """Bins, and the expected calibration error: how far what is said lies from what is, on average."""
    said, was = np.asarray(confidence, dtype=float), np.asarray(is_right, dtype=float)
    if not len(said):
        return [], float("nan")
    place = np.clip((said * bins).astype(int), 0, bins - 1)
    found = [
        Bin(float(said[place == one].mean()), float(was[place == one].mean()), int((place == one).sum()))
        for one in range(bins)
        if (place == one).any()
    ]
    return found, sum(abs(one.said - one.was) * one.count for one in found) / len(said)


def risk_by_coverage(confidence: Sequence[float], is_right: Sequence[bool]) -> list[tuple[float, float]]:
    """(share answered, share of these wrong) when only the surest are answered, from few to all."""
    if not len(confidence):
        return []
    order = np.argsort(-np.asarray(confidence, dtype=float), kind="stable")
    wrong = np.cumsum(~np.asarray(is_right, dtype=bool)[order])
    counts = np.arange(1, len(order) + 1)
    return [(float(count / len(order)), float(bad / count)) for count, bad in zip(counts, wrong, strict=True)]
