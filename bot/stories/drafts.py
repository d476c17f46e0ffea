"""Answers offered to a helper from the knowledge: found as the assistant would, never sent by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.channels.reply import Reply
from bot.dialogue import facts
from bot.dialogue.asker import Asker
from bot.dialogue.context import Context
from bot.handoff.case import Case
from bot.services import Services
from bot.stories.case_summary import newest_lines
from bot.wording import say
from knowledge.schema import Facet
from knowledge.working_days import VIETNAM

MOST_DRAFTS = 3


@dataclass(frozen=True)
class Draft:
    """`text` is put into the helper's box, to be changed and sent."""

    code: str
    facet: str
    title: str
    text: str = field(repr=False)


async def drafts_for(parts: Services, case: Case) -> list[Draft]:
    """For what the citizen typed last."""
    words = await _last_words(parts, case.conversation_id)
    context = Context.model_validate((await parts.store.memory(case.conversation_id)).context)
    snapshot = parts.library.snapshot
    facets = (await parts.dialogue.parse(words)).facets if words else ()
    found = snapshot.searcher.search(words).hits if words else ()
    codes = dict.fromkeys([context.procedure or case.procedure_code or "", *(hit.code for hit in found[:2])])
    asker = asker_of(parts, case)
    made = [_draft(parts, code, facets or (Facet.documents,), asker) for code in codes if code in snapshot.catalogue]
    return made[:MOST_DRAFTS]


def _draft(parts: Services, code: str, facets: Sequence[Facet], asker: Asker) -> Draft:
    procedure = parts.library.snapshot.catalogue[code]
    told = facts.answer(procedure, facets[:1], asker).replies
    title = f"{procedure.name} · {say(f'facet.{facets[0]}')}"
    return Draft(code, str(facets[0]), title, "\n".join(reply.text for reply in told))


def inserted(parts: Services, case: Case, code: str, facet: Facet, name: str) -> tuple[Reply, ...]:
    """One procedure's facet as the assistant tells it, with its card and buttons, from this person; empty: unknown."""
    procedure = parts.library.snapshot.catalogue.get(code)
    if procedure is None:
        return ()
    replies = facts.answer(procedure, (facet,), asker_of(parts, case)).replies
    # The citizen already has a person, so no button to call one.
    return tuple(
        reply.model_copy(
            update={"from_person": name, "buttons": tuple(one for one in reply.buttons if one.payload != "h:")}
        )
        for reply in replies
    )


def asker_of(parts: Services, case: Case) -> Asker:
    ward = case.ward or None
    return Asker(
        parts.store.clock().astimezone(VIETNAM).date(), ward, case.province, parts.library.desks.of(ward, case.province)
    )


async def _last_words(parts: Services, conversation_id: str) -> str:
    lines = await newest_lines(parts, conversation_id)
    return next((line["text"] for line in reversed(lines) if line["direction"] == "in" and line.get("text")), "")
