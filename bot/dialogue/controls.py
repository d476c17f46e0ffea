"""Buttons and control words: orders that need no understanding, read before Rasa sees a message."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml

from knowledge.schema import CODE_PATTERN, Facet
from knowledge.text import clean, fold

MOST_PAYLOAD_CHARS = 64
_CODE = re.compile(CODE_PATTERN)
_WARD_KEY = re.compile(r"^[\w.-]{1,40}$")
_ID = re.compile(r"^[a-z0-9-]{1,30}$")
_PUNCTUATION = re.compile(r"[^\w ]+", re.UNICODE)


@dataclass(frozen=True)
class ChooseProcedure:
    code: str


@dataclass(frozen=True)
class AskFacet:
    code: str
    facet: Facet


@dataclass(frozen=True)
class StartFiling:
    """`code` None: the button did not say for what."""

    code: str | None


@dataclass(frozen=True)
class ChooseWard:
    key: str


@dataclass(frozen=True)
class TellEvent:
    """A life event; `step` None: the whole checklist."""

    event_id: str
    step: int | None


@dataclass(frozen=True)
class TellGuide:
    guide_id: str


@dataclass(frozen=True)
class TalkToHuman:
    pass


@dataclass(frozen=True)
class NoneOfThese:
    pass


@dataclass(frozen=True)
class AnswerWasWrong:
    pass


@dataclass(frozen=True)
class ShowHelp:
    pass


@dataclass(frozen=True)
class Stop:
    pass


@dataclass(frozen=True)
class EraseData:
    pass


Control = (
    ChooseProcedure
    | AskFacet
    | StartFiling
    | ChooseWard
    | TellEvent
    | TellGuide
    | TalkToHuman
    | NoneOfThese
    | AnswerWasWrong
    | ShowHelp
    | Stop
    | EraseData
)

_BY_WORD: dict[str, Control] = {
    "human": TalkToHuman(),
    "none_of_these": NoneOfThese(),
    "wrong": AnswerWasWrong(),
    "help": ShowHelp(),
    "stop": Stop(),
    "erase": EraseData(),
}


def read_payload(payload: str) -> Control | None:
    """The order of a button; None for anything we never put on one (forged, cut off, from an older version)."""
    if len(payload) > MOST_PAYLOAD_CHARS or not payload.isascii():
        return None
    kind, _, rest = payload.partition(":")
    reader = _READERS.get(kind)
    return reader(rest) if reader else None


def read_text(text: str) -> Control | None:
    """The order of a control word, whatever its capitals and diacritics; a longer message is never an order."""
    key = _key(text)
    return _control_words().get(key) if key else None


def _facet(rest: str) -> Control | None:
    facet, _, code = rest.partition(":")
    return AskFacet(code, Facet(facet)) if facet in Facet.__members__ and _CODE.fullmatch(code) else None


def _start(rest: str) -> Control | None:
    if not rest:
        return StartFiling(None)
    return StartFiling(rest) if _CODE.fullmatch(rest) else None


def _event(rest: str) -> Control | None:
    event_id, _, step = rest.partition(":")
    if not _ID.fullmatch(event_id) or not re.fullmatch(r"[1-9]?", step) or rest.endswith(":"):
        return None
    return TellEvent(event_id, int(step) if step else None)


_READERS: dict[str, Callable[[str], Control | None]] = {
    "p": lambda rest: ChooseProcedure(rest) if _CODE.fullmatch(rest) else None,
    "f": _facet,
    "s": _start,
    "w": lambda rest: ChooseWard(rest) if _WARD_KEY.fullmatch(rest) else None,
    "e": _event,
    "g": lambda rest: TellGuide(rest) if _ID.fullmatch(rest) else None,
    "h": lambda rest: None if rest else TalkToHuman(),
    "n": lambda rest: None if rest else NoneOfThese(),
}


def _key(text: str) -> str:
    cleaned = clean(text, 60).removeprefix("/").partition("@")[0]  # "/start@our_bot" in Telegram
    return " ".join(_PUNCTUATION.sub(" ", fold(cleaned)).replace("_", " ").split())


@lru_cache(maxsize=1)
def _control_words() -> dict[str, Control]:
    """Control words by their folded form. A word that stands for two orders would be a mistake of ours."""
    data = yaml.safe_load(resources.files("bot.dialogue").joinpath("controls.yml").read_text("utf-8"))
    words: dict[str, Control] = {}
    for name, phrases in data.items():
        for phrase in phrases:
            if words.setdefault(_key(phrase), _BY_WORD[name]) != _BY_WORD[name]:
                raise ValueError(f"controls.yml: {phrase!r} stands for two orders")
    return words
