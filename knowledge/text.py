"""Vietnamese as people type it, brought to comparable forms: clean, expanded, folded.

`clean` is safe to show and keeps the citizen's words; `expand` undoes shorthand, Telex slips and dialect;
`fold` drops diacritics. Search works on `fold(expand(clean(text)))`, so that a message typed without
diacritics is the same query as the one typed with them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

MAX_CHARS = 4_000

# Zero-width and bidirectional controls, soft hyphen, BOM, tag characters: invisible, used to hide text.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SPACE = re.compile(r"\s+")
_TOKEN = re.compile(r"[0-9]+(?:[.,/][0-9]+)*|[^\W\d_]+[0-9]*", re.UNICODE)
_REPEAT = re.compile(r"([^\W\d_])\1{2,}", re.UNICODE)

_VOWELS = "aeiouyăâêôơư"
_MARKS = {"f": "\u0300", "s": "\u0301", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
_NEW_STYLE = re.compile(r"(?<!q)(o[aàáảãạeèéẻẽẹ]|u[yỳýỷỹỵ])$")
_TO_OLD_STYLE = {
    "oà": "òa", "oá": "óa", "oả": "ỏa", "oã": "õa", "oạ": "ọa",
    "oè": "òe", "oé": "óe", "oẻ": "ỏe", "oẽ": "õe", "oẹ": "ọe",
    "uỳ": "ùy", "uý": "úy", "uỷ": "ủy", "uỹ": "ũy", "uỵ": "ụy",
}  # fmt: skip
_I_AS_Y = {"lí": "lý", "kĩ": "kỹ", "mĩ": "mỹ", "tỉ": "tỷ", "hi": "hy"}

_ONSET = r"(?:ngh|ng|gh|gi|kh|nh|ph|qu|th|tr|ch|[bcdghklmnprstvx])"
_RHYME = (
    r"(?:uyen|uyet|uynh|uych|yeu|yen|yet|yem|uye|uya|uyt|uyn|uyu|oang|oanh|oach|oac|oan|oat|oai|oay|oam|oap|oao|oeo|oen|oet|oa|oe|"
    r"oong|ooc|ong|onh|oc|on|ot|om|op|oi|o|ieng|iec|ien|iet|iem|iep|ieu|inh|ich|in|it|im|ip|iu|ia|i|"
    r"uong|uoc|uon|uot|uom|uop|uoi|uou|uo|uang|uanh|uan|uat|uay|uach|ua|uan|uang|uech|uenh|ue|uy|uyp|ung|uc|un|ut|um|up|ui|uu|u|"
    r"ang|anh|ach|ac|an|at|am|ap|ai|ay|ao|au|a|eng|enh|ech|ec|en|et|em|ep|eo|eu|e|y)"
)
_SYLLABLE = re.compile(rf"^{_ONSET}?{_RHYME}$")


def clean(text: str, limit: int = MAX_CHARS) -> str:
    """NFC, no invisible or control characters, single spaces, at most `limit` characters."""
    text = unicodedata.normalize("NFC", text[: limit * 4])
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", text))
    return _SPACE.sub(" ", text).strip()[:limit]


def fold(text: str) -> str:
    """Lower case without diacritics: 'Đăng ký khai sinh' → 'dang ky khai sinh'."""
    lowered = text.lower().replace("đ", "d")
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFD", lowered)
    return "".join(ch for ch in decomposed if not unicodedata.combining(ch))


def tokens(text: str) -> list[str]:
    """Syllables, abbreviations and numbers of a lower-cased text."""
    return _TOKEN.findall(text.lower())


@lru_cache(maxsize=65_536)
def place_tone(syllable: str) -> str:
    """One spelling per syllable: hoà → hòa, thuỷ → thủy, lí → lý."""
    found = _NEW_STYLE.search(syllable)
    if found:
        syllable = syllable[: found.start()] + _TO_OLD_STYLE.get(found[0], found[0])
    return _I_AS_Y.get(syllable, syllable)


@lru_cache(maxsize=65_536)
def is_syllable(folded: str) -> bool:
    """Whether a folded token can be a Vietnamese syllable."""
    return bool(_SYLLABLE.match(folded))


@lru_cache(maxsize=65_536)
def decode_telex(token: str) -> str:
    """'ddawng' → 'đăng', 'khaii' stays: only a token that is not a syllable and becomes one is changed."""
    if not token.isascii() or not token.isalpha() or is_syllable(token) or token in _foreign():
        return token
    decoded = _apply_telex(token)
    return decoded if decoded != token and is_syllable(fold(decoded)) else token


def _apply_telex(token: str) -> str:
    tone, letters = "", token
    if letters[-1] in _MARKS and len(letters) > 2:
        tone, letters = _MARKS[letters[-1]], letters[:-1]
    else:
        inner = re.search(rf"(?<=[{_VOWELS}w])[fsrxj](?=[a-z])", letters)
        if inner:
            tone, letters = _MARKS[inner[0]], letters[: inner.start()] + letters[inner.end() :]
    if letters.startswith("dd"):
        letters = "đ" + letters[2:]
    elif letters.startswith("d") and letters.endswith("d") and len(letters) > 2:
        letters = "đ" + letters[1:-1]
    for typed, meant in (
        ("uow", "ươ"),
        ("aw", "ă"),
        ("aa", "â"),
        ("ee", "ê"),
        ("oo", "ô"),
        ("ow", "ơ"),
        ("uw", "ư"),
        ("w", "ư"),
    ):
        letters = letters.replace(typed, meant, 1)
    vowels = [place for place, ch in enumerate(letters) if fold(ch) in "aeiouy"]
    if tone and vowels:
        place = vowels[-1] if len(vowels) < 3 else vowels[1]
        letters = letters[: place + 1] + tone + letters[place + 1 :]
    return unicodedata.normalize("NFC", letters)


class Shorthand:
    """Teencode, abbreviations and dialect written by us, in `text.yml`: token or phrase → plain words."""

    def __init__(
        self, words: dict[str, str], phrases: dict[str, str], only_with_diacritics: Iterable[str] = ()
    ) -> None:
        self._words = words
        unsafe = frozenset(only_with_diacritics)
        self._safe_words = {word: plain for word, plain in words.items() if word not in unsafe}
        self._longest = max((len(phrase.split()) for phrase in phrases), default=1)
        self._phrases = {tuple(phrase.split()): plain for phrase, plain in phrases.items()}
        self._first_words = {words[0] for words in self._phrases}

    def expand(self, words: list[str]) -> list[str]:
        known = self._safe_words if all(word.isascii() for word in words) else self._words
        out: list[str] = []
        place = 0
        while place < len(words):
            length, plain = self._phrase(words, place) if words[place] in self._first_words else (0, "")
            if length:
                out.extend(plain.split())
            else:
                out.extend(known[words[place]].split() if words[place] in known else (words[place],))
            place += length or 1
        return out

    def _phrase(self, words: list[str], place: int) -> tuple[int, str]:
        """Length and meaning of the longest phrase that starts here; 0 when none does."""
        for length in range(min(self._longest, len(words) - place), 1, -1):
            plain = self._phrases.get(tuple(words[place : place + length]))
            if plain is not None:
                return length, plain
        return 0, ""


@lru_cache(maxsize=1)
def _lists() -> dict[str, Any]:
    return yaml.safe_load(resources.files("knowledge").joinpath("text.yml").read_text("utf-8"))


@lru_cache(maxsize=1)
def shorthand() -> Shorthand:
    """The one list of shorthand, read once from the package's data."""
    data = _lists()
    words = {**data["teencode"], **data["dialect"]}
    phrases = {**data["phrases"], **{phrase: phrase for phrase in data["stays"]}}
    return Shorthand(words, phrases, data["only_with_diacritics"])


@lru_cache(maxsize=1)
def _foreign() -> frozenset[str]:
    return frozenset(_lists()["foreign"])


@lru_cache(maxsize=65_536)
def _plain_word(word: str) -> str:
    return place_tone(decode_telex(_REPEAT.sub(r"\1", word)))


@lru_cache(maxsize=65_536)
def _fold_word(word: str) -> str:
    return fold(word)


def plain_words(text: str) -> list[str]:
    """Lower-case words: tone marks in one place, Telex decoded, shorthand and dialect written out."""
    words = [_plain_word(word) for word in tokens(unicodedata.normalize("NFC", text))]
    return shorthand().expand(words)


def search_words(text: str) -> list[str]:
    """The words by which everything is compared: plain, then folded."""
    return [_fold_word(word) for word in plain_words(text)]


@lru_cache(maxsize=4_096)
def expand(text: str) -> str:
    """The plain words of a text as one string."""
    return " ".join(plain_words(text))


@lru_cache(maxsize=4_096)
def search_key(text: str) -> str:
    """The search words of a text as one string."""
    return " ".join(search_words(text))
