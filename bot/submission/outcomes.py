"""What a turn of a journey ends with: something said, the question that follows, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.channels.reply import Button, Outcome, Progress, Reply, Turn
from bot.submission import telling
from bot.submission.answering import Took
from bot.submission.dossier import Dossier, frozen
from bot.submission.findings import Serves, findings
from bot.submission.journey import Step, left
from bot.underway import Filed, Heard, Underway
from bot.wording import say
from knowledge.schema import Procedure

KIND = "journey"


class Outcomes:
    """`records` are those of today; `goes_by_wire` tells whether we hand a dossier over ourselves."""

    def __init__(self, records: Callable[[], Mapping[str, Procedure]], goes_by_wire: Callable[[Dossier], bool]) -> None:
        self._records, self._goes_by_wire = records, goes_by_wire
        self._serves: Serves | None = None

    def serve_only(self, serves: Serves) -> None:
        """From now on an address is told that the desk we hand over to does not answer for."""
        self._serves = serves

    def told(self, took: Took) -> Filed:
        """What came of an answer: the next question, or the same one with a reason."""
        if took.step is None:
            return self.following(took.dossier, took.lead)
        if took.reply is not None:
            return said(took.reply, took.underway, took.dossier, took.step)
        return ask(took.dossier, took.step, took.lead, took.underway, took.extra)

    def following(self, dossier: Dossier, lead: str = "") -> Filed:
        """The question that waits; when none does, the review."""
        waiting = dossier.path.waiting
        if waiting is not None:
            return ask(dossier, waiting, lead, remembered(dossier, question=waiting.id))
        serves = self._serves if self._goes_by_wire(dossier) else None
        found = findings(dossier, self._is_outdated(dossier), serves)
        replies = telling.review(dossier, found, self._goes_by_wire(dossier))
        replies = (Reply(text=lead), *replies) if lead else replies
        return Filed(Outcome(replies=replies, turn=_turn(dossier)), remembered(dossier))

    def _is_outdated(self, dossier: Dossier) -> bool:
        """Whether the record reads otherwise today than when the dossier was begun."""
        current = self._records().get(dossier.procedure.code)
        return current is None or frozen(current)[0] != dossier.digest

    def after(self, reply: Reply, dossier: Dossier) -> Filed:
        """Something said, and after it what follows anyway."""
        following = self.following(dossier)
        replies = (reply, *following.outcome.replies)
        return Filed(following.outcome.model_copy(update={"replies": replies}), following.underway)

    def beside(self, reply: Reply, dossier: Dossier, heard: Heard) -> Filed:
        """The same; a paused dossier stays paused."""
        if heard.underway is None or heard.underway.is_paused:
            return said(reply, heard.underway, dossier)
        return self.after(reply, dossier)

    def reminded(self, outcome: Outcome, dossier: Dossier, underway: Underway) -> Filed:
        """An answer to something else, and below it the question that still waits."""
        step = dossier.path.step(underway.question) or dossier.path.waiting
        if step is None:
            reply, shown = telling.consent(dossier, self._goes_by_wire(dossier)), None
        else:
            reply, shown = telling.question(dossier, step, say("filing.again")), telling.shown(step)
        turn = outcome.turn.model_copy(update={"question": shown, "progress": _progress(dossier, step)})
        outcome = outcome.model_copy(update={"replies": (*outcome.replies, reply), "turn": turn})
        update = {"question": step.id if step else None, "is_leaving": False}
        return Filed(outcome, underway.model_copy(update=update))


def ask(dossier: Dossier, step: Step, lead: str, underway: Underway, extra: tuple[Button, ...] = ()) -> Filed:
    return said(telling.question(dossier, step, lead, extra), underway, dossier, step)


def change(dossier: Dossier, step: Step) -> Filed:
    """A question asked again because its answer is to be another one."""
    answer = dossier.path.answers.get(step.id)
    lead = say("filing.change", answer=answer.shown) if answer else ""
    return ask(dossier, step, lead, remembered(dossier, question=step.id, is_change=bool(answer)))


def said(reply: Reply, underway: Underway | None, dossier: Dossier | None = None, step: Step | None = None) -> Filed:
    return Filed(Outcome(replies=(reply,), turn=_turn(dossier, step)), underway)


def gone(underway: Underway | None) -> Filed:
    return Filed(Outcome(replies=(Reply(text=say("filing.gone")),), turn=_turn(None)), underway, is_gone=True)


def remembered(dossier: Dossier, **more: object) -> Underway:
    return Underway(dossier=dossier.id, procedure=dossier.procedure.code, **more)


def _turn(dossier: Dossier | None, step: Step | None = None) -> Turn:
    code = dossier.procedure.code if dossier else None
    question = telling.shown(step) if step else None
    return Turn(kind=KIND, procedure_code=code, question=question, progress=_progress(dossier, step))


def _progress(dossier: Dossier | None, step: Step | None) -> Progress | None:
    if dossier is None or step is None:
        return None
    number = telling.number(dossier, step)
    total = len(dossier.path.steps) + left(dossier.procedure.questions, dossier.path)
    return Progress(number=number, total=max(number, total))
