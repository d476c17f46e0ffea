"""What a citizen should know before the first question of a journey, in a few lines; the rest is a button away."""

from __future__ import annotations

from bot.channels.reply import Button, Reply
from bot.dialogue.asker import Asker
from bot.dialogue.facts import source_text
from bot.dialogue.figures import amount, costs_today, limits_told
from bot.dialogue.plain import clip, money
from bot.dialogue.sections import where_filed
from bot.wording import say
from knowledge.schema import Channel, Cost, Facet, OnlineLevel, Procedure

ASKED_FURTHER = (Facet.eligibility, Facet.cost, Facet.documents)


def summary(procedure: Procedure, asker: Asker) -> Reply:
    """Who may file, whether online, where, what it costs today and how long it takes; nothing that is not known."""
    lines = [
        say("before_filing.lead", what=procedure.spoken_name),
        *_who(procedure),
        say(f"online.{procedure.online_level}"),
        *where_filed(procedure),
        *_cost(procedure, asker),
        *_limit(procedure),
    ]
    text = "\n".join([lines[0], *(f"• {line}" for line in lines[1:]), "", source_text(procedure, asker.today)])
    return Reply(text=text, buttons=_further(procedure))


def _further(procedure: Procedure) -> tuple[Button, ...]:
    return tuple(
        Button(title=say(f"facet.{facet}"), payload=f"f:{facet}:{procedure.code}")
        for facet in ASKED_FURTHER
        if facet != Facet.eligibility or procedure.conditions
    )


def _who(procedure: Procedure) -> list[str]:
    told = [("who_for", procedure.who_for), ("not_for", procedure.not_for)]
    return [say(f"eligibility.{key}", who=clip(who, 200)) for key, who in told if who]


def _cost(procedure: Procedure, asker: Asker) -> list[str]:
    """One sum where all pay the same, else from the least to the most; sums of different units are not compared."""
    rows = [row for row in costs_today(procedure, asker) if row.amount_vnd is not None and _concerns(procedure, row)]
    if not rows or any(row.is_doubtful for row in procedure.costs):
        return [say("before_filing.cost_unsure")]
    least, most = min(rows, key=_sum), max(rows, key=_sum)
    if _sum(least) == _sum(most):
        same = {amount(row) for row in rows}
        return [say("overview.cost", cost=same.pop()) if len(same) == 1 else say("before_filing.cost_by_case")]
    if len({row.unit for row in rows if row.amount_vnd}) != 1:
        return [say("before_filing.cost_by_case")]
    low = say("cost.free") if _sum(least) == 0 else money(_sum(least))
    return [say("before_filing.cost_range", least=low, most=amount(most))]


def _concerns(procedure: Procedure, row: Cost) -> bool:
    """Of a procedure that goes online, what is paid online."""
    is_online = procedure.online_level in (OnlineLevel.full, OnlineLevel.partial)
    return not is_online or row.channel in (Channel.online, Channel.any)


def _sum(row: Cost) -> int:
    return row.amount_vnd or 0


def _limit(procedure: Procedure) -> list[str]:
    limits = limits_told(procedure)
    if len(limits) == 1:
        return [say("overview.time_limit", limit=limits[0])]
    return [say("before_filing.limit_by_case")] if limits else []
