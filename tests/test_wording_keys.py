"""The sentences are one tree: a name that comes twice would silently lose the first one's sentences."""

from __future__ import annotations

from collections import Counter
from importlib import resources

import yaml


def test_no_name_comes_twice() -> None:
    text = resources.files("bot").joinpath("wording.yml").read_text("utf-8")
    pending, twice = [yaml.compose(text)], []
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.MappingNode):
            names = Counter(key.value for key, _ in node.value)
            twice += [name for name, count in names.items() if count > 1]
            pending += [value for _, value in node.value]
    assert not twice
