"""The part of a message that asks: people tell their story first and put the question last, or first."""

from __future__ import annotations

import re

from bot.dialogue.cues import Cues
from knowledge.text import search_key

_ENDS = re.compile(r"(?<=[.?!;\n])\s+|[;\n]+")
QUESTION_CUES = frozenset({"money", "how_long", "where", "how", "may_i", "papers", "form", "outcome", "law", "online"})


def asking_part(text: str, cues: Cues) -> str:
    """Sentences with a question mark; else the last two with a turn of phrase that asks; else the last one."""
    sentences = [part.strip() for part in _ENDS.split(text) if part and part.strip(" .?!;")]
    if len(sentences) < 2:
        return text
    asking = [part for part in sentences if part.endswith("?")]
    asking = asking or [part for part in sentences if has_question_cue(part, cues)][-2:]
    return " ".join(asking or sentences[-1:])


def has_question_cue(sentence: str, cues: Cues) -> bool:
    """Whether a turn of phrase that asks is in it."""
    key = search_key(sentence)
    return not QUESTION_CUES.isdisjoint(cues.find(key.split())) or cues.fits_any(key, QUESTION_CUES)
