"""Which of a citizen's files the helper of their case may open: those of the talk, with consent also earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.desk.transcript import Spoken
from bot.handoff.case import Case
from bot.handoff.cases import Line
from bot.linking.reach import is_theirs
from bot.privacy import mask
from bot.services import Services
from bot.stories.case_summary import newest_lines
from bot.submission.attachments import Attachment
from bot.submission.dossier import Dossier
from bot.submission.dossier_files import file_ids
from bot.submission.papers.paging import is_paper, page_ids
from bot.tables import dossiers

MOST_LINES = 500  # of the conversation that are looked through; the page shows fewer

Span = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class ShownFile:
    """One file as the desk draws it; nothing of it is told while it may not be opened."""

    id: str
    is_open: bool
    name: str = field(default="", repr=False)
    is_picture: bool = False
    pages: int = 1


@dataclass(frozen=True)
class Rights:
    """What one reading of a case allows its helper; asked anew for every opening."""

    case: Case
    talked: frozenset[str]  # sent while the case was open
    sent: frozenset[str]  # at any time, in this conversation
    filed: frozenset[str]  # pages of any dossier of the citizen
    shared: Dossier | None  # the one the citizen agreed to show

    def knows(self, file: Attachment) -> bool:
        """Whether this case has to do with the file at all."""
        is_said = file.id in self.sent and file.conversation_id == self.case.conversation_id
        return is_said or self._is_shared(file.id)

    def may_open(self, file: Attachment) -> bool:
        """A page of a dossier only with consent to that dossier; what was sent earlier only with consent."""
        if self._is_shared(file.id):
            return True
        if not self.knows(file) or file.id in self.filed:
            return False
        return file.id in self.talked or self.case.consented_at is not None

    def _is_shared(self, file_id: str) -> bool:
        return self.shared is not None and file_id in file_ids(self.shared)


async def rights_of(parts: Services, case: Case, happened: Sequence[Line]) -> Rights:
    """`happened`: all lines of the case."""
    lines = await newest_lines(parts, case.conversation_id, MOST_LINES)
    spans = open_spans(happened)
    return Rights(
        case=case,
        talked=frozenset(_sent(line for line in lines if _is_within(datetime.fromisoformat(line["at"]), spans))),
        sent=frozenset(_sent(lines)),
        filed=await _filed(parts, case.conversation_id),
        shared=await _shared(parts, case),
    )


async def _filed(parts: Services, conversation_id: str) -> frozenset[str]:
    theirs = sa.select(dossiers.c.id).where(is_theirs(dossiers.c.conversation_id, conversation_id))
    ids = await parts.store.database.read(lambda connection: list(connection.execute(theirs).scalars()))
    found = [await parts.dossiers.open_by_id(one) for one in ids]
    return frozenset(one for dossier in found if dossier for one in file_ids(dossier))


async def _shared(parts: Services, case: Case) -> Dossier | None:
    if case.consented_at is None or case.dossier_id is None:
        return None
    return await parts.dossiers.find(case.conversation_id, case.dossier_id)


def open_spans(happened: Iterable[Line]) -> list[Span]:
    """When what the citizen sent was for the helpers; in another channel only since the talk moved there."""
    spans: list[Span] = []
    since: datetime | None = None
    for line in happened:
        if line.kind in ("opened", "reopened", "moved"):
            spans, since = ([] if line.kind == "moved" else spans), line.at
        elif line.kind in ("closed", "expired") and since is not None:
            spans, since = [*spans, (since, line.at)], None
    return [*spans, (since, None)] if since is not None else spans


def _is_within(at: datetime, spans: Iterable[Span]) -> bool:
    return any(since <= at and (until is None or at <= until) for since, until in spans)


def _sent(lines: Iterable[dict[str, Any]]) -> list[str]:
    return [one for line in lines if line["direction"] == "in" for one in line.get("attachment_ids") or ()]


# ---- as they are drawn


async def with_files(parts: Services, rights: Rights, spoken: Iterable[Spoken], is_masked: bool) -> list[Spoken]:
    """Bubbles with the files that are still there; for whoever has the case."""
    return [
        replace(one, attached=await _drawn(parts, rights, one.file_ids, is_masked)) if one.files else one
        for one in spoken
    ]


async def shared_papers(parts: Services, rights: Rights, is_masked: bool) -> list[tuple[str, tuple[ShownFile, ...]]]:
    """Of the dossier the citizen agreed to show: what was asked for, and its pages in order."""
    if rights.shared is None:
        return []
    steps = [step for step in rights.shared.path.answered if is_paper(step)]
    papers = [(step.question.prompt, page_ids(rights.shared, step)) for step in steps]
    return [(prompt, await _drawn(parts, rights, ids, is_masked)) for prompt, ids in papers if ids]


async def _drawn(parts: Services, rights: Rights, ids: Sequence[str], is_masked: bool) -> tuple[ShownFile, ...]:
    found = await parts.attachments.find_all(rights.case.conversation_id, ids)
    return tuple(_shown(one, rights, is_masked) for one in found)


def _shown(file: Attachment, rights: Rights, is_masked: bool) -> ShownFile:
    if not rights.may_open(file):
        return ShownFile(file.id, is_open=False)
    name = mask(file.name) if is_masked else file.name
    return ShownFile(file.id, True, name, file.media_type.startswith("image/"), file.details.pages)
