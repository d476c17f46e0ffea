"""The conversation that fills in a dossier: one question at a time, each message an order, an answer or an aside."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from bot.channels.reply import Button, Outcome, Reply, Turn
from bot.submission import payloads, telling
from bot.submission.answering import Answering, Took
from bot.submission.dossier import Dossier, frozen, read_code
from bot.submission.dossiers import Changed, Dossiers
from bot.submission.findings import findings
from bot.submission.journey import Step
from bot.submission.payloads import Press
from bot.submission.redeeming import Redeeming
from bot.submission.sheet import LIFE, Sheets
from bot.submission.words import edit_number, order, says
from bot.underway import Filed, Heard, Underway
from bot.wording import say
from knowledge.places import Places
from knowledge.schema import Procedure

TRIES = 4  # a dossier changed by another device is read again so often
KIND = "journey"


class Filing:
    """Keeps nothing itself: the dossier is in the store, the question asked last in the conversation's memory."""

    def __init__(
        self,
        dossiers: Dossiers,
        records: Callable[[], Mapping[str, Procedure]],
        places: Places,
        sheets: Sheets,
    ) -> None:
        self._dossiers, self._records, self._sheets = dossiers, records, sheets
        self._answering = Answering(dossiers, places)
        self._redeeming = Redeeming(dossiers)

    # ---- the doors

    async def start(self, procedure: Procedure, heard: Heard) -> Filed:
        """Begins the dossier, or goes on with the draft that is there. Raises UnknownConversation."""
        dossier = await self._dossiers.begin(heard.conversation_id, procedure)
        is_new = not dossier.answers
        lead = say("filing.begin" if is_new else "filing.goes_on", what=procedure.spoken_name)
        return dataclasses.replace(self._next(dossier, lead), is_new=is_new)

    async def command(self, heard: Heard) -> Filed | None:
        """What a button or an order word of a journey does; None when the message is neither."""
        press = payloads.read(heard.payload)
        if press is not None:
            return await self._press(press, heard)
        if heard.text is None:
            return None
        code = read_code(heard.text)
        if code is not None:
            return await self._continue(code, heard)
        if heard.underway is None or heard.underway.is_paused:
            return await self._resume(heard) if order(heard.text) == "resume" else None
        return await self._order(heard.text, heard.underway, heard)

    async def answer(self, heard: Heard, insists: bool = False) -> Filed | None:
        """Takes the message as the answer; None when it asks us something (`insists`: take it all the same)."""
        for _ in range(TRIES):
            dossier = await self._underway(heard)
            if dossier is None:
                return _gone(None)
            try:
                took = await self._answering.take(dossier, heard, insists)
            except Changed:
                continue
            return self._told(took) if took else None
        return self._next(dossier, say("filing.elsewhere"))

    async def remind(self, outcome: Outcome, heard: Heard) -> Filed:
        """An answer to something else, and below it the question that still waits."""
        dossier = await self._underway(heard)
        if dossier is None:
            return Filed(outcome, None)
        step = dossier.path.step(heard.underway.question) or dossier.path.waiting
        if step is None:
            reply, shown = telling.consent(dossier), None
        else:
            reply, shown = telling.question(dossier, step, say("filing.again")), telling.shown(step)
        turn = outcome.turn.model_copy(update={"question": shown})
        underway = heard.underway.model_copy(update={"question": step.id if step else None, "is_leaving": False})
        outcome = outcome.model_copy(update={"replies": (*outcome.replies, reply), "turn": turn})
        return Filed(outcome, underway)

    async def _underway(self, heard: Heard) -> Dossier | None:
        if heard.underway is None:
            return None
        found = await self._dossiers.find(heard.conversation_id, heard.underway.dossier)
        return found if found and found.is_draft else None

    # ---- order words

    async def _order(self, text: str, underway: Underway, heard: Heard) -> Filed | None:
        ordered, number = order(text), edit_number(text)
        if underway.is_leaving and (ordered == "cancel" or says("yes", text)):
            return await self._by_word("drop", heard)
        if underway.is_leaving and says("no", text):
            return await self._by_word("go", heard)
        if number is not None:
            return await self._by_word("edit", heard, number)
        if ordered is None or (ordered == "send" and underway.question is not None):
            return None  # "đồng ý" is an answer, too
        return await self._by_word(_VERB_OF_WORD.get(ordered, ordered), heard)

    async def _by_word(self, verb: str, heard: Heard, number: int | None = None) -> Filed:
        dossier = await self._underway(heard)
        if dossier is None:
            return _gone(None)
        if number is not None:
            step = dossier.path.answered[number - 1] if 0 < number <= len(dossier.path.answered) else None
        else:
            step = dossier.path.step(heard.underway.question)
        if verb == "edit" and number is None:
            step = None
        return await self._do(verb, dossier, step, heard)

    async def _resume(self, heard: Heard) -> Filed | None:
        drafts = await self._dossiers.drafts(heard.conversation_id)
        if len(drafts) == 1:
            return await self._do("go", drafts[0], None, heard)
        if not drafts:
            return _said(Reply(text=say("filing.no_draft")), None) if heard.underway else None
        return _said(telling.which_draft(drafts), heard.underway)

    async def _continue(self, code: str, heard: Heard) -> Filed:
        found = await self._redeeming.redeem(code, heard.conversation_id)
        if isinstance(found, str):
            return _said(Reply(text=say(found)), heard.underway)
        return self._next(found, say("filing.goes_on_here", what=found.procedure.spoken_name))

    # ---- buttons

    async def _press(self, press: Press, heard: Heard) -> Filed:
        for _ in range(TRIES):
            dossier = await self._dossiers.find(heard.conversation_id, press.tag)
            if dossier is None or not dossier.is_draft:
                is_other = heard.underway is not None and not heard.underway.dossier.startswith(press.tag)
                return _gone(heard.underway if is_other else None)
            if dossier.last_change == heard.change:  # taken before a crash: only its answer was lost
                return self._next(dossier)
            try:
                return await self._pressed(press, dossier, heard)
            except Changed:
                continue
        return self._next(dossier, say("filing.elsewhere"))

    async def _pressed(self, press: Press, dossier: Dossier, heard: Heard) -> Filed:
        step = payloads.step_at(dossier, press.place)
        if press.place is not None and step is None:
            return self._next(dossier, say("filing.off_path"))
        if press.verb in ("answer", "skip") and step is not None:
            return self._told(await self._answering.press(dossier, step, press, heard))
        return await self._do(press.verb, dossier, step, heard)

    async def _do(self, verb: str, dossier: Dossier, step: Step | None, heard: Heard) -> Filed:
        """One order; `step` is the question it is about, where it is about one."""
        match verb:
            case "skip" if step is not None:
                return self._told(await self._answering.skip(dossier, step, heard))
            case "back":
                return self._back(dossier, heard)
            case "edit":
                return self._edit(dossier, step)
            case "review":
                return self._look(dossier)
            case "pause":
                return await self._pause(dossier)
            case "leave":
                return self._leave(dossier, heard)
            case "drop":
                await self._dossiers.drop(dossier)
                return _said(Reply(text=say("filing.dropped")), None)
            case "send":
                return await self._send(dossier, heard)
            case "done":
                return await self._done(dossier, heard)
            case "code":
                code = await self._dossiers.issue_code(dossier)
                return self._beside(telling.code(dossier, code), dossier, heard)
        return self._next(dossier, say("filing.goes_on", what=dossier.procedure.spoken_name))

    # ---- moving about

    def _back(self, dossier: Dossier, heard: Heard) -> Filed:
        asked = heard.underway.question if heard.underway and heard.underway.dossier == dossier.id else None
        before = dossier.path.before(asked or "")
        return self._change(dossier, before) if before else self._next(dossier, say("filing.first"))

    def _edit(self, dossier: Dossier, step: Step | None) -> Filed:
        if step is None:
            so_far = telling.so_far(dossier)
            return self._with_lead(
                so_far.model_copy(update={"text": f"{say('filing.edit_what')}\n{so_far.text}"}), dossier
            )
        return self._change(dossier, step)

    def _change(self, dossier: Dossier, step: Step) -> Filed:
        answer = dossier.path.answers.get(step.id)
        lead = say("filing.change", answer=answer.shown) if answer else ""
        return self._ask(dossier, step, lead, Underway(**_named(dossier), question=step.id, is_change=bool(answer)))

    def _look(self, dossier: Dossier) -> Filed:
        """The review; with questions still open, what was told so far and the question that waits."""
        if dossier.path.waiting is None:
            return self._next(dossier)
        return self._with_lead(telling.so_far(dossier), dossier)

    async def _pause(self, dossier: Dossier) -> Filed:
        code = await self._dossiers.issue_code(dossier)
        return _said(telling.paused(dossier, code), Underway(**_named(dossier), is_paused=True), dossier)

    def _leave(self, dossier: Dossier, heard: Heard) -> Filed:
        underway = heard.underway or Underway(**_named(dossier))
        return _said(telling.leaving(dossier), underway.model_copy(update={"is_leaving": True}), dossier)

    # ---- the end

    async def _send(self, dossier: Dossier, heard: Heard) -> Filed:
        if dossier.path.waiting is not None:
            return self._next(dossier)
        agreed = await self._dossiers.consent(dossier, heard.change)
        link, file_url = self._sheets.link(agreed, heard.channel)
        reply = telling.hand_off(agreed, link, file_url, hours=int(LIFE.total_seconds() // 3600))
        return _said(reply, Underway(**_named(agreed), is_paused=True), agreed)

    async def _done(self, dossier: Dossier, heard: Heard) -> Filed:
        if dossier.consented_at is None or dossier.path.waiting is not None:
            return self._next(dossier)  # changed since: it has to be looked at again
        await self._dossiers.submit(dossier, heard.change)
        return _said(Reply(text=say("filing.submitted", what=dossier.procedure.spoken_name)), None, dossier)

    # ---- what is said

    def _told(self, took: Took) -> Filed:
        """What came of an answer: the next question, or the same one with a reason."""
        if took.step is None:
            return self._next(took.dossier, took.lead)
        if took.reply is not None:
            return _said(took.reply, took.underway, took.dossier, took.step)
        return self._ask(took.dossier, took.step, took.lead, took.underway, took.extra)

    def _next(self, dossier: Dossier, lead: str = "") -> Filed:
        waiting = dossier.path.waiting
        if waiting is not None:
            return self._ask(dossier, waiting, lead, Underway(**_named(dossier), question=waiting.id))
        replies = telling.review(dossier, findings(dossier, self._is_outdated(dossier)))
        replies = (Reply(text=lead), *replies) if lead else replies
        return Filed(Outcome(replies=replies, turn=_turn(dossier)), Underway(**_named(dossier)))

    def _is_outdated(self, dossier: Dossier) -> bool:
        """Whether the record reads otherwise today than when the dossier was begun."""
        current = self._records().get(dossier.procedure.code)
        return current is None or frozen(current)[0] != dossier.digest

    def _ask(
        self, dossier: Dossier, step: Step, lead: str, underway: Underway, extra: tuple[Button, ...] = ()
    ) -> Filed:
        return _said(telling.question(dossier, step, lead, extra), underway, dossier, step)

    def _with_lead(self, reply: Reply, dossier: Dossier) -> Filed:
        following = self._next(dossier)
        replies = (reply, *following.outcome.replies) if dossier.path.waiting else following.outcome.replies
        return Filed(following.outcome.model_copy(update={"replies": replies}), following.underway)

    def _beside(self, reply: Reply, dossier: Dossier, heard: Heard) -> Filed:
        """Said beside the question, which still waits."""
        if heard.underway is None or heard.underway.is_paused:
            return _said(reply, heard.underway, dossier)
        return self._with_lead(reply, dossier)


_VERB_OF_WORD = {"cancel": "leave", "resume": "go"}


def _named(dossier: Dossier) -> dict[str, str]:
    return {"dossier": dossier.id, "procedure": dossier.procedure.code}


def _turn(dossier: Dossier | None, step: Step | None = None) -> Turn:
    code = dossier.procedure.code if dossier else None
    return Turn(kind=KIND, procedure_code=code, question=telling.shown(step) if step else None)


def _said(reply: Reply, underway: Underway | None, dossier: Dossier | None = None, step: Step | None = None) -> Filed:
    return Filed(Outcome(replies=(reply,), turn=_turn(dossier, step)), underway)


def _gone(underway: Underway | None) -> Filed:
    return dataclasses.replace(_said(Reply(text=say("filing.gone")), underway), is_gone=True)
