"""The gateway's own sentences: `say("not_found.text")` gives the Vietnamese of the files here, filled in.

Short, polite, plain; one idea a sentence. {braces} are filled in; tests hold that each key is used and comes once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

import yaml


class UnknownSentence(KeyError):
    """A key that no file of sentences has."""


@lru_cache(maxsize=1)
def sentences() -> dict[str, str]:
    """Every sentence by its dotted key, of all files together."""
    return {key: text for file in files() for key, text in _flatten(yaml.safe_load(file), "")}


def files() -> list[str]:
    """What the files hold, one for each part of the house."""
    folder = resources.files(__name__)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yml"))
    return [folder.joinpath(name).read_text("utf-8") for name in names]


def say(key: str, **values: object) -> str:
    """The sentence `key` with `{name}` replaced; raises UnknownSentence, or KeyError for a missing value."""
    try:
        sentence = sentences()[key]
    except KeyError as error:
        raise UnknownSentence(key) from error
    return sentence.format(**values) if values else sentence


def _flatten(node: dict, prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in node.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _flatten(value, f"{key}.")
        else:
            yield key, str(value).strip()
