"""Where a curated record and the catalogue's record of the same code say different things, field by field.

Only what the catalogue says for certain counts as its word: rows it puts in doubt itself, and numbers without a unit,
are no figures. A figure of ours that the catalogue does not give is a difference too, because its source is another.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz

from knowledge.schema import Channel, Cost, Document, OnlineLevel, Procedure, TimeLimit
from knowledge.text import fold, search_key

LEAST_COVERAGE = 0.5  # share of the catalogue's papers that ours must speak of
SAME_PAPER = 60  # likeness of 100 at which two papers are taken for the same one; ours are told in plain words
MOST_TIMES_MORE = 2  # our list may be at most so many times as long as theirs, and the other way round

_MONEY = re.compile(r"\b(\d{1,3}(?:[.,]\d{3})+|\d{4,9})\s*(?:đồng|đ\b|vnđ|vnd)", re.IGNORECASE)
_CHANNELS = (Channel.online, Channel.in_person, Channel.postal)


@dataclass(frozen=True)
class Difference:
    """One field told differently."""

    field: str
    ours: str
    theirs: str


def differences(ours: Procedure, theirs: Procedure, today: dt.date) -> Iterator[Difference]:
    """Every compared field in which the two differ; of a record known by name only, the names alone."""
    yield from _name(ours, theirs)
    if ours.is_partial or theirs.is_partial:
        return
    yield from _decision(ours, theirs)
    yield from _costs(ours, theirs, today)
    yield from _time_limits(ours, theirs)
    yield from _papers(ours, theirs)
    yield from _online_level(ours, theirs)


# ---- name and decision


def _name(ours: Procedure, theirs: Procedure) -> Iterator[Difference]:
    if _bare(ours.name) != _bare(theirs.name):
        yield Difference("name", ours.name, theirs.name)


def _decision(ours: Procedure, theirs: Procedure) -> Iterator[Difference]:
    mine, other = ours.source.decision or "", theirs.source.decision or ""
    if other and _decision_number(mine) != _decision_number(other):
        yield Difference("decision", mine, other)


def _bare(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" .:").casefold()


def _decision_number(text: str) -> str:
    return re.sub(r"[^0-9a-z/-]", "", fold(text).replace("quyet dinh", "").replace("so", ""))


# ---- costs


def _costs(ours: Procedure, theirs: Procedure, today: dt.date) -> Iterator[Difference]:
    mine = [row for row in ours.costs if row.amount_vnd is not None and row.is_valid_on(today) and not row.is_doubtful]
    certain = [
        row for row in theirs.costs if row.amount_vnd is not None and row.is_valid_on(today) and not row.is_doubtful
    ]
    untold = [row for row in certain if not any(_tells(own, row) for own in mine)]
    known = {row.amount_vnd for row in certain} | _mentioned(theirs)
    added = [row for row in mine if row.amount_vnd not in known]
    if untold or added:
        yield Difference("costs", _amounts(added) or _amounts(mine), _amounts(untold) or _amounts(certain))


def _tells(own: Cost, other: Cost) -> bool:
    return own.amount_vnd == other.amount_vnd and (
        Channel.any in (own.channel, other.channel) or own.channel == other.channel
    )


def _mentioned(procedure: Procedure) -> set[int]:
    """Amounts in the notes beside the rows: the source writes the further ones there."""
    notes = " ; ".join(filter(None, [*(row.note for row in procedure.costs), procedure.cost_note]))
    return {int(re.sub(r"[.,]", "", amount)) for amount in _MONEY.findall(notes)}


def _amounts(rows: Iterable[Cost]) -> str:
    told = (f"{row.amount_vnd} ({row.channel})" if row.channel != Channel.any else str(row.amount_vnd) for row in rows)
    return ", ".join(dict.fromkeys(told))


# ---- time limits


def _time_limits(ours: Procedure, theirs: Procedure) -> Iterator[Difference]:
    certain = [limit for limit in theirs.time_limits if limit.value is not None]
    untold = [limit for limit in certain if not any(_is_same_limit(own, limit) for own in ours.time_limits)]
    added = [limit for limit in ours.time_limits if not any(_is_same_limit(limit, other) for other in certain)]
    if untold or added:
        yield Difference("time_limits", _limits(added or ours.time_limits), _limits(untold or theirs.time_limits))


def _is_same_limit(own: TimeLimit, other: TimeLimit) -> bool:
    return (own.value, own.unit) == (other.value, other.unit) and (
        Channel.any in (own.channel, other.channel) or own.channel == other.channel
    )


def _limits(limits: Iterable[TimeLimit]) -> str:
    told = (limit.text or " ".join(filter(None, (str(limit.value or ""), limit.unit))) for limit in limits)
    return ", ".join(dict.fromkeys(told))


# ---- papers


def _papers(ours: Procedure, theirs: Procedure) -> Iterator[Difference]:
    wanted = {_bare(paper.name): paper for paper in theirs.documents}
    if not wanted:
        if ours.documents:
            yield Difference("documents", f"{len(ours.documents)} papers", "none")
        return
    missing = [name for name, paper in wanted.items() if not _is_covered(paper, ours.documents)]
    coverage = 1 - len(missing) / len(wanted)
    count = len(ours.documents)
    if coverage < LEAST_COVERAGE or count > len(wanted) * MOST_TIMES_MORE or len(wanted) > count * MOST_TIMES_MORE:
        told = f"{count} papers cover {coverage:.0%}"
        yield Difference("documents", told, f"{len(wanted)} papers, without ours: {'; '.join(missing)[:300]}")


def _is_covered(paper: Document, ours: Iterable[Document]) -> bool:
    name = search_key(paper.name)
    return any(fuzz.token_set_ratio(name, _all_words(own)) >= SAME_PAPER for own in ours)


def _all_words(paper: Document) -> str:
    return search_key(" ".join(filter(None, (paper.name, paper.form_template, paper.looks_like, paper.case))))


# ---- online


def _online_level(ours: Procedure, theirs: Procedure) -> Iterator[Difference]:
    mine, other = ours.online_level, theirs.online_level
    if mine == OnlineLevel.unknown or not theirs.submission_methods:
        return
    if other != OnlineLevel.unknown:
        if mine != other:
            yield Difference("online_level", mine.value, other.value)
        return
    is_listed = Channel.online in theirs.submission_methods
    if (mine == OnlineLevel.none) == is_listed:
        yield Difference("online_level", mine.value, f"online is {'' if is_listed else 'not '}offered")
