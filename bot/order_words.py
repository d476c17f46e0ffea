"""Orders that are a whole message, read from a file `order: [phrase, …]`, whatever its capitals and diacritics."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import yaml

from knowledge.text import clean, fold

MOST_CHARS = 60


def order(text: str | None, package: str, file: str) -> str | None:
    """The name of the order that `text` is; None for any other message."""
    return _orders(package, file).get(_key(text)) if text is not None and len(text) <= MOST_CHARS else None


@lru_cache
def _orders(package: str, file: str) -> dict[str, str]:
    data = yaml.safe_load(resources.files(package).joinpath(file).read_text("utf-8"))
    return {_key(phrase): name for name, phrases in data.items() for phrase in phrases}


def _key(text: str) -> str:
    return fold(clean(text)).strip(" .!?/")
