"""Names of people, and free words."""

from __future__ import annotations

import re
import unicodedata

from bot.submission.asking import Asked, Parsed, Wrong
from bot.submission.journey import Answer
from bot.submission.words import is_a_wish, is_foreign, is_nothing, order, says, words
from knowledge.text import fold

MOST_NAME_CHARS, MOST_WORD_CHARS = 80, 25
FEWEST_WORDS, MOST_WORDS = 2, 10
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?")
_EDGES = ' .,:;!"“”()'


def person_name(text: str, asked: Asked) -> Parsed:
    """Two words at least, letters only; what people write around a name is dropped."""
    name = _bare(text)
    parts = name.split()
    if not parts or not all(_WORD.fullmatch(part) and _is_latin(part) for part in parts):
        return Wrong("name_letters")
    if is_foreign(name) or order(text) or says("yes", text) or is_nothing(text) or is_a_wish(text):
        return Wrong("name_words")
    if len(parts) < FEWEST_WORDS:
        return Wrong("name_full")
    if len(parts) > MOST_WORDS or len(name) > MOST_NAME_CHARS or max(map(len, parts)) > MOST_WORD_CHARS:
        return Wrong("name_long")
    shown = " ".join(part if _is_mixed(part) else part.capitalize() for part in parts)
    return Answer(shown, shown)


def free_text(text: str, asked: Asked) -> Parsed:
    """Any words; letters or figures must be among them."""
    return Answer(text, text)


def has_no_marks(name: str) -> bool:
    """Typed without diacritics, as phones do; a paper needs them. Not every name has them: Ksor H'Bia, Kim Min Soo."""
    folded = fold(name)
    return name.lower() == folded and folded.partition(" ")[0] in words().surnames


def _bare(text: str) -> str:
    """'dạ bé tên là Nguyễn Minh An ạ' → 'Nguyễn Minh An'."""
    name = text.strip(_EDGES)
    while found := _opening(name):
        name = name[found:].strip(_EDGES)
    head, _, last = name.rpartition(" ")
    return head.strip(_EDGES) if head and last in words().after_name else name


def _opening(name: str) -> int:
    folded = fold(name)
    for phrase in words().before_name:
        follows = folded[len(phrase) : len(phrase) + 1]
        # A name may begin with such a word ("Ông Thị Lan"): only what is written small, or with a colon, goes.
        if folded.startswith(phrase) and follows in (" ", ":", ",") and (follows != " " or _is_no_name(name, phrase)):
            return len(phrase) + 1
    return 0


def _is_no_name(name: str, phrase: str) -> bool:
    return " " in phrase or name[0].islower() and not name.islower() or phrase in ("da", "vang", "thua")


def _is_mixed(part: str) -> bool:
    return not (part.islower() or part.isupper())


def _is_latin(part: str) -> bool:
    return all(unicodedata.name(char, "").startswith("LATIN") for char in part if char.isalpha())
