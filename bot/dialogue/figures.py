"""What a procedure costs and how long it takes, row by row; a doubtful figure is never told."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue.asker import SHOWN_ROWS, Asker, Section
from bot.dialogue.plain import SHOWN_CHARS, capitalised, clip, day, money
from bot.wording import say
from knowledge.schema import Channel, Cost, Procedure, TimeLimit
from knowledge.text import fold

# ---- costs


def costs_today(procedure: Procedure, asker: Asker) -> list[Cost]:
    """Rows that may be announced to this asker today: valid, undoubted, of their province or of all."""
    return [
        row
        for row in procedure.costs
        if row.is_valid_on(asker.today) and not row.is_doubtful and row.province in (None, asker.province)
    ]


def tell_cost(procedure: Procedure, asker: Asker) -> Section:
    rows = costs_today(procedure, asker)
    if any(row.is_doubtful for row in procedure.costs) and not any(row.amount_vnd is not None for row in rows):
        return Section(say("cost.doubtful"))
    told = list(dict.fromkeys(_cost_line(row) for row in rows if row.amount_vnd is not None or row.note))
    if not told and not procedure.cost_note:
        return Section(say("cost.unknown", what=procedure.spoken_name))
    lines = [say("cost.lead", what=procedure.spoken_name), *told[:SHOWN_ROWS]]
    if procedure.cost_note:
        lines.append(clip(procedure.cost_note, 300))
    elif procedure.origin == "imported":
        lines.append(say("cost.maybe_more"))
    return Section("\n".join(lines))


def _cost_line(row: Cost) -> str:
    label = "; ".join(filter(None, (capitalised(row.case), _via(row.channel)))) or say(
        f"cost.{row.kind}" if row.amount_vnd is not None else "cost.any"
    )
    parts = [amount(row)]
    if row.valid_to:
        parts.append(say("cost.until", day=day(row.valid_to)))
    if row.note and (row.amount_vnd is None or len(row.note) <= SHOWN_CHARS):
        parts.append(clip(row.note))
    return say("cost.row", label=capitalised(label), amount=", ".join(filter(None, parts)))


def amount(row: Cost) -> str | None:
    if row.amount_vnd is None:
        return None
    return say("cost.free") if row.amount_vnd == 0 else say("cost.amount", amount=money(row.amount_vnd), unit=row.unit)


def _via(channel: Channel) -> str | None:
    return None if channel == Channel.any else say(f"channel.{channel}")


# ---- time limits


def limit_text(limit: TimeLimit) -> str:
    if limit.unit == "same_day":
        return say("time_limit.same_day")
    if limit.value is None or limit.unit == "other":
        return clip(limit.text or "")
    return say(f"time_limit.{limit.unit}", value=limit.value)


def limits_told(procedure: Procedure) -> list[str]:
    """Each time limit that says something, once."""
    return list(dict.fromkeys(limit_text(limit) for limit in procedure.time_limits if is_sure(limit)))


def tell_time_limit(procedure: Procedure, asker: Asker) -> Section:
    limits = [limit for limit in procedure.time_limits if is_sure(limit)]
    if not limits and not procedure.time_limit_note:
        return Section(say("time_limit.unknown", what=procedure.spoken_name))
    told: dict[tuple[str | None, str], list[Channel]] = {}
    for limit in limits:
        told.setdefault((limit.case, limit_text(limit)), []).append(limit.channel)
    alone = len({text for _, text in told}) == 1
    rows = [
        say("time_limit.row", label=capitalised(_limit_label(case, via, alone)), limit=text)
        for (case, text), via in told.items()
    ]
    notes = [clip(procedure.time_limit_note, 300)] if procedure.time_limit_note else []
    counted = [say("time_limit.from_complete")] if _counts_from_complete(procedure, limits) else []
    return Section(
        "\n".join([say("time_limit.lead", what=procedure.spoken_name), *rows[:SHOWN_ROWS], *notes, *counted])
    )


def _counts_from_complete(procedure: Procedure, limits: Sequence[TimeLimit]) -> bool:
    """Whether the days count from a complete dossier, as is the rule, and nothing of the record says otherwise."""
    told = " ".join(filter(None, [procedure.time_limit_note, *(limit.text for limit in limits)]))
    counted = [limit for limit in limits if limit.unit not in ("same_day", "other")]
    return "tinh tu" not in fold(told) and any("tinh tu" not in fold(limit.case or "") for limit in counted)


def is_sure(limit: TimeLimit) -> bool:
    """A bare number without a unit ("1") says nothing; words say something."""
    return limit.unit != "other" or not (limit.text or "").strip().isdigit()


def _limit_label(case: str | None, channels: list[Channel], alone: bool) -> str:
    via = (
        None
        if alone or Channel.any in channels
        else ", ".join(say(f"channel.{channel}") for channel in dict.fromkeys(channels))
    )
    return "; ".join(filter(None, (case, via))) or say("time_limit.any")
