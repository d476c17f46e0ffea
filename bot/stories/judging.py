"""Which of the assistant's answers a helper may approve or correct, with the question that each was given to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.dialogue import controls
from bot.handoff.case import Case
from bot.handoff.corrections import Correction, Corrections, Judged
from bot.services import Services
from knowledge.text import clean

JUDGED = ("answer", "clarify", "not_found")
FEWEST_LETTERS = 4  # "2", "ok": nothing to learn from


@dataclass(frozen=True)
class Judgement:
    """An answer on the page, with what was said of it; `right_name` names the procedure said to be right."""

    judged: Judged
    kept: Correction | None
    right_name: str


def judged_in(lines: Iterable[dict[str, Any]], case: Case) -> dict[int, Judged]:
    """By the seq of the answer: those given to the citizen's own words, from before the case."""
    found: dict[int, Judged] = {}
    typed: dict[int, str] = {}
    last = ""
    for line in lines:
        if line["direction"] == "in":
            typed[line["seq"]] = _words(line)
        elif _is_judged(line, case):
            # "None of these" ends in "not found": the question is the one before. Any other answer to a button
            # was asked for by the citizen, so there is nothing to be right or wrong about.
            question = typed.get(line.get("reply_to") or 0) or (last if line["turn"]["kind"] == "not_found" else "")
            if question:
                found[line["seq"]], last = _judged(line["seq"], question, line["turn"]), question
    return found


def _is_judged(line: dict[str, Any], case: Case) -> bool:
    turn = line.get("turn") or {}
    return turn.get("kind") in JUDGED and dt.datetime.fromisoformat(line["at"]) <= case.opened_at


def _words(line: dict[str, Any]) -> str:
    text = clean(line.get("text") or "")
    is_question = sum(char.isalpha() for char in text) >= FEWEST_LETTERS and not controls.read_text(text)
    return text if is_question else ""


def _judged(seq: int, question: str, turn: dict[str, Any]) -> Judged:
    return Judged(seq, question, turn["kind"], turn.get("procedure_code"), turn.get("confidence"))


async def judgements(parts: Services, case: Case, lines: Iterable[dict[str, Any]]) -> dict[int, Judgement]:
    """For the page of whoever has the case."""
    kept = await Corrections(parts.store).of(case.conversation_id)
    return {seq: _judgement(parts, one, kept.get(seq)) for seq, one in judged_in(lines, case).items()}


def _judgement(parts: Services, judged: Judged, kept: Correction | None) -> Judgement:
    code = kept.right_code if kept else None
    return Judgement(judged, kept, name_of(parts, code) if code else "")


def name_of(parts: Services, code: str) -> str:
    """Its name; of one that has gone since, the code."""
    procedure = parts.library.snapshot.catalogue.get(code)
    return procedure.name if procedure else code
