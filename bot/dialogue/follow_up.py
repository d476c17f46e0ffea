"""Whether a message goes on with the procedure talked about, judged by the words that are left."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import yaml

from knowledge.text import fold, search_key

SHORT_WORDS = 9  # a longer message tells its own story


@lru_cache(maxsize=1)
def _data() -> tuple[frozenset[str], tuple[str, ...]]:
    data = yaml.safe_load(resources.files("bot.dialogue").joinpath("follow_up.yml").read_text("utf-8"))
    return frozenset(fold(data["words"]).split()), tuple(fold(phrase) for phrase in data["continues"])


def own_words(text: str) -> list[str]:
    """The words of a message that could name a procedure or a case; empty for a pure follow-up."""
    fillers, _ = _data()
    return [word for word in search_key(text).split() if word not in fillers and not word.isdigit()]


def points_back(text: str) -> bool:
    """Whether it opens like a continuation ('thế còn …') or is short and points at 'this one'."""
    _, openings = _data()
    key = search_key(text)
    words = key.split()
    return len(words) <= SHORT_WORDS and any(key == phrase or key.startswith(phrase + " ") for phrase in openings)
