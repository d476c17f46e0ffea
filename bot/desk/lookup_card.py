"""One procedure as the look-up tool shows it: whole, in sentences, and valid on whatever day it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.wording import say
from knowledge.schema import Channel, Cost, Facet, Procedure, TimeLimit

TOLD_FACETS = (
    Facet.place,
    Facet.online,
    Facet.eligibility,
    Facet.steps,
    Facet.form,
    Facet.outcome,
    Facet.legal_basis,
)
_KIND_OF_PROVINCE = re.compile(r"^(thành phố|tỉnh|tp\.?)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Tellers:
    """How the conversation tells these things: the tool says them in the same words."""

    facet: Callable[[Procedure, Facet], str]
    papers: Callable[[Procedure], list[Mapping[str, Any]]]
    amount: Callable[[Cost], str | None]
    limit: Callable[[TimeLimit], str]
    is_sure: Callable[[TimeLimit], bool]
    source: Callable[[Procedure], str]
    portal: Callable[[Procedure], str]


def card(procedure: Procedure, tellers: Tellers) -> dict[str, Any]:
    """Every row with the days on which it holds: the reader's clock decides which are shown."""
    told = {str(facet): tellers.facet(procedure, facet) for facet in TOLD_FACETS}
    return {
        "code": procedure.code,
        "name": capitalised(procedure.spoken_name),
        "official": procedure.name,
        "sector": procedure.sector,
        "partial": procedure.is_partial,
        "papers": tellers.papers(procedure),
        "paper_notes": list(procedure.document_notes) if procedure.origin == "curated" else [],
        "costs": [_cost(row, tellers) for row in procedure.costs if _is_told(row)],
        "cost_note": procedure.cost_note,
        "cost_unknown": say("cost.doubtful" if any(row.is_doubtful for row in procedure.costs) else "lookup.cost_gone"),
        "limits": [_limit(limit, tellers) for limit in procedure.time_limits if tellers.is_sure(limit)],
        "limit_note": procedure.time_limit_note,
        "told": told,
        "source": tellers.source(procedure),
        "source_url": procedure.source.url,
        "portal": tellers.portal(procedure),
        "checked_on": procedure.checked_on.isoformat(),
    }


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def province_key(name: str) -> str:
    """'Thành phố Hà Nội' is 'Hà Nội'."""
    return _KIND_OF_PROVINCE.sub("", name)


def _is_told(row: Cost) -> bool:
    return not row.is_doubtful and (row.amount_vnd is not None or bool(row.note))


def _cost(row: Cost, tellers: Tellers) -> dict[str, Any]:
    via = say(f"channel.{row.channel}") if row.channel is not Channel.any else None
    found = {
        "kind": capitalised(say(f"cost.{row.kind}")),
        "case": row.case,
        "via": via,
        "amount": tellers.amount(row),
        "note": row.note,
        "province": province_key(row.province) if row.province else None,
        "from": row.valid_from.isoformat() if row.valid_from else None,
        "to": row.valid_to.isoformat() if row.valid_to else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _limit(limit: TimeLimit, tellers: Tellers) -> dict[str, Any]:
    via = say(f"channel.{limit.channel}") if limit.channel is not Channel.any else None
    found = {"text": tellers.limit(limit), "case": limit.case, "via": via}
    return {name: value for name, value in found.items() if value is not None}
