"""The sentences are one tree: a name that comes twice would silently lose the first one's sentences."""

from __future__ import annotations

from collections import Counter

import yaml

from bot.wording import files


def test_no_name_comes_twice_in_a_file() -> None:
    pending, twice = [yaml.compose(text) for text in files()], []
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.MappingNode):
            names = Counter(key.value for key, _ in node.value)
            twice += [name for name, count in names.items() if count > 1]
            pending += [value for _, value in node.value]
    assert not twice


def test_a_part_of_the_house_has_its_sentences_in_one_file() -> None:
    names = Counter(name for text in files() for name in yaml.safe_load(text))
    assert len(names) > 20 and not [name for name, count in names.items() if count > 1]
