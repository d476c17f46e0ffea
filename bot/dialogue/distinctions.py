"""The one question that tells sister procedures apart, written by us in `distinctions.yml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import yaml


@dataclass(frozen=True)
class Distinction:
    """`ask` is the question; `labels` says each procedure's answer to it, by code."""

    ask: str
    labels: Mapping[str, str]


class Distinctions:
    """All of them; looked up by the codes that are in question."""

    def __init__(self, entries: Sequence[Distinction]) -> None:
        self._entries = tuple(entries)

    def between(self, codes: Sequence[str]) -> Distinction | None:
        """The question that has an answer for every one of `codes`, if we wrote one."""
        wanted = set(codes)
        return next((entry for entry in self._entries if len(wanted) > 1 and wanted <= set(entry.labels)), None)


def load() -> Distinctions:
    data = yaml.safe_load(resources.files("bot.dialogue").joinpath("distinctions.yml").read_text("utf-8"))
    return Distinctions([Distinction(ask=entry["ask"], labels=dict(entry["labels"])) for entry in data])
