"""The state of a dossier in plain Vietnamese: the same words in a notice and in an answer."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.channels.reply import Button, Reply
from bot.submission import after_payloads
from bot.submission.dossier import Status
from bot.submission.one_stop.protocol import Act, DossierState, Handover, Supplement
from bot.submission.proof import Proofs
from bot.wording import say
from knowledge.working_days import VIETNAM, is_working_day

PORTAL = "https://dichvucong.gov.vn"
OPEN = frozenset({Status.submitted, Status.accepted, Status.processing})  # the clock of the agency is running
ENDED = frozenset({Status.refused, Status.withdrawn, Status.stopped, Status.returned})
WITH_HELPER = frozenset({Status.refused, Status.stopped, Status.supplement_requested})
PRIVATE = frozenset({Status.refused, Status.stopped, Status.supplement_requested, Status.payment_requested})
MOST_COUNTED_DAYS = 400
_SENT = {Act.submit: "following.handed_over", Act.supplement: "following.supplement_sent"}


@dataclass(frozen=True)
class Teller:
    """Says it, for one deployment's hotline."""

    hotline: str
    proofs: Proofs | None = None  # None: results are told without a page that proves them

    def state(self, state: DossierState, now: dt.datetime) -> Reply:
        """How far it is, what comes next, and what the citizen can do."""
        today = local_day(now)
        is_late = is_overdue(state, today)
        lines = [self._headline(state), *_place(state), *_details(state)]
        lines += self.late(state, today) if is_late else _promise(state, today)
        offers_helper = is_late or state.status is None or state.status in WITH_HELPER
        buttons = (*_next_steps(state, is_late), *((helper_button(),) if offers_helper else ()))
        return Reply(text="\n".join([*lines, *self._proof(state)]), buttons=buttons, image_url=self._picture(state))

    def beside_a_card(self, state: DossierState, now: dt.datetime) -> str:
        """The same for a page that shows code, status, days and results by itself."""
        today = local_day(now)
        details = [] if state.status in (Status.completed, Status.returned) else _details(state)
        collect = [_collect(state)] if state.status is Status.completed else []
        late = self.late(state, today) if is_overdue(state, today) else []
        return "\n".join([*_place(state), *details, *collect, *late] or [self._headline(state)])

    def _proof(self, state: DossierState) -> list[str]:
        """Where anybody can check that a result is the agency's."""
        is_done = state.status in (Status.completed, Status.returned)
        return [say("after.proof", url=self.proofs.result(state.code))] if is_done and self.proofs else []

    def _picture(self, state: DossierState) -> str | None:
        is_done = state.status in (Status.completed, Status.returned)
        return self.proofs.picture(state.code) if is_done and self.proofs else None

    def complaint(self, state: DossierState, now: dt.datetime) -> Reply:
        """Words to send to those who answer for the delay, and where."""
        today, promised = local_day(now), local_day(state.promised_at)
        days = working_days_between(promised, today)
        letter = say("after.letter", name=_name(state), day=_day(promised), days=days)
        return _reply([say("after.raise", url=PORTAL, hotline=self.hotline), letter], offers_helper=True)

    def public_state(self, state: DossierState, applicant: str, now: dt.datetime) -> Reply:
        """What anybody may know who has the code: no reasons, papers, amounts, results or names."""
        today = local_day(now)
        is_late = is_overdue(state, today)
        who = [say("following.applicant", name=applicant)] if applicant else []
        without_officer = dataclasses.replace(state, officer="")
        lines = [self._headline(state), *who, *_place(without_officer)]
        lines += self.late(state, today) if is_late else _promise(state, today)
        private = [say("following.only_to_applicant")] if state.status in PRIVATE else []
        return _reply([*lines, *private], is_late or state.status is None)

    def _headline(self, state: DossierState) -> str:
        if state.status is None:
            return say("following.unclear", name=_name(state), hotline=self.hotline)
        return say(f"following.status.{state.status}", name=_name(state))

    def late(self, state: DossierState, today: dt.date) -> list[str]:
        promised = local_day(state.promised_at)
        days = working_days_between(promised, today)
        return [
            say("following.overdue", day=_day(promised), days=days),
            say("following.overdue_right", hotline=self.hotline),
        ]

    def postponed(self, before: DossierState, state: DossierState) -> Reply:
        days = {"before": _moment(before.promised_at), "day": _moment(state.promised_at)}
        return _reply([say("following.postponed", name=_name(state), **days)], offers_helper=True)

    def handed_over(self, handover: Handover, code: str) -> Reply:
        key = _SENT.get(handover.act, "following.withdrawal_sent")
        return _reply([say(key, what=handover.procedure_name, code=code)], offers_helper=False)

    def delayed(self, handover: Handover) -> Reply:
        return _reply([say("following.delayed", what=handover.procedure_name)], offers_helper=True)

    def not_sent(self, handover: Handover, reason: str = "") -> Reply:
        because = [say("following.not_sent_because", reason=reason)] if reason else []
        text = say("following.not_sent", what=handover.procedure_name, hotline=self.hotline)
        return _reply([text, *because], offers_helper=True)

    def not_there_yet(self, reference: str, has_failed: bool) -> Reply:
        if has_failed:
            return _reply([say("following.failed", code=reference, hotline=self.hotline)], offers_helper=True)
        return _reply([say("following.waiting", code=reference)], offers_helper=False)

    def not_found(self, code: str) -> Reply:
        return _reply([say("following.not_found", code=code, hotline=self.hotline)], offers_helper=True)

    def unavailable(self, code: str) -> Reply:
        return _reply([say("following.unavailable", code=code, hotline=self.hotline)], offers_helper=True)


def with_lines(reply: Reply, before: Iterable[str] = (), after: Iterable[str] = ()) -> Reply:
    return reply.model_copy(update={"text": "\n".join((*before, reply.text, *after))})


def helper_button() -> Button:
    return Button(title=say("button.helper"), payload="h:")


def is_overdue(state: DossierState, today: dt.date) -> bool:
    """Whether the promised day has passed with nothing done; waiting for the citizen does not count."""
    return state.status in OPEN and state.promised_at is not None and local_day(state.promised_at) < today


def local_day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(VIETNAM).date()


def working_days_between(first: dt.date, last: dt.date) -> int:
    """Working days after `first` up to and with `last`."""
    span = min((last - first).days, MOST_COUNTED_DAYS)
    return sum(is_working_day(first + dt.timedelta(days=day)) for day in range(1, span + 1))


def masked_name(name: str) -> str:
    """Enough for its owner to recognise, nothing for anybody else: N*** V*** A***."""
    return " ".join(f"{word[0].upper()}***" for word in re.findall(r"\w+", name)[:6])


def _next_steps(state: DossierState, is_late: bool) -> list[Button]:
    """What the citizen can do about it with one tap."""
    has_file = any(result.url for result in state.results)
    verbs = {
        Status.supplement_requested: ("give",),
        Status.refused: ("again",),
        Status.completed: () if has_file or state.posted_to else ("visit",),
    }.get(state.status, ())
    told = [(verb, after_payloads.press(verb, state.code)) for verb in (*verbs, *(("late",) if is_late else ()))]
    return [Button(title=say(f"after.button.{verb}"), payload=payload) for verb, payload in told if payload]


def _reply(lines: Iterable[str], offers_helper: bool) -> Reply:
    return Reply(text="\n".join(lines), buttons=(helper_button(),) if offers_helper else ())


def _name(state: DossierState) -> str:
    if not state.procedure_name:
        return state.code
    return say("following.name", code=state.code, what=state.procedure_name)


def _place(state: DossierState) -> Iterable[str]:
    if state.status in OPEN and state.agency:
        yield say("following.agency", agency=state.agency)
    if state.status is Status.processing and state.officer:
        yield say("following.officer", officer=state.officer)


def _promise(state: DossierState, today: dt.date) -> Iterable[str]:
    if state.status not in (Status.accepted, Status.processing):
        return
    if state.accepted_at:
        yield say("following.accepted_on", day=_moment(state.accepted_at))
    if state.promised_at is None:
        yield say("following.no_promise")
        return
    promised = local_day(state.promised_at)
    days = working_days_between(today, promised)
    key = "following.promised_today" if promised == today else "following.promised"
    yield say(key, day=_day(promised), days=days)


def _details(state: DossierState) -> list[str]:
    match state.status:
        case Status.refused | Status.stopped:
            return _why(state)
        case Status.supplement_requested:
            return wanted(state.supplement or Supplement("", ""))
        case Status.payment_requested:
            return _to_pay(state)
        case Status.completed | Status.returned:
            return _results(state)
        case _:
            return []


def _why(state: DossierState) -> list[str]:
    if not state.reason:
        return [say("following.no_reason")]
    again = [say("following.file_again")] if state.status is Status.refused else []
    return [say("following.reason", reason=state.reason), *again]


def wanted(supplement: Supplement) -> list[str]:
    """What was asked for, in the agency's words, and until when."""
    lines = [say("following.wanted", what=supplement.what)] if supplement.what else []
    lines += [say("following.paper", paper=paper) for paper in supplement.papers]
    lines = lines or [say("following.wanted_unclear")]
    if supplement.until:
        lines.append(say("following.until", day=_moment(supplement.until)))
    return [*lines, say("following.only_that")]


def _to_pay(state: DossierState) -> list[str]:
    amount = f"{state.amount_vnd:,}".replace(",", ".") if state.amount_vnd else ""
    lines = [say("following.amount", amount=amount)] if amount else []
    return [*lines, say("following.pay_where", url=PORTAL)]


def _results(state: DossierState) -> list[str]:
    lines = [
        say("following.result", name=result.name, url=result.url)
        if result.url
        else say("following.result_there", name=result.name)
        for result in state.results
    ]
    return lines + ([_collect(state)] if state.status is Status.completed else [])


def _collect(state: DossierState) -> str:
    """How the result comes to the citizen."""
    return say("posting.will_be", receiver=state.posted_to) if state.posted_to else say("following.collect")


def _moment(moment: dt.datetime) -> str:
    return _day(local_day(moment))


def _day(day: dt.date) -> str:
    return day.strftime("%d/%m/%Y")
