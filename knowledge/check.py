"""Holds curated procedures against the catalogue's records and the calendar: what differs, is doubtful, old or dead.

A difference is a contradiction until the record says why it differs (`differs_because`, by field). A curated code that
the catalogue lacks is explained under `code`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from knowledge.check_compare import Difference, differences
from knowledge.check_dates import ends, is_old, tariff_end
from knowledge.check_references import dead_codes, dead_parts
from knowledge.schema import Procedure
from knowledge.tariffs import Tariff


class Kind(StrEnum):
    """What was found, the gravest first; only the first one makes the check fail."""

    contradiction = "contradiction"
    dead_reference = "dead_reference"
    expired = "expired"
    expiring = "expiring"
    old = "old"
    doubtful = "doubtful"
    explained = "explained"


@dataclass(frozen=True)
class Finding:
    """One thing to look at: `ours` stands in the curated record, `theirs` in the catalogue's."""

    kind: Kind
    code: str
    field: str
    ours: str
    theirs: str = ""
    because: str | None = None


@dataclass(frozen=True)
class Against:
    """What the curated records are held against; `records` None: there is no catalogue here, nothing is compared."""

    today: dt.date
    records: Mapping[str, Procedure] | None = None
    mentions: Mapping[str, str] | None = None  # text of other files that name procedures, by file name
    tariffs: Iterable[Tariff] = ()


def check(curated: Iterable[Procedure], against: Against) -> list[Finding]:
    """Every finding, ordered by gravity, then by code."""
    curated = list(curated)
    found = [finding for procedure in curated for finding in _of_record(procedure, against)]
    found += _of_other_files(curated, against)
    found += [_ended(tariff.name, "tariff", note, soon) for tariff, note, soon in _tariff_ends(against)]
    order = list(Kind)
    return sorted(dict.fromkeys(found), key=lambda finding: (order.index(finding.kind), finding.code, finding.field))


def contradictions(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.kind is Kind.contradiction]


def _of_record(procedure: Procedure, against: Against) -> Iterator[Finding]:
    if against.records is not None:
        yield from _compared(procedure, against.records.get(procedure.code), against.today)
    for field, note in dead_parts(procedure):
        yield Finding(Kind.dead_reference, procedure.code, field, note)
    for end in ends(procedure, against.today):
        yield _ended(procedure.code, end.field, end.note, end.is_soon)
    if is_old(procedure, against.today):
        yield Finding(Kind.old, procedure.code, "checked_on", procedure.checked_on.isoformat())
    yield from _doubts(procedure, (against.records or {}).get(procedure.code))


def _compared(ours: Procedure, theirs: Procedure | None, today: dt.date) -> Iterator[Finding]:
    if theirs is None:
        if not ours.is_partial:
            yield _judged(ours, Difference("code", ours.name, ""))
        return
    for difference in differences(ours, theirs, today):
        yield _judged(ours, difference)


def _judged(procedure: Procedure, difference: Difference) -> Finding:
    because = procedure.differs_because.get(difference.field)
    kind = Kind.explained if because else Kind.contradiction
    return Finding(kind, procedure.code, difference.field, difference.ours, difference.theirs, because)


def _ended(code: str, field: str, note: str, is_soon: bool) -> Finding:
    return Finding(Kind.expiring if is_soon else Kind.expired, code, field, note)


def _doubts(ours: Procedure, theirs: Procedure | None) -> Iterator[Finding]:
    for row in ours.costs:
        if row.is_doubtful:
            yield Finding(Kind.doubtful, ours.code, "costs", row.note or row.case or "")
    for doubt in ours.doubts:
        yield Finding(Kind.doubtful, ours.code, "doubts", doubt)
    for doubt in theirs.doubts if theirs else ():
        yield Finding(Kind.doubtful, ours.code, "doubts", "", doubt)


def _of_other_files(curated: list[Procedure], against: Against) -> Iterator[Finding]:
    if against.records is None:  # without the catalogue nobody knows which codes exist
        return
    known = {procedure.code for procedure in curated} | set(against.records)
    for procedure in curated:
        for code, field in dead_codes(procedure, known):
            yield Finding(Kind.dead_reference, procedure.code, field, f"{code} is no procedure")
    for name, text in (against.mentions or {}).items():
        for code, _ in dead_codes(text, known):
            yield Finding(Kind.dead_reference, code, "named in", name)


def _tariff_ends(against: Against) -> Iterator[tuple[Tariff, str, bool]]:
    tariffs = list(against.tariffs)
    for tariff in tariffs:
        end = tariff_end(tariff, tariffs, against.today)
        if end:
            yield tariff, end.note, end.is_soon
