"""Can it be read? Sharpness, darkness and glare, told as hints that hold nobody up."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import ndimage

FEWEST_PX = 700  # long side of the photo as it was sent
FEWEST_EDGE = 0.3  # steepest step between neighbours, of the whole range of brightness
DARK = 90.0  # of the brightest twentieth: the paper itself, whatever it lies on
GLARE_LEVEL, PAPER_LEVEL = 251, 225  # a white page in good light is no glare
SMALLEST_GLARE, LARGEST_GLARE = 0.008, 0.4  # of the picture, in one piece


def hints_of(look: Image.Image, sent_px: int) -> tuple[str, ...]:
    """Keys of `papers.hint`, the most important first. `look`: grey and small; `sent_px`: the photo's long side."""
    levels = np.asarray(look, dtype=np.float32)
    found = {
        "small": sent_px < FEWEST_PX,
        "dark": float(np.percentile(levels, 95)) < DARK,
        "blurry": _steepest(levels) < FEWEST_EDGE,
        "glare": _has_glare(levels),
    }
    return tuple(name for name, is_so in found.items() if is_so)


def _steepest(levels: np.ndarray) -> float:
    """Print has hard edges whatever it says: the steepest steps against the range of brightness."""
    low, high = np.percentile(levels, (1, 99))
    steps = np.maximum(np.abs(np.diff(levels, axis=0))[:, :-1], np.abs(np.diff(levels, axis=1))[:-1])
    return float(np.percentile(steps, 99.7) / max(high - low, 24.0))


def _has_glare(levels: np.ndarray) -> bool:
    if float(np.median(levels)) > PAPER_LEVEL:
        return False
    spots, count = ndimage.label(ndimage.uniform_filter(levels, 5) >= GLARE_LEVEL)
    if not count:
        return False
    largest = np.bincount(spots.ravel())[1:].max() / levels.size
    return bool(SMALLEST_GLARE <= largest <= LARGEST_GLARE)
