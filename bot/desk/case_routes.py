"""One case: taking it, handing it on, noting, asking for consent, closing; the page on which all of this happens."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from bot.channels.routes import Parts
from bot.desk import pages
from bot.desk.doors_routes import Desk, Here, SignedIn, Who
from bot.desk.parts import Denied
from bot.desk.transcript import Transcript, last_words
from bot.handoff.case import BY_HELPER, Case, Ending, Status
from bot.handoff.people import Role
from bot.handoff.taking import NotPossible
from bot.services import Services
from bot.stories.case_files import rights_of, shared_papers, with_files
from bot.stories.case_summary import current_dossier, newest_lines, summarise
from bot.stories.judging import judgements
from knowledge.schema import Facet

Note = Annotated[str, Form(max_length=4_000)]
READS_ALL = (Role.team_lead, Role.ward_officer, Role.province_admin)
OFFERED_FACETS = (Facet.documents, Facet.cost, Facet.time_limit, Facet.place, Facet.steps, Facet.online)

router = APIRouter(prefix="/desk/cases/{case_id}", include_in_schema=False)


def has_word(who: SignedIn, case: Case) -> bool:
    return case.status is Status.claimed and case.helper_id == who.helper.id


def may_read(who: SignedIn, case: Case) -> bool:
    """The words of a citizen: whoever has the case, and those responsible for the team."""
    return has_word(who, case) or who.helper.role in READS_ALL


async def reading(who: Who, case: Here, desk: Desk) -> Case:
    if not may_read(who, case):
        await desk.audit.note(who.helper.id, "read", case.id, "denied")
        raise Denied
    return case


@router.get("")
async def case_page(who: Who, case: Here, desk: Desk, parts: Parts, so: bool = False, tin: str = "") -> Response:
    """For those of the area; the conversation itself only for whoever has the case, or answers for the team."""
    shows_numbers = so and may_read(who, case)
    await desk.audit.note(who.helper.id, "numbers" if shows_numbers else "case", case.id)
    content = await _content(who, case, desk, parts, not shows_numbers)
    return pages.page("case.html", **who.shown(**{**content, "note": pages.told(tin)}))


@router.post("/nhan")
async def claim(who: Who, case: Here, desk: Desk) -> Response:
    """Of several who tap at once, one gets it."""
    return await _done(desk.taking.claim(case.id, who.helper), case, who, desk, "claim")


@router.post("/tra-lai")
async def put_back(who: Who, case: Here, desk: Desk, note: Note = "") -> Response:
    """Back to the team's queue; for whoever has it."""
    return await _done(desk.taking.put_back(case, who.helper, note), case, who, desk, "put_back", "put_back")


@router.post("/chuyen")
async def hand_on(
    who: Who, case: Here, desk: Desk, to: Annotated[str, Form(max_length=40)] = "", note: Note = ""
) -> Response:
    """To a colleague ('h:id') or a team ('t:id') of the same ward or province; for whoever has it."""
    kind, _, to_id = to.partition(":")
    colleague = await desk.directory.helper(to_id) if kind == "h" and to_id.isalnum() else None
    if colleague is not None and colleague.team.province == case.province and colleague.id != who.helper.id:
        step = desk.taking.hand_to_colleague(case, who.helper, colleague, note)
        return await _done(step, case, who, desk, "hand_on", "handed")
    team = await desk.directory.team(to_id) if kind == "t" and to_id.isalnum() else None
    if team is None or team.province != case.province or team.ward not in (case.ward, ""):
        return _back(case, "changed")
    step = desk.taking.hand_to_team(case, who.helper, team, note)
    return await _done(step, case, who, desk, "hand_on", "handed")


@router.post("/ghi-chu")
async def note(who: Who, case: Here, desk: Desk, text: Note = "") -> Response:
    """For colleagues only; the citizen never sees it."""
    if not text.strip():
        return _back(case, "empty")
    await desk.talking.note(case, who.helper, text.strip())
    return _back(case, "noted")


@router.post("/xin-phep")
async def ask_consent(who: Who, case: Here, desk: Desk, parts: Parts) -> Response:
    """The citizen is asked in the chat; nothing is shown before they agree."""
    dossier = await current_dossier(parts, case)
    if dossier is None:
        return _back(case, "no_dossier")
    step = desk.talking.ask_consent(case, who.helper, dossier.id, dossier.procedure.spoken_name)
    return await _done(step, case, who, desk, "consent", "asked")


@router.post("/ket-thuc")
async def close(who: Who, case: Here, desk: Desk, ending: Annotated[Ending, Form()], note: Note = "") -> Response:
    """With a reason; the citizen is asked how it was, and a journey goes on where it waited."""
    if ending not in BY_HELPER:
        return _back(case, "changed")
    return await _done(desk.escalation.close(case, ending, who.helper, note), case, who, desk, "close", "closed")


async def _done(step: Awaitable[Any], case: Case, who: SignedIn, desk: Desk, act: str, told: str = "") -> Response:
    try:
        await step
    except NotPossible as reason:
        await desk.audit.note(who.helper.id, act, case.id, "failed")
        return _back(case, reason.key)
    await desk.audit.note(who.helper.id, act, case.id)
    is_over = act in ("put_back", "hand_on")
    return RedirectResponse("/desk", 303) if is_over else _back(case, told)


def _back(case: Case, told: str) -> Response:
    return RedirectResponse(f"/desk/cases/{case.id}" + (f"?tin={told}" if told else ""), 303)


async def _content(who: SignedIn, case: Case, desk: Desk, parts: Services, is_masked: bool) -> dict[str, Any]:
    lines = await newest_lines(parts, case.conversation_id)
    is_read = may_read(who, case)
    now, happened = parts.store.clock(), await desk.cases.lines(case)
    rights = await rights_of(parts, case, happened) if has_word(who, case) else None
    spoken = Transcript(is_masked).read(lines) if is_read else []
    return {
        "case": case,
        "is_masked": is_masked,
        "has_word": has_word(who, case),
        "is_read": is_read,
        "holder": await desk.escalation.name_of(case),
        "spoken": await with_files(parts, rights, spoken, is_masked) if rights else spoken,
        "papers": await shared_papers(parts, rights, is_masked) if rights else [],
        "last_seq": lines[-1]["seq"] if lines else 0,
        "last_words": last_words(lines),
        "summary": await summarise(parts, case, is_masked),
        "callback": desk.cases.callback(case) if is_read else "",
        "rating_word": desk.cases.rating_word(case) if is_read else "",
        "happened": [(line, await _name(desk, line.helper_id)) for line in happened],
        "waits": (now - (case.waiting_since or case.opened_at)).total_seconds(),
        "is_overdue": case.is_overdue(now),
        "colleagues": await _colleagues(who, case, desk) if has_word(who, case) else [],
        "offices": await _offices(case, desk) if has_word(who, case) else [],
        "judgements": await judgements(parts, case, lines) if has_word(who, case) else {},
        "endings": BY_HELPER,
        "facets": OFFERED_FACETS,
    }


async def _name(desk: Desk, helper_id: str | None) -> str:
    helper = await desk.directory.helper(helper_id) if helper_id else None
    return helper.name if helper else ""


async def _colleagues(who: SignedIn, case: Case, desk: Desk) -> list[Any]:
    """Of the case's team and of their own."""
    ids = dict.fromkeys(team.id for team in (case.team, who.helper.team) if team)
    members = [one for team_id in ids for one in await desk.directory.members(team_id)]
    return [one for one in members if one.id != who.helper.id]


async def _offices(case: Case, desk: Desk) -> list[Any]:
    crews = await desk.directory.crews(case.province, case.ward)
    return [crew for crew in crews if crew.members and (case.team is None or crew.team.id != case.team.id)]
