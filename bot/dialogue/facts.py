"""A procedure's facts as replies: the facets asked, their source and date, and buttons for the rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from bot.channels.reply import Button, Outcome, Reply, SourceLink, Turn
from bot.dialogue.asker import Asker
from bot.dialogue.plain import clip, day
from bot.dialogue.sections import portal_url, tell
from bot.wording import say
from knowledge.schema import Facet, Procedure

BUTTON_FACETS = (Facet.documents, Facet.cost, Facet.time_limit, Facet.place, Facet.online, Facet.form)
STALE_AFTER_DAYS = 180


def answer(
    procedure: Procedure,
    facets: Sequence[Facet],
    asker: Asker,
    confidence: float | None = None,
    off_reason: str | None = None,
) -> Outcome:
    """What is known of `facets` (one or more) as one reply; `off_reason` says why an operator switched it off."""
    facets = tuple(dict.fromkeys(facets)) or (Facet.overview,)
    turn = Turn(
        kind="answer",
        procedure_code=procedure.code,
        facet=facets[0],
        facets=facets,
        confidence=confidence,
        sources=(source_link(procedure),),
    )
    if off_reason is not None:
        return Outcome(
            replies=(Reply(text=say("switched_off", reason=off_reason), buttons=(helper_button(),)),), turn=turn
        )
    return Outcome(replies=(_reply(procedure, facets, asker),), turn=turn)


def _reply(procedure: Procedure, facets: tuple[Facet, ...], asker: Asker) -> Reply:
    if procedure.is_partial:
        return _what_is_known(procedure, facets, asker)
    sections = [tell(procedure, facet, asker) for facet in facets]
    card = next((section.card for section in sections if section.card), None)
    footer = source_text(procedure, asker.today)
    text = "\n\n".join([*(section.text for section in sections), footer])
    return Reply(
        text=text,
        buttons=facet_buttons(procedure, without=facets),
        card=card.model_copy(update={"footer": footer}) if card else None,
    )


def _what_is_known(procedure: Procedure, facets: tuple[Facet, ...], asker: Asker) -> Reply:
    """Of a procedure without papers, fee and time limit: who acts, and what else of it was asked and is known."""
    known = [facet for facet, is_known in _KNOWN_OF_PARTIAL if is_known(procedure) and facet in (Facet.place, *facets)]
    parts = [procedure.name, *(tell(procedure, facet, asker).text for facet in known)]
    parts.append(say("partial_record", url=portal_url(procedure)))
    return Reply(text="\n\n".join(parts), buttons=(helper_button(),))


_KNOWN_OF_PARTIAL: tuple[tuple[Facet, Callable[[Procedure], bool]], ...] = (
    (Facet.eligibility, lambda procedure: bool(procedure.who_for)),
    (Facet.place, lambda procedure: bool(procedure.help_point or procedure.deciding_agency)),
    (Facet.legal_basis, lambda procedure: bool(procedure.legal_basis)),
)


def facet_buttons(procedure: Procedure, without: Sequence[Facet] = ()) -> tuple[Button, ...]:
    """The guided journey where there is one, the facets not yet told, then a person."""
    offered = [facet for facet in BUTTON_FACETS if facet not in without]
    journey = (Button(title=say("button.file"), payload=f"s:{procedure.code}"),) if procedure.questions else ()
    return (
        *journey,
        *(Button(title=say(f"facet.{facet}"), payload=f"f:{facet}:{procedure.code}") for facet in offered),
        helper_button(),
    )


def helper_button() -> Button:
    return Button(title=say("button.helper"), payload="h:")


def source_link(procedure: Procedure) -> SourceLink:
    return SourceLink(
        title=procedure.source.title, url=procedure.source.url, checked_on=procedure.checked_on.isoformat()
    )


def source_text(procedure: Procedure, today: dt.date) -> str:
    """'Nguồn: …, Quyết định …. Kiểm tra ngày …', with a warning when the check is old."""
    decision = say("source.decision", decision=clip(procedure.source.decision, 80)) if procedure.source.decision else ""
    line = say("source.line", title=procedure.source.title, decision=decision, day=day(procedure.checked_on))
    if (today - procedure.checked_on).days > STALE_AFTER_DAYS:
        return f"{line}\n{say('source.stale', day=day(procedure.checked_on))}"
    return line
