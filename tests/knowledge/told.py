"""Our life events and guides, read once for all tests: recognising them weighs thousands of phrases."""

from __future__ import annotations

from functools import lru_cache

from knowledge import advice
from knowledge.advice import Advice


@lru_cache(maxsize=1)
def our_advice() -> Advice:
    return advice.load()
