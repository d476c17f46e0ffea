"""A dossier as it leaves the house for a one-stop system."""

from __future__ import annotations

import datetime as dt
from datetime import datetime

from bot.submission.attachments import Attachment, Attachments
from bot.submission.dossier import Dossier
from bot.submission.dossiers import FILE, file_ids
from bot.submission.journey import Step
from bot.submission.one_stop.protocol import Handover, HandoverCost, HandoverFile
from bot.submission.papers.notes import helped_by
from bot.submission.persons import whose
from bot.submission.posting import receiver
from bot.submission.telling import prompt
from bot.wording import say
from knowledge.schema import Channel, Procedure

# Who files, where several people are told of and nobody said which of them it is.
LIKELY_APPLICANTS = ("filer", "applicant", "", "person", "owner", "receiver", "buyer", "heir", "maker", "mother")


async def to_handover(dossier: Dossier, attachments: Attachments, channel: str, today: dt.date) -> Handover:
    """Everything the exchange asks for. The dossier is submitted: it has a reference and its day."""
    path, applicant = dossier.path, applicant_of(dossier)
    return Handover(
        reference=dossier.reference or "",
        procedure_code=dossier.procedure.code,
        procedure_name=dossier.procedure.name,
        sector=dossier.procedure.sector,
        applicant_name=_of(dossier, "person_name", applicant),
        citizen_id=_of(dossier, "citizen_id", applicant),
        phone=_of(dossier, "phone", None),
        email=_of(dossier, "email", None),
        summary=say("filing.summary", what=dossier.procedure.spoken_name),
        channel=channel,
        submitted_at=dossier.submitted_at or datetime.now(dt.UTC),
        documents=await _documents(dossier, attachments),
        answers={prompt(step): path.answers[step.id].shown for step in path.answered if path.answers[step.id].value}
        | _helped(dossier),
        costs=tuple(_costs(dossier.procedure, today)),
        posted_to=receiver(dossier.answers),
    )


def _helped(dossier: Dossier) -> dict[str, str]:
    """Who typed it beside the citizen: among what the exchange takes in words, for it has no field for them."""
    name = helped_by(dossier)
    return {say("assisting.helped_label"): name} if name else {}


def payer_of(dossier: Dossier) -> tuple[str, str]:
    """Name and citizen id of who files; blank where the journey did not ask."""
    applicant = applicant_of(dossier)
    return _of(dossier, "person_name", applicant), _of(dossier, "citizen_id", applicant)


def applicant_of(dossier: Dossier) -> str | None:
    """Who files, as ids of questions begin: the one chosen in an answer, else the likeliest, else the first."""
    answers = dossier.path.answers
    named = {kind: [whose(step) for step in _told(dossier, kind)] for kind in ("citizen_id", "person_name")}
    persons = named["citizen_id"] or named["person_name"]
    chosen = [answers[step.id].value for step in dossier.path.answered if step.question.kind == "choice"]
    return next((person for person in (*chosen, *LIKELY_APPLICANTS, *persons) if person in persons), None)


def _of(dossier: Dossier, kind: str, person: str | None) -> str:
    """The first answer of this kind, of this person where one is named."""
    own = [step for step in _told(dossier, kind) if person is None or whose(step) == person]
    return next((dossier.path.answers[step.id].value for step in own), "")


def _told(dossier: Dossier, kind: str) -> list[Step]:
    steps = [step for step in dossier.path.of_the_case if step.question.kind == kind and not step.is_more]
    return [step for step in steps if dossier.path.answers[step.id].value]


async def _documents(dossier: Dossier, attachments: Attachments) -> tuple[HandoverFile, ...]:
    known = set(file_ids(dossier))
    found = []
    for step in dossier.path.answered:
        if step.question.kind == FILE:
            ids = [one for one in dossier.path.answers[step.id].value.split(",") if one in known]
            found += [_document(step, one) for one in await _files(dossier, ids, attachments)]
    return tuple(found)


async def _files(dossier: Dossier, ids: list[str], attachments: Attachments) -> list[Attachment]:
    """The pages bound into one; where they never were, each as it is."""
    paper = await attachments.find_paper(dossier.conversation_id, ids) if ids else None
    return [paper] if paper else await attachments.find_all(dossier.conversation_id, ids)


def _document(step: Step, file: Attachment) -> HandoverFile:
    return HandoverFile(file.id, step.question.prompt, file.name, file.media_type, file.size_bytes)


def _costs(procedure: Procedure, today: dt.date) -> list[HandoverCost]:
    """Only what everybody pays today: which case a dossier falls under is for the officer to say."""
    return [
        HandoverCost(name=say(f"cost.{row.kind}"), amount_vnd=row.amount_vnd, kind=row.kind)
        for row in procedure.costs
        if row.is_valid_on(today) and not row.is_doubtful and row.amount_vnd is not None and not row.case
        if row.channel in (Channel.any, Channel.online) and not row.province
    ]
