"""Whole turns over question files: is the right procedure told or offered, is what should be refused refused."""

from __future__ import annotations

import asyncio
import datetime as dt
import html
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from actions import all_actions
from bot.channels.reply import Outcome
from bot.dialogue import distinctions
from bot.dialogue.asker import Asker
from bot.dialogue.context import Context
from bot.dialogue.guide import Asked, Guide, Knowledge
from bot.dialogue.rasa import RasaDialogue, newest_model
from bot.evaluation.questions import Question, read
from knowledge import places
from knowledge.library import Library
from knowledge.schema import Facet

TELLS_FACTS = frozenset({"answer", "journey"})


@dataclass(frozen=True)
class Taken:
    """One question through the whole dialogue, as the first message of a conversation."""

    question: Question
    facets: tuple[str, ...]
    kind: str
    code: str | None
    offered: frozenset[str]

    @property
    def is_helped(self) -> bool:
        """The right procedure is told, or stands among the buttons."""
        right = set(self.question.codes)
        return self.code in right or bool(self.offered & right)

    @property
    def tells_facts(self) -> bool:
        """Facts of one procedure are told, or it is begun to file it."""
        return self.kind in TELLS_FACTS and self.code is not None

    @property
    def is_refused(self) -> bool:
        """Neither a procedure's facts nor a choice of procedures."""
        return not (self.tells_facts or self.offered)

    @property
    def first_facet_is_right(self) -> bool:
        return (self.facets[0] if self.facets else Facet.overview) in self.question.facets

    @property
    def a_facet_is_right(self) -> bool:
        return bool(set(self.facets or (Facet.overview,)) & set(self.question.facets))


def take_all(files: Sequence[Path], data_dir: Path) -> list[Taken]:
    """Every question of the files, each in a conversation of its own."""
    return asyncio.run(_take_all(read(files), data_dir))


async def _take_all(questions: Sequence[Question], data_dir: Path) -> list[Taken]:
    snapshot = Library.open(data_dir).snapshot
    known = Knowledge(snapshot.catalogue, snapshot.searcher, distinctions.load(), places.load(), {})
    dialogue = await RasaDialogue.load(newest_model(data_dir), all_actions(Guide("1800 1096")))
    asked = Asked(Context(), Asker(dt.date.today()), known)
    return [await _take(question, dialogue, asked) for question in questions]


async def _take(question: Question, dialogue: RasaDialogue, asked: Asked) -> Taken:
    outcome, _ = await dialogue.respond(question.text, "evaluation", asked)
    facets = tuple(str(facet) for facet in (await dialogue.parse(question.text)).facets)
    return Taken(question, facets, outcome.turn.kind, outcome.turn.procedure_code, _offered(outcome))


def _offered(outcome: Outcome) -> frozenset[str]:
    buttons = [button.payload for reply in outcome.replies for button in reply.buttons]
    return frozenset(payload[2:] for payload in buttons if payload.startswith("p:"))


def as_text(taken: Sequence[Taken]) -> str:
    """The figures, one a line."""
    inside = [one for one in taken if one.question.codes]
    outside = [one for one in taken if one.question.scope and one.question.scope not in ("", "no_procedure")]
    faceted = [one for one in inside if one.question.facets]
    lines = ["Whole turns, each question as the first message of a conversation"]
    if inside:
        lines += [
            _line("right procedure told or offered", [one.is_helped for one in inside]),
            _line("in scope, wrongly refused", [one.is_refused for one in inside]),
        ]
    if faceted:
        lines += [
            _line("first facet right", [one.first_facet_is_right for one in faceted]),
            _line("a facet right", [one.a_facet_is_right for one in faceted]),
        ]
    if outside:
        lines += [
            _line("out of scope, told no procedure's facts", [not one.tells_facts for one in outside]),
            _line("out of scope, offered no procedure either", [one.is_refused for one in outside]),
        ]
    return "\n".join(lines)


def _line(what: str, values: Sequence[bool]) -> str:
    return f"  {what:44} {100 * sum(values) / len(values):5.1f} %  ({sum(values)} of {len(values)})"


def confusion_html(taken: Sequence[Taken]) -> str:
    """Facet asked against facet understood, darker where more fell."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in taken:
        if one.question.codes and one.question.facets:
            counts[one.question.facets[0]][one.facets[0] if one.facets else Facet.overview] += 1
    names = [str(facet) for facet in Facet]
    rows = "".join(_row(name, counts[name], names) for name in names)
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    table = f"<table><tr><th>asked ↓ understood →</th>{head}</tr>{rows}</table>"
    return f"<h2>Facets: asked against understood</h2>{table}<pre>{html.escape(as_text(taken))}</pre>"


def _row(name: str, counted: Counter[str], names: Sequence[str]) -> str:
    total = sum(counted.values()) or 1
    cells = "".join(
        f'<td style="background:rgba(160,28,34,{counted[other] / total:.2f})">{counted[other] or ""}</td>'
        for other in names
    )
    return f"<tr><th>{html.escape(name)}</th>{cells}</tr>"
