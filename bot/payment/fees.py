"""What this dossier costs today: lines with their sources, from the record and the sums of law, or not known."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.payment.records import Line
from bot.wording import say
from knowledge.costs import CostLine, birth_registration
from knowledge.schema import Channel, Cost, Procedure
from knowledge.tariffs import is_same_province

OLDEST_CHECK = dt.timedelta(days=365)  # a record nobody looked at for longer is asked about, not charged by
COPIES = "copies"  # the question of a journey that tells how many pieces are wanted
PIECES = frozenset({"bản"})
WHOLE = frozenset({"lần", "hồ sơ", "trường hợp", "thẻ", "văn bản", "giao dịch", "di chúc"})  # once per dossier
MOST_CASES = 8
BIRTHS: Mapping[str, str] = {"1.001193": "child_birth_date"}  # whose fee hangs on whether it is on time


class Outlook(StrEnum):
    free = "free"
    due = "due"
    exempt = "exempt"  # nothing is due because of a case that the officer will check
    choose = "choose"  # the figure hangs on a case that only the citizen can tell
    unknown = "unknown"  # no certain figure: not payable online


@dataclass(frozen=True)
class Case:
    """One case of the record to choose; `tag` names it on a button."""

    name: str
    tag: str


@dataclass(frozen=True)
class Fee:
    """`lines` of what is due; `cases` to choose among; `case` the one that was chosen."""

    outlook: Outlook
    lines: tuple[Line, ...] = ()
    cases: tuple[Case, ...] = ()
    case: str = ""

    @property
    def total_vnd(self) -> int:
        return sum(line.amount_vnd for line in self.lines)


@dataclass(frozen=True)
class Asker:
    """What the fee hangs on besides the record; `answers` by question id."""

    day: dt.date
    answers: Mapping[str, str]
    province: str | None = None
    case_tag: str = ""


UNKNOWN = Fee(Outlook.unknown)


def fee_of(procedure: Procedure, asker: Asker) -> Fee:
    """Filed online today by this person. Nothing is guessed: a doubt about any line makes the whole unknown."""
    if procedure.is_partial or asker.day - procedure.checked_on > OLDEST_CHECK:
        return UNKNOWN
    by_law = _by_law(procedure, asker)
    if by_law is not None:
        return by_law
    rows = [row for row in procedure.costs if _is_for(row, asker)]
    if not rows or any(row.is_doubtful for row in rows):
        return UNKNOWN
    return _of_rows(procedure, _without_extras(rows), asker)


def _is_for(row: Cost, asker: Asker) -> bool:
    is_here = row.province is None or is_same_province(row.province, asker.province)
    return is_here and row.is_valid_on(asker.day) and row.channel in (Channel.any, Channel.online)


def _without_extras(rows: list[Cost]) -> list[Cost]:
    """Pieces ordered besides (further copies, lists of people) are no part of the dossier's own fee."""
    once = [row for row in rows if row.unit in WHOLE]
    return once or rows


def _of_rows(procedure: Procedure, rows: list[Cost], asker: Asker) -> Fee:
    """Rows of one kind with different cases exclude each other; those of different kinds are paid together."""
    lines: list[Line] = []
    exempt = chosen = ""
    for kind in dict.fromkeys(row.kind for row in rows):
        ours = _province_first([row for row in rows if row.kind == kind])
        if len(ours) > 1 and any(row.amount_vnd != 0 for row in ours):
            row = next((one for one in ours if _tag(one) == asker.case_tag), None)
            if row is None or chosen:
                return _choice(ours) if not chosen else UNKNOWN
            chosen, exempt = row.case or "", row.case or "" if row.amount_vnd == 0 else ""
        else:
            row = ours[0]
        line = _line(procedure, row, asker)
        if line is None:
            return Fee(Outlook.unknown, case=chosen)
        lines += [line] if line.amount_vnd else []
    if lines:
        return Fee(Outlook.due, tuple(lines), case=chosen)
    return Fee(Outlook.exempt, case=exempt) if exempt else Fee(Outlook.free)


def _province_first(rows: list[Cost]) -> list[Cost]:
    own = {row.case for row in rows if row.province}
    return [row for row in rows if row.province or row.case not in own]


def _choice(rows: list[Cost]) -> Fee:
    cases = tuple(Case(row.case or "", _tag(row)) for row in rows)
    is_clear = all(case.name for case in cases) and len({case.tag for case in cases}) == len(cases) <= MOST_CASES
    return Fee(Outlook.choose, cases=cases) if is_clear else UNKNOWN


def _tag(row: Cost) -> str:
    """Names the case and its figure: a button pressed after the record changed names nothing any more."""
    return f"{zlib.crc32(f'{row.kind}|{row.case}|{row.amount_vnd}'.encode()):08x}"


def _line(procedure: Procedure, row: Cost, asker: Asker) -> Line | None:
    """None: no certain figure, no legal source, or nobody told how many."""
    count = 1 if row.unit in WHOLE else _count(asker) if row.unit in PIECES else None
    if row.amount_vnd is None or not row.source or count is None:
        return None
    name = row.case or row.kind
    return Line(name, row.amount_vnd * count, row.kind, row.source, row.valid_to, procedure.checked_on)


def _count(asker: Asker) -> int | None:
    told = asker.answers.get(COPIES, "")
    return int(told) if told.isascii() and told.isdigit() and 1 <= int(told) <= 1000 else None


# ---- sums of law


def _by_law(procedure: Procedure, asker: Asker) -> Fee | None:
    """A late birth costs what the province sets; on time it is free. None: the record decides."""
    told = asker.answers.get(BIRTHS.get(procedure.code, ""), "")
    try:
        (line,) = birth_registration(dt.date.fromisoformat(told), asker.day, asker.province).lines
    except ValueError:
        return None
    if line.amount_vnd == 0:
        return Fee(Outlook.free)
    return _late_birth(procedure, line, asker)


def _late_birth(procedure: Procedure, line: CostLine, asker: Asker) -> Fee:
    """Late, the families that the record frees stay free: the citizen says whether it is one of them."""
    free = [row for row in procedure.costs if _is_for(row, asker) and row.amount_vnd == 0 and row.kind == "fee"]
    free = [row for row in free if row.case and not row.case.startswith(say("paying.case.on_time"))]
    late = Case(say("paying.case.late"), f"{zlib.crc32(f'late|{line.amount_vnd}'.encode()):08x}")
    cases = (*(Case(row.case or "", _tag(row)) for row in free), late)
    chosen = next((case for case in cases if case.tag == asker.case_tag), late if len(cases) == 1 else None)
    if chosen is None:
        return Fee(Outlook.choose, cases=cases)
    if chosen is not late:
        return Fee(Outlook.exempt, case=chosen.name)
    if line.amount_vnd is None or not line.is_certain or not line.source:
        return Fee(Outlook.unknown, case=late.name)
    due = Line(late.name, line.amount_vnd, "fee", line.source, line.valid_to, line.checked_on)
    return Fee(Outlook.due, (due,), case=late.name)
