"""The gateway's own sentences: `say("not_found.text")` gives the Vietnamese of `wording.yml`, filled in."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import yaml


class UnknownSentence(KeyError):
    """A key that `wording.yml` does not have."""


@lru_cache(maxsize=1)
def sentences() -> dict[str, str]:
    """Every sentence by its dotted key."""
    data = yaml.safe_load(resources.files("bot").joinpath("wording.yml").read_text("utf-8"))
    return dict(_flatten(data, ""))


def say(key: str, **values: object) -> str:
    """The sentence `key` with `{name}` replaced; raises UnknownSentence, or KeyError for a missing value."""
    try:
        sentence = sentences()[key]
    except KeyError as error:
        raise UnknownSentence(key) from error
    return sentence.format(**values) if values else sentence


def _flatten(node: dict, prefix: str):
    for name, value in node.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _flatten(value, f"{key}.")
        else:
            yield key, str(value).strip()
