"""How careful text turns into typed text: slips, glued words, Telex residue, dropped words. For training and tests."""

from __future__ import annotations

import random
import unicodedata

from knowledge.text import fold

_NEAR = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "g": "fh", "h": "gj", "i": "uo", "k": "jl", "l": "k",
    "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb",
    "x": "zc", "y": "tu",
}  # fmt: skip
_TELEX_TONES = {"\u0300": "f", "\u0301": "s", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
_TELEX_LETTERS = {"ă": "aw", "â": "aa", "ê": "ee", "ô": "oo", "ơ": "ow", "ư": "uw", "đ": "dd"}


def slips(text: str, rng: random.Random, share: float = 0.08) -> str:
    """About `share` of the words get one swapped, lost, doubled or neighbouring letter."""
    return " ".join(_slip(word, rng) if rng.random() < share and len(word) > 2 else word for word in text.split())


def _slip(word: str, rng: random.Random) -> str:
    place = rng.randrange(len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    if kind == 2:
        return word[:place] + word[place] + word[place:]
    near = _NEAR.get(fold(word[place]), word[place])
    return word[:place] + rng.choice(near) + word[place + 1 :]


def glue(text: str, rng: random.Random, share: float = 0.1) -> str:
    """Some spaces are missing."""
    words = text.split()
    out = words[:1]
    for word in words[1:]:
        if rng.random() < share:
            out[-1] += word
        else:
            out.append(word)
    return " ".join(out)


def telex(text: str, rng: random.Random, share: float = 0.3) -> str:
    """Some accented words are left as the keys that were struck: 'đăng' → 'ddawng'."""
    return " ".join(_struck(word) if rng.random() < share else word for word in text.split())


def _struck(word: str) -> str:
    tone, letters = "", ""
    for letter in unicodedata.normalize("NFD", word.lower()):
        tone = _TELEX_TONES.get(letter, tone)
        letters += "" if letter in _TELEX_TONES else letter
    plain = unicodedata.normalize("NFC", letters)
    return "".join(_TELEX_LETTERS.get(letter, letter) for letter in plain) + tone


def drop_words(text: str, rng: random.Random, share: float = 0.25) -> str:
    """Some words are left out; at least one stays."""
    words = text.split()
    kept = [word for word in words if rng.random() >= share]
    return " ".join(kept or words[:1])


def plain(text: str, _: random.Random) -> str:
    """Typed without diacritics: dialect and shorthand are then no longer told from other words."""
    return fold(text)


def typed(text: str, rng: random.Random) -> str:
    """One of the ways above, or the text as it was; sometimes two."""
    ways = (plain, slips, glue, telex, drop_words)
    for way in rng.choices(ways, (0.3, 0.25, 0.15, 0.1, 0.2), k=rng.choice((0, 1, 1, 2))):
        text = way(text, rng)
    return text
