"""Messages about nothing official (`outside.yml`): what a question about a procedure is told apart from."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import yaml


@lru_cache(maxsize=1)
def topics() -> dict[str, tuple[str, ...]]:
    """Messages by topic, read once from the package's data."""
    data = yaml.safe_load(resources.files("knowledge").joinpath("outside.yml").read_text("utf-8"))
    return {topic: tuple(map(str, texts)) for topic, texts in data.items()}


def messages() -> list[str]:
    return [text for texts in topics().values() for text in texts]
