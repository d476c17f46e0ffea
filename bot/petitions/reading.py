"""What a citizen wrote, as the parts of a petition: one by one, or all in one message."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

import yaml

from knowledge.text import clean, fold

MOST_CHARS = 4_000
FEWEST_WORDS = 4  # of a text that says what is the matter
FEWEST_WORDS_TOLD = 8  # of a message that says so unasked
MOST_NAME_CHARS, MOST_ADDRESS_CHARS = 80, 300
_PHONE = re.compile(r"(?<!\d)(?:\+?84|0)[\s.-]?(?:\d[\s.-]?){8,9}\d?(?!\d)")
_PUNCTUATION = re.compile(r"[^\w ]+")


def order(text: str) -> str | None:
    """`new`, `mine`, `drop` or `send` when the message is nothing else."""
    return _words()["orders"].get(_key(text)) if len(text) <= 60 else None


def tells(text: str) -> bool:
    """Whether a message that wants to complain says already what is the matter, rather than asking how it is done."""
    words = _key_words(text)
    asks = text.rstrip().endswith("?") or any(f" {phrase} " in f" {' '.join(words)} " for phrase in _words()["asks"])
    return len(words) >= FEWEST_WORDS_TOLD and not asks


def read_part(part: str, text: str) -> str | None:
    """The part as it is kept; None when this cannot be it."""
    return {"text": _text, "name": _name, "address": _address, "phone": _phone}[part](clean(text, MOST_CHARS))


def read_all(text: str) -> dict[str, str]:
    """The parts of a message that names at least two of them ("Họ tên: …, địa chỉ: …"); else nothing."""
    found = list(_labels().finditer(text[:MOST_CHARS]))
    if len({_label(one) for one in found}) < 2:
        return {}
    ends = [one.start() for one in found[1:]] + [len(text[:MOST_CHARS])]
    parts: dict[str, str] = {}
    for one, end in zip(found, ends, strict=True):
        value = read_part(_label(one), text[one.end() : end].strip(" \t\r\n,;.-"))
        if value and _label(one) not in parts:
            parts[_label(one)] = value
    return parts


def _text(text: str) -> str | None:
    return text if len([word for word in text.split() if any(map(str.isalpha, word))]) >= FEWEST_WORDS else None


def _name(text: str) -> str | None:
    words = text.split()
    is_name = 2 <= len(words) <= 8 and len(text) <= MOST_NAME_CHARS and not any(map(str.isdigit, text))
    return " ".join(word[:1].upper() + word[1:] for word in words) if is_name and "?" not in text else None


def _address(text: str) -> str | None:
    return text if len(text.split()) >= 2 and len(text) <= MOST_ADDRESS_CHARS and "?" not in text else None


def _phone(text: str) -> str | None:
    found = _PHONE.search(text)
    digits = re.sub(r"\D", "", found[0]) if found else ""
    national = f"0{digits[2:]}" if digits.startswith("84") else digits
    return national if len(national) in (10, 11) and national.startswith("0") else None


def _key(text: str) -> str:
    return " ".join(_key_words(text, 80))


def _key_words(text: str, most_chars: int = MOST_CHARS) -> list[str]:
    return _PUNCTUATION.sub(" ", fold(clean(text, most_chars)).removeprefix("/")).split()


def _label(found: re.Match[str]) -> str:
    return _words()["label_of"][_key(found["label"])]


@lru_cache(maxsize=1)
def _labels() -> re.Pattern[str]:
    """A label stands at the beginning, or after a stop or a new line, and a colon follows it."""
    named = sorted(_words()["spelled"], key=len, reverse=True)
    return re.compile(rf"(?:^|[\n,;.])\s*(?P<label>{'|'.join(map(re.escape, named))})\s*:", re.IGNORECASE)


@lru_cache(maxsize=1)
def _words() -> dict:
    data = yaml.safe_load(resources.files("bot.petitions").joinpath("words.yml").read_text("utf-8"))
    labels = data["labels"]
    plain = {label for phrases in labels.values() for label in phrases}
    return {
        "orders": {_key(one): name for name in ("new", "mine", "drop", "send") for one in data[name]},
        "asks": [_key(phrase) for phrase in data["asks"]],
        "label_of": {_key(label): part for part, phrases in labels.items() for label in phrases},
        "spelled": plain | {fold(label) for label in plain},
    }
