"""One facet of a procedure in plain Vietnamese: what is known, and an honest sentence where nothing is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.channels.reply import Card, CardItem
from bot.dialogue.asker import SHOWN_ROWS, Asker, Section
from bot.dialogue.figures import amount, costs_today, limits_told, tell_cost, tell_time_limit
from bot.dialogue.plain import capitalised, clip
from bot.wording import say
from knowledge.desks import Desk
from knowledge.importers.catalogue_jsonl import PORTAL
from knowledge.schema import Channel, Document, Facet, LegalBasis, OnlineLevel, Procedure


def tell(procedure: Procedure, facet: Facet, asker: Asker) -> Section:
    """The section of `facet`; never invents: a missing value is said to be missing."""
    return _TELLERS[facet](procedure, asker)


def _numbered(rows: Iterable[str]) -> list[str]:
    return [f"{number}. {row}" for number, row in enumerate(rows, 1)]


# ---- documents


def _documents(procedure: Procedure, asker: Asker) -> Section:
    if not procedure.documents:
        return Section(say("documents.unknown"))
    ordered = sorted(procedure.documents, key=lambda paper: paper.case is not None)
    lines = [say("documents.lead", what=procedure.spoken_name)]
    lines += _document_lines(ordered[:SHOWN_ROWS])
    if len(ordered) > SHOWN_ROWS:
        lines.append(say("documents.more", count=len(ordered) - SHOWN_ROWS))
    if procedure.origin == "curated":  # of an imported record the notes are pages of law
        lines += [clip(note, 300) for note in procedure.document_notes]
    items = tuple(CardItem(text=paper.name, note=_paper_note(paper), case=paper.case) for paper in ordered)
    title = clip(say("documents.card", what=procedure.spoken_name), 120)
    return Section("\n".join(lines), Card(title=title, kind="checklist", items=items))


def _document_lines(papers: list[Document]) -> list[str]:
    lines: list[str] = []
    case: str | None = None
    for number, paper in enumerate(papers, 1):
        if paper.case and paper.case != case:
            lines.append(say("documents.case", case=clip(paper.case, 120)))
        case = paper.case
        extra = (
            say("documents.only_shown") if paper.only_shown else say("documents.optional") if paper.optional else None
        )
        lines.append(f"{number}. {clip(paper.name)}" + (f" ({extra})" if extra else ""))
    return lines


def _paper_note(paper: Document) -> str | None:
    notes = [
        say("documents.originals", count=paper.originals) if paper.originals else None,
        say("documents.copies", count=paper.copies) if paper.copies else None,
        say("documents.only_shown") if paper.only_shown else None,
        say("documents.optional") if paper.optional else None,
        say("documents.on_vneid") if paper.on_vneid else None,
        paper.looks_like,
        say("documents.where_to_get", place=paper.where_to_get) if paper.where_to_get else None,
    ]
    return ". ".join(note[0].upper() + note[1:].rstrip(".") for note in notes if note) or None


# ---- place, steps, conditions


def _place(procedure: Procedure, asker: Asker) -> Section:
    rows = [
        say(f"place.{name}", place=clip(getattr(procedure, name), 300))
        for name in ("help_point", "receiving_agency", "deciding_agency")
        if getattr(procedure, name)
    ]
    if not rows:
        return Section(say("place.unknown", what=procedure.spoken_name))
    if asker.ward and "ward" in procedure.levels:
        rows.append(_own_desk(asker.ward, asker.desk))
        if asker.province:
            rows.append(say("place.any_in_province", province=asker.province))
    if procedure.submission_methods:
        rows.append(
            say("place.methods", methods=", ".join(say(f"channel.{via}") for via in procedure.submission_methods))
        )
    return Section("\n".join([say("place.lead", what=procedure.spoken_name), *rows]))


def _own_desk(ward: str, desk: Desk | None) -> str:
    """The desk of the citizen's ward: with street, telephone and hours where they are known."""
    lead = say("place.own_ward", ward=ward) if desk is None or not desk.name else say("place.own_desk", name=desk.name)
    known = [(part, getattr(desk, part)) for part in ("address", "phone", "hours") if desk and getattr(desk, part)]
    return "\n".join([lead, *(say(f"place.desk_{part}", value=clip(value, 160)) for part, value in known)])


def _steps(procedure: Procedure, asker: Asker) -> Section:
    if not procedure.official_steps:
        return Section(say("steps.unknown"))
    shown = procedure.official_steps[:6]
    lines = [say("steps.lead", what=procedure.spoken_name), *_numbered(clip(step, 240) for step in shown)]
    if len(procedure.official_steps) > len(shown):
        lines.append(say("steps.more", count=len(procedure.official_steps) - len(shown)))
    title = clip(say("steps.card", what=procedure.spoken_name), 120)
    return Section(
        "\n".join(lines),
        Card(title=title, kind="steps", items=tuple(CardItem(text=step) for step in procedure.official_steps)),
    )


def _eligibility(procedure: Procedure, asker: Asker) -> Section:
    lines = [say("eligibility.lead", what=procedure.spoken_name)]
    if procedure.who_for:
        lines.append(say("eligibility.who_for", who=procedure.who_for))
    if procedure.not_for:
        lines.append(say("eligibility.not_for", who=procedure.not_for))
    if not procedure.who_for and procedure.audience:
        lines.append(say("eligibility.audience", who=", ".join(procedure.audience[:6])))
    lines += [f"• {clip(condition, 300)}" for condition in procedure.conditions[:SHOWN_ROWS]]
    if not procedure.conditions and not procedure.who_for:
        lines.append(say("eligibility.none"))
    return Section("\n".join(lines))


# ---- form, outcome, law, online


def _form(procedure: Procedure, asker: Asker) -> Section:
    if not procedure.form_templates:
        return Section(say("form.none"))
    rows = [say("form.row", form=clip(form)) for form in procedure.form_templates[:SHOWN_ROWS]]
    return Section("\n".join([say("form.lead", what=procedure.spoken_name), *rows, say("form.where")]))


def _outcome(procedure: Procedure, asker: Asker) -> Section:
    return Section(
        say("outcome.lead", outcome=clip(procedure.outcome, 500)) if procedure.outcome else say("outcome.unknown")
    )


def _legal_basis(procedure: Procedure, asker: Asker) -> Section:
    if not procedure.legal_basis:
        return Section(say("legal_basis.unknown"))
    rows = [f"• {_law(law)}" for law in procedure.legal_basis[:SHOWN_ROWS]]
    if len(procedure.legal_basis) > SHOWN_ROWS:
        rows.append(say("legal_basis.more", count=len(procedure.legal_basis) - SHOWN_ROWS))
    return Section("\n".join([say("legal_basis.lead", what=procedure.spoken_name), *rows]))


def _law(law: LegalBasis) -> str:
    """Its title, and its number where the title does not hold it."""
    is_told = law.number is None or law.number in law.title
    return clip(law.title) if is_told else f"{clip(law.title)} ({law.number})"


def _online(procedure: Procedure, asker: Asker) -> Section:
    listed = Channel.online in procedure.submission_methods
    level = procedure.online_level
    if level == OnlineLevel.unknown:
        return Section("\n".join([say("online.listed"), _portal(procedure)]) if listed else say("online.unknown"))
    offered = level in (OnlineLevel.full, OnlineLevel.partial)
    return Section("\n".join([say(f"online.{level}"), *([_portal(procedure)] if offered else [])]))


def portal_url(procedure: Procedure) -> str:
    return procedure.online_url or PORTAL


def _portal(procedure: Procedure) -> str:
    return say("online.where", url=portal_url(procedure), code=procedure.code)


# ---- overview


def _overview(procedure: Procedure, asker: Asker) -> Section:
    lines = [say("overview.lead", name=capitalised(procedure.spoken_name))]
    papers = procedure.documents
    if papers:
        by_case = any(paper.case for paper in papers)
        lines.append(say("overview.documents_by_case") if by_case else say("overview.documents", count=len(papers)))
    rows = costs_today(procedure, asker)
    amounts = {amount(row) for row in rows}
    if len(amounts) == 1 and all(row.amount_vnd is not None and row.identity_level is None for row in rows):
        lines.append(say("overview.cost", cost=next(iter(amounts))))
    limits = limits_told(procedure)
    if len(limits) == 1:
        lines.append(say("overview.time_limit", limit=limits[0]))
    return Section("\n".join([*lines, *where_filed(procedure)]))


def where_filed(procedure: Procedure) -> list[str]:
    """One line, or none where it is not known."""
    place = procedure.receiving_agency or procedure.deciding_agency
    return [say("overview.place", place=clip(place, 160))] if place else []


_TELLERS: dict[Facet, Callable[[Procedure, Asker], Section]] = {
    Facet.documents: _documents,
    Facet.cost: tell_cost,
    Facet.time_limit: tell_time_limit,
    Facet.place: _place,
    Facet.steps: _steps,
    Facet.eligibility: _eligibility,
    Facet.form: _form,
    Facet.outcome: _outcome,
    Facet.legal_basis: _legal_basis,
    Facet.online: _online,
    Facet.overview: _overview,
}
