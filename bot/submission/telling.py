"""What a journey says: the question with its buttons, the review, the way to the portal."""

from __future__ import annotations

from bot.channels.reply import Button, Reply, ShownChoice, ShownQuestion
from bot.submission import payloads, posting
from bot.submission.answers_choices import NO, YES
from bot.submission.answers_codes import masked
from bot.submission.dossier import Dossier
from bot.submission.findings import Finding
from bot.submission.journey import Step
from bot.submission.papers.notes import helped_by
from bot.wording import say
from knowledge.importers.catalogue_jsonl import PORTAL
from knowledge.places import Ward
from knowledge.schema import Choice, OnlineLevel, Procedure

MOST_EDITS = 40  # buttons under a review
MOST_TITLE = 80
PROCEDURE_PAGE = "/thu-tuc-hanh-chinh/"
HELPER = "h:"


# ---- the question


def shown(step: Step) -> ShownQuestion:
    """The question as the HTTP contract has it."""
    return ShownQuestion(
        id=step.id,
        kind="yes_no" if step.is_more else step.question.kind,
        prompt=prompt(step),
        example=say("filing.no") if step.is_more else step.question.example,
        choices=tuple(ShownChoice(value=one.value, label=one.label) for one in step.question.choices) or None,
        optional=step.question.optional and not step.is_more,
    )


def prompt(step: Step) -> str:
    return step.question.repeat.prompt if step.is_more else step.question.prompt


def question(dossier: Dossier, step: Step, lead: str = "", extra: tuple[Button, ...] = ()) -> Reply:
    """The question, what an answer looks like, and buttons for what can be tapped."""
    lines = [lead, say("filing.question", number=number(dossier, step), prompt=prompt(step)), *_hints(step)]
    before = (_button("back", dossier),) if dossier.path.before(step.id) else ()
    buttons = (*_answers(dossier, step), *extra, *_skip(dossier, step), *before)
    return Reply(text="\n".join(line for line in lines if line), buttons=buttons)


def number(dossier: Dossier, step: Step) -> int:
    """Its place on the path, as people count."""
    ids = [one.id for one in dossier.path.steps]
    return ids.index(step.id) + 1 if step.id in ids else len(ids) + 1


def _hints(step: Step) -> list[str]:
    asked = step.question
    hints = [f"{place}. {one.label}" for place, one in enumerate(asked.choices, 1)]
    if asked.kind == "file":
        hints.append(say("filing.file_hint"))
    elif asked.kind not in ("choice", "yes_no") and not step.is_more:
        hints.append(say("filing.example", example=asked.example))
    if asked.optional and not step.is_more:
        hints.append(say("filing.optional"))
    return hints


def _answers(dossier: Dossier, step: Step) -> list[Button]:
    if step.is_more or step.question.kind == "yes_no":
        pairs = [(YES, say("filing.yes")), (NO, say("filing.no"))]
    else:
        pairs = [(one.value, _clipped(one)) for one in step.question.choices]
    return [Button(title=title, payload=payloads.answer(dossier, step, value)) for value, title in pairs]


def _clipped(one: Choice) -> str:
    return one.label if len(one.label) <= MOST_TITLE else f"{one.label[: MOST_TITLE - 1]}…"


def _skip(dossier: Dossier, step: Step) -> list[Button]:
    if step.is_more:
        return []
    if step.is_delivery:
        return [_delivery(dossier)]
    if step.question.kind == "file" and not step.question.optional:
        return [Button(title=say("filing.button.later"), payload=payloads.order("skip", dossier, step))]
    return [_button("skip", dossier, step)] if step.question.optional else []


def which_ward(dossier: Dossier, step: Step, wards: tuple[Ward, ...]) -> Reply:
    """Several wards of the name: one tap decides."""
    listed = "\n".join(f"{place}. {ward}" for place, ward in enumerate(wards, 1))
    buttons = tuple(
        Button(title=str(ward)[:MOST_TITLE], payload=payloads.answer(dossier, step, f"{payloads.WARD}{ward.key}"))
        for ward in wards
    )
    return Reply(text=f"{say('filing.which_ward')}\n{listed}", buttons=buttons)


# ---- review


def review(dossier: Dossier, found: list[Finding], by_wire: bool) -> tuple[Reply, ...]:
    """All answers on one page, what would be sent back, and the question for consent."""
    answers = Reply(text=_page(dossier), buttons=_edits(dossier))
    checked = Reply(text=_checked(dossier, found), buttons=tuple(_fixes(dossier, found)))
    return answers, checked, consent(dossier, by_wire)


def consent(dossier: Dossier, by_wire: bool) -> Reply:
    """`by_wire`: we send it ourselves; otherwise the citizen does, with our sheet."""
    can_choose = posting.is_chosen(dossier.answers) or posting.can_be_posted(dossier.procedure)
    delivery = (_delivery(dossier),) if can_choose else ()
    buttons = (_button("send", dossier), *delivery, _button("review", dossier), _button("pause", dossier), helper())
    what = dossier.procedure.spoken_name
    text = (
        say("filing.consent_send", what=what, place=_agency(dossier)) if by_wire else say("filing.consent", what=what)
    )
    posted = posting.line(dossier.answers)
    return Reply(text=f"{posted} {say('posting.charge')}\n{text}" if posted else text, buttons=buttons)


def submitted(dossier: Dossier) -> Reply:
    return Reply(text=say("filing.submitted", what=dossier.procedure.spoken_name))


def handed_in(dossier: Dossier, is_held: bool = False) -> Reply:
    """`is_held`: it is sent once its fee is paid."""
    what, reference = dossier.procedure.spoken_name, dossier.reference
    key = "paying.taken" if is_held else "filing.handed_in"
    return Reply(text=say(key, what=what, place=_agency(dossier), reference=reference))


def _agency(dossier: Dossier) -> str:
    procedure = dossier.procedure
    return procedure.receiving_agency or procedure.deciding_agency or say("filing.desk.any")


def so_far(dossier: Dossier) -> Reply:
    """The answers given while questions are still open."""
    if not dossier.path.answered:
        return Reply(text=say("filing.nothing_yet"))
    return Reply(text=_page(dossier), buttons=_edits(dossier))


def lines(dossier: Dossier, for_others: bool = False) -> list[str]:
    """Every answer with its number on the path; `for_others`: citizen ids show their last four figures only."""
    return [
        say("filing.line", number=place, prompt=prompt(step), answer=_answer(dossier, step, for_others))
        for place, step in enumerate(dossier.path.answered, 1)
    ]


def _answer(dossier: Dossier, step: Step, for_others: bool) -> str:
    answer = dossier.path.answers[step.id]
    hides = for_others and step.question.kind == "citizen_id" and bool(answer.value)
    return masked(answer.value) if hides else answer.shown


def _page(dossier: Dossier) -> str:
    helpers = helped_by(dossier)
    noted = [say("assisting.helped_by", name=helpers)] if helpers else []
    return "\n".join([say("filing.review", what=dossier.procedure.spoken_name), *lines(dossier), *noted])


def _edits(dossier: Dossier) -> tuple[Button, ...]:
    return tuple(edit(dossier, step) for step in dossier.path.answered[:MOST_EDITS])


def edit(dossier: Dossier, step: Step) -> Button:
    title = say("filing.button.edit", number=number(dossier, step))
    return Button(title=title, payload=payloads.order("edit", dossier, step))


def _checked(dossier: Dossier, found: list[Finding]) -> str:
    if found:
        told = [say("filing.found.lead"), *(say("filing.found.line", finding=one.text) for one in found)]
    else:
        told = [say("filing.found.none")]
    reasons = dossier.procedure.common_returns
    if reasons:
        told += ["", say("filing.found.common"), *(say("filing.found.line", finding=reason) for reason in reasons)]
    return "\n".join(told)


def _fixes(dossier: Dossier, found: list[Finding]) -> list[Button]:
    steps = dict.fromkeys(one.step for one in found if one.step)
    return [edit(dossier, step) for step in steps]


# ---- the way to the portal


def hand_off(dossier: Dossier, link: str | None, file_url: str | None, hours: int) -> Reply:
    """What to press where, with the sheet to copy from; nobody's password is asked or kept."""
    procedure = dossier.procedure
    at_desk = procedure.online_level is OnlineLevel.none
    lead = say("filing.ready_desk" if at_desk else "filing.ready", what=procedure.spoken_name)
    steps = _desk_steps(procedure) if at_desk else _portal_steps(procedure)
    listed = [f"{place}. {step}" for place, step in enumerate(steps, 1)]
    sheet = say("filing.sheet", link=link, hours=hours) if link else ""
    sheet = say("filing.sheet_file", hours=hours) if file_url else sheet
    visit = Button(title=say("after.button.visit"), payload=f"b:visit:{dossier.tag}")
    buttons = (_button("done", dossier), *((visit,) if at_desk else ()), _button("review", dossier), helper())
    text = "\n".join(line for line in (lead, *listed, sheet) if line)
    return Reply(text=text, buttons=buttons, file_url=file_url)


def _portal_steps(procedure: Procedure) -> list[str]:
    place = procedure.receiving_agency or procedure.deciding_agency
    where = [say("filing.portal.agency", place=place)] if place else []
    return [
        say("filing.portal.open", url=portal_page(procedure)),
        say("filing.portal.sign_in"),
        say("filing.portal.find", code=procedure.code),
        *where,
        say("filing.portal.copy"),
        say("filing.portal.papers"),
        say("filing.portal.send"),
        *_portal_money(procedure),
    ]


def _portal_money(procedure: Procedure) -> list[str]:
    """Left out where the record says of every case that it is free."""
    is_free = bool(procedure.costs) and all(row.amount_vnd == 0 for row in procedure.costs)
    return [] if is_free else [say("paying.portal_step")]


def _desk_steps(procedure: Procedure) -> list[str]:
    place = procedure.receiving_agency or procedure.help_point or say("filing.desk.any")
    return [say("filing.desk.papers"), say("filing.desk.go", place=place), say("filing.desk.show")]


def portal_page(procedure: Procedure) -> str:
    """The procedure's own page where one is known, else the portal it is filed on."""
    own = procedure.online_url
    if own and own.rstrip("/") != PORTAL.rstrip("/"):
        return own
    page = procedure.source.url or ""
    return page if page.startswith(PORTAL) and PROCEDURE_PAGE in page else own or PORTAL


# ---- buttons


def _delivery(dossier: Dossier) -> Button:
    """The other way for the result to come."""
    verb = "fetch" if posting.is_chosen(dossier.answers) else "post"
    return Button(title=say(f"posting.button.{verb}"), payload=payloads.order(verb, dossier))


def _button(verb: str, dossier: Dossier, step: Step | None = None) -> Button:
    return Button(title=say(f"filing.button.{verb}"), payload=payloads.order(verb, dossier, step))


def leaving(dossier: Dossier) -> Reply:
    buttons = tuple(_button(verb, dossier) for verb in ("drop", "pause", "go"))
    return Reply(text=say("filing.leave", what=dossier.procedure.spoken_name), buttons=buttons)


def paused(dossier: Dossier, code: str) -> Reply:
    until = dossier.expires_at.strftime("%d/%m/%Y")
    text = say("filing.paused", what=dossier.procedure.spoken_name, code=code, until=until)
    return Reply(text=text, buttons=(_button("go", dossier), helper()))


def expires_soon(dossier: Dossier) -> Reply:
    until = dossier.expires_at.strftime("%d/%m/%Y")
    text = say("filing.expires_soon", what=dossier.procedure.spoken_name, until=until)
    return Reply(text=text, buttons=(go_on(dossier),))


def code(dossier: Dossier, value: str) -> Reply:
    return Reply(text=say("filing.code", code=value, until=dossier.expires_at.strftime("%d/%m/%Y")))


def which_draft(drafts: list[Dossier]) -> Reply:
    buttons = tuple(
        Button(title=one.procedure.short_name[:MOST_TITLE], payload=payloads.order("go", one)) for one in drafts
    )
    return Reply(text=say("filing.which_draft"), buttons=buttons)


def go_on(dossier: Dossier) -> Button:
    return _button("go", dossier)


def helper() -> Button:
    return Button(title=say("button.helper"), payload=HELPER)
