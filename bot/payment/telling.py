"""What a citizen is told in the conversation about money: the sum in lines, where to pay it, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.channels.reply import Button, Reply
from bot.payment.fees import Case, Fee
from bot.payment.page import clock_time, law, line_name, money
from bot.payment.reconciliation import NOTHING, SILENT, Said
from bot.payment.records import Line, Payment, Status
from bot.wording import say

HELPER = "h:"
MOST_TITLE = 80
# An answer after which money the citizen speaks of is a matter for a person.
UNCLEAR = frozenset({SILENT, "unknown"})


# ---- buttons


def order(verb: str, tag: str, more: str = "") -> str:
    """`tag` names the dossier; see `payloads` for the way back."""
    return f"m:{verb}:{tag}" + (f":{more}" if more else "")


def button(verb: str, tag: str, more: str = "") -> Button:
    return Button(title=say(f"paying.button.{verb}"), payload=order(verb, tag, more))


def helper() -> Button:
    return Button(title=say("button.helper"), payload=HELPER)


# ---- what is due


def owed(payment: Payment, link: str, tag: str, is_held: bool, can_change: bool) -> Reply:
    """The sum, its sources, and where to pay; `is_held`: the agency gets the dossier once it is paid."""
    after = say("paying.first") if is_held else say("paying.later", until=clock_time(payment.expires_at))
    lead = say("paying.owed", what=payment.title, amount=money(payment.amount_vnd))
    text = _text([lead, *lines(payment.lines), say("paying.pay_at", url=link), after])
    change = (button("case", tag),) if can_change else ()
    return Reply(text=text, buttons=(button("desk", tag), *change))


def lines(told: Sequence[Line]) -> list[str]:
    """Each with its legal source, how long it holds, and when it was looked at last."""
    return [_line(line) for line in told]


def _line(line: Line) -> str:
    return " ".join([say("paying.line", name=line_name(line), amount=money(line.amount_vnd)), *law(line)])


def which_case(what: str, fee: Fee, tag: str) -> Reply:
    listed = [say("paying.case_line", number=place, name=one.name) for place, one in enumerate(fee.cases, 1)]
    buttons = tuple(Button(title=_clipped(one), payload=order("is", tag, one.tag)) for one in fee.cases)
    return Reply(text=_text([say("paying.which_case", what=what), *listed]), buttons=buttons)


def _clipped(one: Case) -> str:
    title = one.name[:1].upper() + one.name[1:]
    return title if len(title) <= MOST_TITLE else f"{title[: MOST_TITLE - 1]}…"


def exempt(what: str, case: str, tag: str) -> Reply:
    return Reply(text=say("paying.exempt", what=what, case=case), buttons=(button("case", tag),))


def free(what: str) -> Reply:
    return Reply(text=say("paying.free", what=what))


def unknown(what: str, desk: str) -> Reply:
    return Reply(text=say("paying.unknown", what=what, desk=desk), buttons=(helper(),))


def at_desk(payment: Payment, desk: str) -> Reply:
    text = say(
        "paying.at_desk",
        desk=desk,
        code=payment.dossier_reference,
        amount=money(payment.amount_vnd),
        what=payment.title,
    )
    return Reply(text=text)


# ---- what became of it


def news(payment: Payment, kind: str, tag: str, link: str, confirmation: str) -> Reply:
    """Told when it happens, without being asked."""
    text = say(f"paying.news.{kind}", **_named(payment), url=confirmation if kind == "paid" else link)
    again = (button("ask", tag),) if kind in ("failed", "expired") else ()
    person = (helper(),) if kind in ("mismatched", "expired") else ()
    return Reply(text=text, buttons=(*again, *person))


def state(payment: Payment, said: Sequence[Said], tag: str, link: str, confirmation: str, has_case: bool) -> Reply:
    """Told when the citizen asks: what we know, what the providers said just now, and what comes next."""
    head = say(f"paying.state.{payment.status}", **_named(payment), url=confirmation)
    told = [] if payment.status in (Status.paid, Status.refunded) else [_said(one) for one in said]
    next_step = [say("paying.pay_at", url=link)] if payment.is_live else []
    case = [say("paying.case_opened")] if has_case else []
    return Reply(text=_text([head, *told, *case, *next_step]), buttons=tuple(_next(payment, tag, has_case)))


def _said(one: Said) -> str:
    key = one.verdict if one.verdict in (SILENT, NOTHING) else str(one.verdict)
    return say(f"paying.said.{key}", provider=say(f"payment.provider.{one.provider}"))


def _next(payment: Payment, tag: str, has_case: bool) -> Iterable[Button]:
    if payment.status in (Status.pending, Status.failed, Status.expired) and not has_case:
        yield button("sure", tag, payment.reference)
    if payment.status is Status.expired:
        yield button("ask", tag)
    if payment.is_live:
        yield button("desk", tag)
    if has_case or payment.status is Status.mismatched:
        yield helper()


def already_paid(payment: Payment, confirmation: str) -> Reply:
    return Reply(text=say("paying.already_paid", **_named(payment), url=confirmation), buttons=(helper(),))


def requested(payment: Payment, name: str, link: str) -> Reply:
    """The agency asks for money: by notice."""
    text = say("paying.requested", name=name, amount=money(payment.amount_vnd), until=clock_time(payment.expires_at))
    return Reply(text=_text([text, say("paying.pay_at", url=link), say("paying.warn")]))


def case_opened(payment: Payment) -> Reply:
    return Reply(text=say("paying.sure", **_named(payment)), buttons=(helper(),))


def _named(payment: Payment) -> dict[str, str]:
    return {
        "what": payment.title or payment.dossier_reference,
        "amount": money(payment.amount_vnd),
        "code": payment.reference,
    }


def _text(parts: Iterable[str]) -> str:
    return "\n".join(part for part in parts if part)
