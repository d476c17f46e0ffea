"""What a message about links means, from `words.yml`."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

import yaml

from bot.linking.codes import MOST_CHARS, read_bare
from knowledge.text import clean, fold

_PUNCTUATION = re.compile(r"[^\w ]+")


def order(text: str) -> str | None:
    """`link` or `unlink` when the message is nothing else."""
    return _words()["orders"].get(_key(text)) if len(text) <= MOST_CHARS else None


def code_in(text: str, is_alone_enough: bool) -> str | None:
    """The code of a message like "liên kết ABCD-2345", or, where nothing else waits, of the code alone."""
    cleaned = clean(text, MOST_CHARS)
    folded = fold(cleaned)
    for lead in _words()["leads"]:
        if folded.startswith(lead) and not folded[len(lead) : len(lead) + 1].isalnum():
            return read_bare(cleaned[len(lead) :])
    return read_bare(cleaned) if is_alone_enough else None


def _key(text: str) -> str:
    return " ".join(_PUNCTUATION.sub(" ", fold(clean(text, MOST_CHARS)).removeprefix("/")).split())


@lru_cache(maxsize=1)
def _words() -> dict:
    data = yaml.safe_load(resources.files("bot.linking").joinpath("words.yml").read_text("utf-8"))
    orders = {_key(phrase): name for name in ("link", "unlink") for phrase in data[name]}
    return {"orders": orders, "leads": sorted(map(_key, data["before_code"]), key=len, reverse=True)}
