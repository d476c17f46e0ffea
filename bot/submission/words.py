"""The words of a journey, from `words.yml`, ready to be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml

from knowledge.text import clean, fold, search_key

MOST_ORDER_CHARS = 60


@dataclass(frozen=True)
class Words:
    """Sets hold search keys (shorthand written out, no diacritics); the dictionaries lead from them to a meaning."""

    orders: dict[str, str]
    nothing: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    around: frozenset[str]
    before_name: tuple[str, ...]
    after_name: frozenset[str]
    synonyms: dict[str, frozenset[str]]
    sex: dict[str, str]
    asks: tuple[str, ...]
    alarms: tuple[str, ...]
    topics: frozenset[str]
    wishes: tuple[str, ...]
    foreign: frozenset[str]
    surnames: frozenset[str]
    lunar: tuple[str, ...]
    pages: tuple[str, ...]
    days: dict[str, int]
    amounts: dict[str, int]
    digits: dict[str, int]
    parcel: str
    sheet: str


@lru_cache(maxsize=1)
def words() -> Words:
    data = yaml.load(_read("words.yml"), Loader=yaml.CSafeLoader)
    return Words(
        orders={_key(phrase): order for order, phrases in data["orders"].items() for phrase in phrases},
        nothing=_keys(data["nothing"]),
        yes=_keys(data["yes"]),
        no=_keys(data["no"]),
        around=_keys(data["around"]),
        before_name=tuple(sorted((fold(phrase) for phrase in data["before_name"]), key=len, reverse=True)),
        after_name=frozenset(data["after_name"]),
        synonyms={value: _keys(phrases) for value, phrases in data["synonyms"].items()},
        sex={person: sex for sex, persons in data["sex"].items() for person in persons},
        asks=tuple(_padded(phrase) for phrase in data["asks"]),
        alarms=tuple(_padded(phrase) for phrase in data["alarms"]),
        topics=frozenset(data["topics"]),
        wishes=tuple(f"{_key(phrase)} " for phrase in data["wishes"]),
        foreign=frozenset(data["foreign"]),
        surnames=frozenset(map(fold, data["surnames"])),
        lunar=tuple(f" {phrase} " for phrase in data["lunar"]),
        pages=tuple(_padded(phrase) for phrase in data["pages"]),
        days={fold(phrase): count for phrase, count in data["days"].items()},
        amounts={fold(word): amount for word, amount in data["amounts"].items()},
        digits=data["digits"],
        parcel=fold(data["parcel"]),
        sheet=fold(data["sheet"]),
    )


@lru_cache(maxsize=1)
def birth_provinces() -> dict[str, str]:
    """The first three digits of a citizen id → the province of registration."""
    return yaml.load(_read("birth_provinces.yml"), Loader=yaml.CSafeLoader)


def order(text: str) -> str | None:
    """What the whole message orders of a journey: cancel, pause, later, back, skip, edit, review and others."""
    return words().orders.get(_key(text)) if len(text) <= MOST_ORDER_CHARS else None


def edit_number(text: str) -> int | None:
    """The number in 'sửa câu 3'."""
    found = re.fullmatch(r"(?:sua|doi)(?: lai)?(?: cau| so)* (\d{1,2})", _key(text)) if len(text) < 30 else None
    return int(found[1]) if found else None


def says(meaning: str, text: str) -> bool:
    """Whether the whole message is a yes, or a no."""
    return _without_around(text) in getattr(words(), meaning) or _key(text) in getattr(words(), meaning)


def is_nothing(text: str) -> bool:
    """'không có', 'không nhớ': nothing to tell here."""
    return len(text) <= MOST_ORDER_CHARS and _without_around(text) in words().nothing


def looks_like_a_question(text: str) -> bool:
    """Whether it asks us something, or must be heard whatever waits; cheap, before any understanding."""
    key = _padded(text)
    if _is_topic(text):
        return True
    return text.rstrip().endswith("?") or any(phrase in key for phrase in words().asks + words().alarms)


def _is_topic(text: str) -> bool:
    """'lệ phí' alone asks for it; 'Lê Phi' is somebody."""
    bare = clean(text, MOST_ORDER_CHARS).rstrip(" .!").lower()
    return bare in words().topics or (text.isascii() and text.islower() and bare in map(fold, words().topics))


def is_a_wish(text: str) -> bool:
    """'đăng ký tạm trú': something somebody wants done."""
    return f"{_key(text)} ".startswith(words().wishes)


def has_pages(prompt: str) -> bool:
    """Whether the paper that is asked for has several sides or pages."""
    return any(phrase in _padded(prompt) for phrase in words().pages)


def is_foreign(text: str) -> bool:
    return bool(words().foreign.intersection(clean(text, 200).lower().split()))


def _without_around(text: str) -> str:
    return " ".join(word for word in _key(text).split() if word not in words().around) or _key(text)


def _key(text: str) -> str:
    return search_key(clean(text, 200).removeprefix("/"))


def _padded(text: str) -> str:
    return f" {_key(text)} "


def _keys(phrases: list[str]) -> frozenset[str]:
    return frozenset(_key(phrase) for phrase in phrases)


def _read(name: str) -> str:
    return resources.files("bot.submission").joinpath(name).read_text("utf-8")
