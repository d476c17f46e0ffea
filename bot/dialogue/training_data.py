"""Training data kept elsewhere: everyday wording by facet, messages with several facets, procedure names."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from bot.dialogue.facets import INTENT_OF_FACET
from bot.dialogue.frames import COMMON_WORDS, common_words
from bot.dialogue.views import prepare
from knowledge.everyday import Wording, load
from knowledge.schema import Facet

SEVERAL_FILE = Path(__file__).parents[2] / "nlu_data" / "several.yml"
MOST_OF_A_FACET = 100  # more drown greetings, and our own way of telling facets apart (README); chosen by hash
Example = tuple[str, tuple[str, ...]]  # text, facets


def written(folder: Path) -> dict[str, list[str]]:
    """The sentences of a folder of `nlu_data`, by intent."""
    blocks = [yaml.safe_load(path.read_text("utf-8"))["nlu"][0] for path in sorted(folder.glob("*.yml"))]
    return {block["intent"]: [line.removeprefix("- ") for line in block["examples"].splitlines()] for block in blocks}


def generated(data_dir: Path | None) -> str:
    """One Rasa training file as text; the same input gives the same text."""
    wording = load(data_dir)
    examples = [*several(), *everyday(wording)]
    return _file([_intent(intent, found) for intent, found in _by_intent(examples)] + _look_ups(wording))


def look_ups(data_dir: Path | None) -> str:
    """The look-ups of `generated` alone: names of procedures, and words used about many topics."""
    return _file(_look_ups(load(data_dir)))


def _look_ups(wording: Mapping[str, Wording]) -> list[dict]:
    names = sorted({prepare(name) for one in wording.values() for name in one.names})
    return _lookup("procedure", names) + _lookup(COMMON_WORDS, sorted(common_words(map(asks_of, wording.values()))))


def _file(parts: list[dict]) -> str:
    return yaml.safe_dump({"version": "3.1", "nlu": parts}, allow_unicode=True, width=10_000, sort_keys=False)


def asks_of(wording: Wording) -> list[str]:
    """Every whole question about one procedure."""
    return [text for asks in wording.asks.values() for text in asks]


def several(path: Path = SEVERAL_FILE) -> list[Example]:
    """Messages of ours that ask several things at once."""
    found = yaml.safe_load(path.read_text("utf-8"))
    return [(prepare(text), tuple(facets.split("+"))) for facets, texts in found.items() for text in texts]


def everyday(wording: Mapping[str, Wording], most: int = MOST_OF_A_FACET) -> list[Example]:
    """Questions about procedures in everyday words; names and situations ask for an overview."""
    by_facet: dict[str, set[str]] = defaultdict(set)
    for one in wording.values():
        by_facet[Facet.overview].update(map(prepare, (*one.names, *one.situations)))
        for facet, asks in one.asks.items():
            by_facet[facet].update(map(prepare, asks))
    return [(text, (str(facet),)) for facet in sorted(by_facet) for text in _sample(by_facet[facet], most)]


def _sample(texts: Iterable[str], most: int) -> list[str]:
    return sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest())[:most]


def _by_intent(examples: Iterable[Example]) -> Iterator[tuple[str, list[Example]]]:
    grouped: dict[str, list[Example]] = defaultdict(list)
    for text, facets in examples:
        grouped[INTENT_OF_FACET[facets[0]]].append((text, facets))
    yield from sorted(grouped.items())


def _lookup(name: str, elements: list[str]) -> list[dict]:
    return [{"lookup": name, "examples": "".join(f"- {element}\n" for element in elements)}] if elements else []


def _intent(intent: str, examples: Iterable[Example]) -> dict:
    return {
        "intent": intent,
        "examples": [{"text": text + "\n", "metadata": {"facets": list(facets)}} for text, facets in examples],
    }
