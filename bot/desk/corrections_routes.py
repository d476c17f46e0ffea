"""A helper's word on one of the assistant's answers: right, or which procedure it should have been; without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query
from fastapi.responses import RedirectResponse, Response

from bot.channels.routes import Parts
from bot.desk import pages
from bot.desk.case_routes import has_word
from bot.desk.doors_routes import Desk, Here, SignedIn, Who
from bot.desk.parts import Denied
from bot.handoff.case import Case
from bot.handoff.corrections import Corrections, Judged, Verdict
from bot.handoff.taking import NotPossible
from bot.privacy import mask
from bot.problems import Problem
from bot.services import Services
from bot.stories.case_summary import newest_lines
from bot.stories.judging import judged_in, name_of
from knowledge.catalogue import Procedure

MOST_FOUND = 5
MOST_SEARCHED = 500

router = APIRouter(prefix="/desk/cases/{case_id}/cau/{seq}", include_in_schema=False)


@dataclass(frozen=True)
class Answer:
    """One answer of the case that the caller has."""

    who: SignedIn
    case: Case
    judged: Judged

    @property
    def address(self) -> str:
        return f"/desk/cases/{self.case.id}/cau/{self.judged.seq}"


async def answer_here(who: Who, case: Here, desk: Desk, parts: Parts, seq: Annotated[int, Path(ge=1)]) -> Answer:
    """Only for whoever has the case; 404 for a line that is no answer to a question from before it."""
    if not has_word(who, case):
        await desk.audit.note(who.helper.id, "correct", case.id, "denied")
        raise Denied
    judged = judged_in(await newest_lines(parts, case.conversation_id), case).get(seq)
    if judged is None:
        raise Problem(404, "not_found")
    return Answer(who, case, judged)


Here_ = Annotated[Answer, Depends(answer_here)]


@router.get("")
async def choose(
    answer: Here_, parts: Parts, q: Annotated[str | None, Query(max_length=MOST_SEARCHED)] = None, tin: str = ""
) -> Response:
    """The best five for the helper's words, or for the citizen's; for whoever has the case."""
    judged, words = answer.judged, mask(answer.judged.question) if q is None else q
    content = {
        "case": answer.case,
        "address": answer.address,
        "question": mask(judged.question),
        "said": name_of(parts, judged.code) if judged.code else "",
        "kind": judged.kind,
        "words": words[:MOST_SEARCHED],
        "found": _found(parts, words[:MOST_SEARCHED]),
        "note": pages.told(tin),
    }
    return pages.page("correction.html", **answer.who.shown(**content))


@router.post("")
async def judge(answer: Here_, desk: Desk, parts: Parts, choice: Annotated[str, Form(max_length=40)] = "") -> Response:
    """`choice`: "right", "none", or the code that should have been told; for whoever has the case."""
    verdict, code = _read(choice)
    if not choice or (code and code not in parts.library.snapshot.catalogue):
        return RedirectResponse(f"{answer.address}?tin={'unknown_procedure' if choice else 'correction_choose'}", 303)
    told, outcome = "corrected", "done"
    try:
        await Corrections(parts.store).keep(answer.case, answer.who.helper, answer.judged, verdict, code)
    except NotPossible as reason:
        told, outcome = reason.key, "failed"
    await desk.audit.note(answer.who.helper.id, "correct", answer.case.id, outcome)
    return RedirectResponse(f"/desk/cases/{answer.case.id}?tin={told}#d{answer.judged.seq}", 303)


def _read(choice: str) -> tuple[Verdict, str | None]:
    if choice in (Verdict.right, Verdict.none):
        return Verdict(choice), None
    return Verdict.wrong, choice


def _found(parts: Services, words: str) -> list[Procedure]:
    snapshot = parts.library.snapshot
    hits = snapshot.searcher.search(words, limit=MOST_FOUND).hits if words.strip() else ()
    return [snapshot.catalogue[hit.code] for hit in hits if hit.code in snapshot.catalogue]
