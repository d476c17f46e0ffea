"""Which life event or guide a message names; nothing when it asks about one procedure.

Lexical and deliberately strict. A message must hold one of the topic's own signs; it must not name a single paper, ask
a single fact, hold many other words, or be nearer to what people say about a procedure than to the topic's own ways.
Whoever asks "làm giấy khai sinh cần gì" wants the procedure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Protocol

import yaml

from knowledge.text import fold, plain_words

GAP = r"(?: \w+){0,6}?"
NEARLY = 0.8  # share of own words that a message and a written way have in common, to be the same
RIVAL = 0.8  # from this share on, a procedure's phrase that is nearer than every way takes the message
STRANGERS = {"several": 4, "how": 3, "": 1}  # words left over that may stand beside a sign, by what is asked
MOST_WORDS = 40  # a longer message tells a story that a list of words cannot follow


class Recognisable(Protocol):
    """What a topic tells of itself; its strings are as people write them."""

    @property
    def ways(self) -> tuple[str, ...]: ...
    @property
    def signs(self) -> tuple[str, ...]: ...
    @property
    def never(self) -> tuple[str, ...]: ...
    @property
    def asks(self) -> str: ...  # anything, how, several
    @property
    def names_papers(self) -> str: ...  # none, several, any


@dataclass(frozen=True)
class Phrases:
    """Phrases as one pattern over plain words; a word typed with diacritics must be the very word."""

    pattern: re.Pattern[str]

    @classmethod
    def of(cls, phrases: Iterable[str]) -> Phrases:
        patterns = sorted({_pattern(phrase) for phrase in phrases} - {""}, key=len, reverse=True)
        return cls(re.compile(rf"\b(?:{'|'.join(patterns) or '(?!)'})\b"))

    def any_in(self, key: str) -> bool:
        return self.pattern.search(key) is not None

    def longest_in(self, key: str) -> int:
        """How many words of `key` the longest phrase found covers; 0 for none."""
        return max((len(found[0].split()) for found in self.pattern.finditer(key)), default=0)

    def taken_from(self, key: str) -> str:
        """What is left of `key` without the phrases."""
        return self.pattern.sub(" ", key)

    def count(self, key: str) -> int:
        return len({found[0] for found in self.pattern.finditer(key)})


def _pattern(phrase: str) -> str:
    """'mẹ … mất' → '(?:mẹ|me)(?: \\w+){0,6}? (?:mất|mat)'."""
    return f"{GAP} ".join(" ".join(map(_either, plain_words(part))) for part in phrase.split("…"))


def _either(word: str) -> str:
    return word if word == fold(word) else f"(?:{word}|{fold(word)})"


@dataclass(frozen=True)
class _Cues:
    several: Phrases
    how: Phrases
    one_fact: Phrases
    filed_how: Phrases
    one_thing: Phrases
    warn_first: Phrases
    in_danger: Phrases
    fillers: frozenset[str]


@lru_cache(maxsize=1)
def _cues() -> _Cues:
    data = yaml.safe_load(resources.files("knowledge").joinpath("topics.yml").read_text("utf-8"))
    fillers = frozenset(fold(word) for word in plain_words(data.pop("fillers")))
    return _Cues(**{name: Phrases.of(phrases) for name, phrases in data.items()}, fillers=fillers)


def own_words(words: Iterable[str]) -> frozenset[str]:
    """The folded words that carry something."""
    fillers = _cues().fillers
    return frozenset(word for word in map(fold, words) if word not in fillers and not word[0].isdigit())


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


class _Rivals:
    """What people say about single procedures, to be compared with."""

    def __init__(self, phrases: Iterable[str]) -> None:
        written = [plain_words(phrase) for phrase in phrases]
        self._keys = {fold(" ".join(words)) for words in written}
        self._phrases = list({own for words in written if (own := own_words(words))})
        self._holding: dict[str, list[int]] = {}
        for number, own in enumerate(self._phrases):
            for word in own:
                self._holding.setdefault(word, []).append(number)

    def nearness(self, message: _Message) -> float:
        """How nearly the message's own words are those of a phrase; 2 when it is written just so."""
        if fold(message.key) in self._keys:
            return 2.0
        own = message.own
        shared = Counter(number for word in own for number in self._holding.get(word, ()))
        return max((count / len(own | self._phrases[number]) for number, count in shared.items()), default=0.0)


@dataclass(frozen=True)
class _Topic:
    id: str
    ways: tuple[frozenset[str], ...]
    signs: Phrases
    never: Phrases
    asks: str
    names_papers: str
    vocabulary: frozenset[str]

    @classmethod
    def of(cls, topic_id: str, told: Recognisable) -> _Topic:
        ways = tuple(own_words(plain_words(way)) for way in told.ways)
        sign_words = own_words(word for sign in told.signs for word in plain_words(sign.replace("…", " ")))
        signs, never = Phrases.of(told.signs), Phrases.of(told.never)
        return cls(topic_id, ways, signs, never, told.asks, told.names_papers, sign_words.union(*ways))

    def nearness(self, own: frozenset[str]) -> float:
        return max((_alike(own, way) for way in self.ways), default=0.0)

    def closeness(self, message: _Message) -> float:
        return self.signs.longest_in(message.key) + self.nearness(message.own)


@dataclass(frozen=True)
class _Message:
    key: str
    own: frozenset[str]
    asked: str  # several, how, or nothing
    asks_filing: bool
    things: int
    needs_warning: bool

    @classmethod
    def of(cls, text: str) -> _Message:
        cues, words = _cues(), plain_words(text)
        key = " ".join(words)
        return cls(
            key,
            own_words(words),
            "several" if cues.several.any_in(key) else "how" if cues.how.any_in(key) else "",
            cues.filed_how.any_in(key),
            cues.one_thing.count(key),
            cues.warn_first.any_in(key),
        )


class Topics:
    """Recognises topics by what they tell of themselves; made once, used by every turn."""

    def __init__(self, told: Mapping[str, Recognisable], procedure_phrases: Iterable[str] = ()) -> None:
        self._topics = [_Topic.of(topic_id, topic) for topic_id, topic in told.items()]
        self._rivals = _Rivals(procedure_phrases)

    def find(self, text: str) -> str | None:
        """The id of the topic that `text` names; None when it names none, or two equally."""
        message = _Message.of(text)
        if len(message.key.split()) > MOST_WORDS or _cues().in_danger.any_in(message.key):
            return None
        scored = [(score, topic) for topic in self._topics if (score := _score(topic, message)) > 0]
        scored.sort(key=lambda pair: -pair[0])
        if not scored or (len(scored) > 1 and scored[0][0] == scored[1][0]):
            return None
        return None if self._is_nearer_a_procedure(scored[0][1], message) else scored[0][1].id

    def nearest(self, text: str, among: Sequence[str]) -> str:
        """Which of these topics `text` comes nearest to, asked for or not; the first when none is near."""
        message = _Message.of(text)
        topics = {topic.id: topic for topic in self._topics}
        return max(among, key=lambda topic_id: topics[topic_id].closeness(message))

    def _is_nearer_a_procedure(self, topic: _Topic, message: _Message) -> bool:
        rival = self._rivals.nearness(message)
        return rival >= RIVAL and rival > topic.nearness(message.own)


def needs_warning(text: str) -> bool:
    """Whether a message speaks of codes, passwords or money sent: then the warning comes before any guide."""
    return _cues().warn_first.any_in(" ".join(plain_words(text)))


def _score(topic: _Topic, message: _Message) -> float:
    signs = topic.signs.longest_in(message.key)
    if not signs or topic.never.any_in(message.key) or not _asks_enough(topic, message):
        return 0.0
    nearness, strangers = topic.nearness(message.own), len(_strangers(topic, message))
    if nearness >= NEARLY:
        return 10 + signs + nearness
    if strangers > STRANGERS[message.asked] or not _is_broad(topic, message):
        return 0.0
    return signs + nearness - 0.5 * strangers


def _strangers(topic: _Topic, message: _Message) -> frozenset[str]:
    """Words that neither the topic nor, where papers may be named, the papers explain."""
    if topic.names_papers == "none":
        return message.own - topic.vocabulary
    return own_words(_cues().one_thing.taken_from(message.key).split()) - topic.vocabulary


def _asks_enough(topic: _Topic, message: _Message) -> bool:
    """Whether it asks as the topic wants to be asked: for several things, how, or nothing in particular."""
    return topic.asks == "anything" or message.asked == "several" or (topic.asks == "how" and message.asked == "how")


def _is_broad(topic: _Topic, message: _Message) -> bool:
    beside_the_sign = topic.signs.taken_from(message.key)
    if message.needs_warning or _cues().one_fact.any_in(beside_the_sign):
        return False
    if topic.names_papers == "any":
        return True
    return not message.asks_filing and (message.things != 1 if topic.names_papers == "several" else message.things == 0)
