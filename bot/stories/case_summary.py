"""What happened so far in a case's conversation, for the helper who takes it: masked, and no more than is needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from bot.dialogue.context import Context
from bot.handoff.case import Case
from bot.payment.tables import payments
from bot.privacy import mask
from bot.services import Services
from bot.submission.dossier import Dossier
from bot.tables import attachments, conversations
from bot.wording import say

NEWEST_LINES = 200


@dataclass(frozen=True)
class DossierSoFar:
    """`answers` only with the citizen's consent."""

    id: str
    what: str
    told: int
    waiting: str  # the question that waits; empty: all is told
    reference: str
    payment: str
    answers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Summary:
    procedure_code: str
    procedure: str
    asked: tuple[str, ...]  # what they wanted to know of it
    files: int
    dossier: DossierSoFar | None


async def summarise(parts: Services, case: Case, is_masked: bool = True) -> Summary:
    """Of the conversation as it is now."""
    context = Context.model_validate((await parts.store.memory(case.conversation_id)).context)
    code = context.procedure or case.procedure_code or ""
    procedure = parts.library.snapshot.catalogue.get(code)
    dossier = await current_dossier(parts, case, context)
    return Summary(
        procedure_code=code if procedure else "",
        procedure=procedure.name if procedure else "",
        asked=tuple(say(f"facet.{facet}") for facet in context.facets),
        files=await _files(parts, case.conversation_id),
        dossier=await _so_far(parts, case, dossier, is_masked) if dossier else None,
    )


async def current_dossier(parts: Services, case: Case, context: Context | None = None) -> Dossier | None:
    """The one consent was asked for, else the one under way, else the newest draft."""
    if context is None:
        context = Context.model_validate((await parts.store.memory(case.conversation_id)).context)
    for dossier_id in (case.dossier_id, context.underway.dossier if context.underway else None):
        found = await parts.dossiers.find(case.conversation_id, dossier_id) if dossier_id else None
        if found is not None:
            return found
    return next(iter(await parts.dossiers.drafts(case.conversation_id)), None)


async def _so_far(parts: Services, case: Case, dossier: Dossier, is_masked: bool) -> DossierSoFar:
    waiting, path = dossier.path.waiting, dossier.path
    is_shared = case.consented_at is not None and case.dossier_id == dossier.id
    answers = [(step.question.prompt, path.answers[step.id].shown) for step in path.answered] if is_shared else []
    return DossierSoFar(
        id=dossier.id,
        what=dossier.procedure.spoken_name,
        told=len(path.answered),
        waiting=waiting.question.prompt if waiting else "",
        reference=dossier.reference or "",
        payment=await _payment(parts, dossier.reference),
        answers=tuple((prompt, mask(shown) if is_masked else shown) for prompt, shown in answers),
    )


async def _files(parts: Services, conversation_id: str) -> int:
    count = sa.select(sa.func.count()).where(attachments.c.conversation_id == conversation_id)
    return await parts.store.database.read(lambda connection: connection.execute(count).scalar_one())


async def _payment(parts: Services, reference: str | None) -> str:
    if reference is None:
        return ""
    newest = sa.select(payments.c.status, payments.c.amount_vnd).where(payments.c.dossier_reference == reference)
    newest = newest.order_by(payments.c.created_at.desc()).limit(1)
    row = await parts.store.database.read(lambda connection: connection.execute(newest).first())
    if row is None:
        return ""
    amount = f"{row.amount_vnd:,}".replace(",", ".")
    return say("desk.payment_state", state=say(f"payment.status.{row.status}"), amount=amount)


async def newest_lines(parts: Services, conversation_id: str, most: int = NEWEST_LINES) -> list[dict[str, Any]]:
    """The end of a conversation; a helper does not wait for months of it."""
    last = sa.select(conversations.c.last_seq).where(conversations.c.id == conversation_id)
    seq = await parts.store.database.read(lambda connection: connection.execute(last).scalar()) or 0
    return await parts.store.history(conversation_id, after=max(seq - most, 0), limit=most)
