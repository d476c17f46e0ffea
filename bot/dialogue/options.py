"""Choices offered to a citizen: which candidates really differ, how they are named on buttons, which one is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot.channels.reply import Button
from bot.dialogue.plain import capitalised, clip
from knowledge.schema import Procedure
from knowledge.search import Hit
from knowledge.text import fold, search_key

_LEVEL = re.compile(r"\b(thuc hien )?(tai )?cap (trung uong|tinh|xa|bo)( cap (tinh|xa))*\b")
_ORDINALS: tuple[tuple[str, Callable[[int], int]], ...] = (
    (r"\b(dau tien|thu nhat|so 1|mot|1)\b", lambda count: 0),
    (r"\b(thu hai|so 2|hai|2)\b", lambda count: 1),
    (r"\b(thu ba|so 3|ba|3)\b", lambda count: 2),
    (r"\b(thu tu|so 4|bon|4)\b", lambda count: 3),
    (r"\b(cuoi cung|cuoi|sau cung)\b", lambda count: count - 1),
)


def option_number(text: str, count: int) -> int | None:
    """The place, from 0, that 'cái thứ hai' or 'số 3' names among `count` options."""
    key = fold(text)
    for pattern, place in _ORDINALS:
        if re.search(pattern, key) and place(count) < count:
            return place(count)
    return None


def distinct(hits: list[Hit]) -> list[Hit]:
    """Without the sisters that differ only in the level that acts ("… thực hiện tại cấp tỉnh"): the likelier stays."""
    seen: set[str] = set()
    kept = []
    for hit in hits:
        stem = _LEVEL.sub("", search_key(hit.name)).strip()
        if stem not in seen:
            seen.add(stem)
            kept.append(hit)
    return kept


def choices(procedures: list[Procedure], labels: Mapping[str, str] | None = None) -> list[Button]:
    """A button for each procedure, titled by `labels` (by code) where they have one, else by its name."""
    return [
        Button(title=(labels or {}).get(procedure.code) or title, payload=f"p:{procedure.code}")
        for procedure, title in zip(procedures, _titles(procedures), strict=True)
    ]


def _titles(procedures: list[Procedure]) -> list[str]:
    """Names short enough for a button and still different: what they share at the start is cut when they are long."""
    names = [capitalised(procedure.short_name) for procedure in procedures]
    short = [clip(name, 78) for name in names]
    if len(set(short)) == len(short):
        return short
    shared = len(_shared_words(names))
    tails = [" ".join(name.split()[max(shared - 2, 0) :]) for name in names]
    return [clip(f"… {tail}", 78) for tail in tails]


def _shared_words(names: list[str]) -> list[str]:
    words = [name.split() for name in names]
    shared = []
    for column in zip(*words, strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    return shared
