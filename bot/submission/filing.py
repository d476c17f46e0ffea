"""The conversation that fills in a dossier: one question at a time, each message an order, an answer or an aside."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping

from bot.channels.reply import Outcome, Reply
from bot.submission import payloads, posting, telling
from bot.submission.answering import Answering
from bot.submission.dossier import Dossier, read_code
from bot.submission.dossiers import FILE, Changed, Dossiers
from bot.submission.handing_in import HandingIn, Holds
from bot.submission.journey import Answers, Step
from bot.submission.outcomes import Outcomes, change, gone, remembered, said
from bot.submission.papers.shelf import Shelf
from bot.submission.payloads import Press
from bot.submission.redeeming import Redeeming
from bot.submission.sheet import LIFE, Sheets
from bot.submission.words import edit_number, order, says
from bot.underway import Filed, Heard, Underway
from bot.wording import say
from knowledge.places import Places
from knowledge.schema import Procedure

# What is said of its money after a dossier was handed in; said again, it asks nothing twice.
Collect = Callable[[Dossier, dt.date], Awaitable[tuple[Reply, ...]]]

TRIES = 4  # a dossier changed by another device is read again so often
VERB_OF_WORD = {"cancel": "leave", "resume": "go"}


class Filing:
    """Keeps nothing itself: the dossier is in the store, the question asked last in the conversation's memory."""

    def __init__(
        self,
        dossiers: Dossiers,
        records: Callable[[], Mapping[str, Procedure]],
        places: Places,
        sheets: Sheets,
    ) -> None:
        self._dossiers, self._sheets = dossiers, sheets
        self._answering = Answering(dossiers, places)
        self._redeeming = Redeeming(dossiers)
        self._outcomes = Outcomes(records, self._goes_by_wire)
        self._handing_in: HandingIn | None = None
        self._collect: Collect = _nothing_due

    def hand_over_through(self, handing_in: HandingIn) -> None:
        """From now on dossiers go into the agency's own system, where it takes them."""
        self._handing_in = handing_in

    def hold_while(self, holds: Holds) -> None:
        """From now on what `holds` is handed over only when somebody releases it."""
        if self._handing_in is not None:
            self._handing_in.hold_while(holds)

    def collect_through(self, collect: Collect) -> None:
        """From now on the fee of a dossier that was handed over is asked."""
        self._collect = collect

    def open_files_on(self, shelf: Shelf) -> None:
        """From now on files that answer a question are looked at and bound."""
        self._answering.shelf = shelf

    @property
    def outcomes(self) -> Outcomes:
        """For what stands beside filing and ends a turn as it does."""
        return self._outcomes

    def _goes_by_wire(self, dossier: Dossier) -> bool:
        return self._handing_in is not None and self._handing_in.takes(dossier.procedure)

    # ---- the doors

    async def start(self, procedure: Procedure, heard: Heard) -> Filed:
        """Begins the dossier, or goes on with the draft that is there. Raises UnknownConversation."""
        dossier = await self._dossiers.begin(heard.conversation_id, procedure)
        is_new = not dossier.answers
        lead = say("filing.begin" if is_new else "filing.goes_on", what=procedure.spoken_name)
        return dataclasses.replace(self._outcomes.following(dossier, lead), is_new=is_new)

    async def command(self, heard: Heard) -> Filed | None:
        """What a button or an order word of a journey does; None when the message is neither."""
        press = payloads.read(heard.payload)
        if press is not None:
            return await self._press(press, heard)
        if heard.text is None:
            return None
        code = read_code(heard.text)
        if code is not None:
            return await self._redeem(code, heard)
        if heard.underway is None or heard.underway.is_paused:
            return await self._resume(heard) if order(heard.text) == "resume" else None
        return await self._order(heard.text, heard.underway, heard)

    async def answer(self, heard: Heard, insists: bool = False) -> Filed | None:
        """Takes the message as the answer; None when it asks us something (`insists`: take it all the same)."""
        for _ in range(TRIES):
            dossier = await self._underway(heard)
            if dossier is None:
                return gone(None)
            try:
                took = await self._answering.take(dossier, heard, insists)
            except Changed:
                continue
            return self._outcomes.told(took) if took else None
        return self._outcomes.following(dossier, say("filing.elsewhere"))

    async def remind(self, outcome: Outcome, heard: Heard) -> Filed:
        """An answer to something else, and below it the question that still waits."""
        dossier = await self._underway(heard)
        return self._outcomes.reminded(outcome, dossier, heard.underway) if dossier else Filed(outcome, None)

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
        return await self._by_word(VERB_OF_WORD.get(ordered, ordered), heard)

    async def _by_word(self, verb: str, heard: Heard, number: int | None = None) -> Filed:
        for _ in range(TRIES):
            dossier = await self._dossiers.find(heard.conversation_id, heard.underway.dossier)
            ended = await self._ended(dossier, heard)
            if ended or dossier is None or not dossier.is_draft:
                return ended or gone(None)
            try:
                return await self._do(verb, dossier, _meant(dossier, verb, heard.underway, number), heard)
            except Changed:
                continue
        return self._outcomes.following(dossier, say("filing.elsewhere"))

    async def _resume(self, heard: Heard) -> Filed | None:
        drafts = await self._dossiers.drafts(heard.conversation_id)
        if len(drafts) == 1:
            return await self._do("go", drafts[0], None, heard)
        if not drafts:
            return said(Reply(text=say("filing.no_draft")), None) if heard.underway else None
        return said(telling.which_draft(drafts), heard.underway)

    async def _redeem(self, code: str, heard: Heard) -> Filed:
        found = await self._redeeming.redeem(code, heard.conversation_id)
        if isinstance(found, str):
            return said(Reply(text=say(found)), heard.underway)
        return self._outcomes.following(found, say("filing.goes_on_here", what=found.procedure.spoken_name))

    # ---- buttons

    async def _press(self, press: Press, heard: Heard) -> Filed:
        for _ in range(TRIES):
            dossier = await self._dossiers.find(heard.conversation_id, press.tag)
            ended = await self._ended(dossier, heard)
            if ended or dossier is None or not dossier.is_draft:
                is_other = heard.underway is not None and not heard.underway.dossier.startswith(press.tag)
                return ended or gone(heard.underway if is_other else None)
            if dossier.last_change == heard.change and press.verb in ("answer", "skip"):
                return self._outcomes.following(dossier)  # taken before a crash: only what we said was lost
            try:
                return await self._pressed(press, dossier, heard)
            except Changed:
                continue
        return self._outcomes.following(dossier, say("filing.elsewhere"))

    async def _pressed(self, press: Press, dossier: Dossier, heard: Heard) -> Filed:
        step = payloads.step_at(dossier, press.place)
        if press.place is not None and step is None:
            return self._outcomes.following(dossier, say("filing.off_path"))
        if press.verb in ("answer", "skip") and step is not None:
            return self._outcomes.told(await self._answering.press(dossier, step, press, heard))
        return await self._do(press.verb, dossier, step, heard)

    async def _do(self, verb: str, dossier: Dossier, step: Step | None, heard: Heard) -> Filed:
        """One order; `step` is the question it is about, where it is about one."""
        match verb:
            case "skip" | "later" if step is not None and (verb == "skip" or _is_paper(step)):
                return self._outcomes.told(await self._answering.skip(dossier, step, heard))
            case "back":
                return self._back(dossier, heard)
            case "edit":
                return change(dossier, step) if step else self._which_to_edit(dossier)
            case "review":
                return self._look(dossier)
            case "pause" | "later":
                return await self._pause(dossier)
            case "leave":
                return self._leave(dossier, heard)
            case "drop":
                await self._dossiers.drop(dossier)
                return said(Reply(text=say("filing.dropped")), None)
            case "send":
                return await self._send(dossier, heard)
            case "done":
                return await self._done(dossier, heard)
            case "post":
                return await self._deliver(dossier, posting.chosen(dossier.procedure, dossier.answers), heard)
            case "fetch":
                return await self._deliver(dossier, posting.unchosen(dossier.answers), heard)
            case "code":
                code = await self._dossiers.issue_code(dossier)
                return self._outcomes.beside(telling.code(dossier, code), dossier, heard)
        return self._outcomes.following(dossier, say("filing.goes_on", what=dossier.procedure.spoken_name))

    # ---- moving about

    def _back(self, dossier: Dossier, heard: Heard) -> Filed:
        asked = heard.underway.question if heard.underway and heard.underway.dossier == dossier.id else None
        before = dossier.path.before(asked or "")
        return change(dossier, before) if before else self._outcomes.following(dossier, say("filing.first"))

    def _which_to_edit(self, dossier: Dossier) -> Filed:
        if dossier.path.waiting is None:
            return self._outcomes.following(dossier)  # the review has a button for each
        so_far = telling.so_far(dossier)
        text = f"{say('filing.edit_what')}\n{so_far.text}"
        return self._outcomes.after(so_far.model_copy(update={"text": text}), dossier)

    def _look(self, dossier: Dossier) -> Filed:
        """The review; with questions still open, what was told so far and the question that waits."""
        is_complete = dossier.path.waiting is None
        return (
            self._outcomes.following(dossier) if is_complete else self._outcomes.after(telling.so_far(dossier), dossier)
        )

    async def _pause(self, dossier: Dossier) -> Filed:
        code = await self._dossiers.issue_code(dossier)
        return said(telling.paused(dossier, code), remembered(dossier, is_paused=True), dossier)

    def _leave(self, dossier: Dossier, heard: Heard) -> Filed:
        here = heard.underway if heard.underway and heard.underway.dossier == dossier.id else remembered(dossier)
        return said(telling.leaving(dossier), here.model_copy(update={"is_leaving": True}), dossier)

    async def _deliver(self, dossier: Dossier, answers: Answers, heard: Heard) -> Filed:
        """How the result comes; a second press changes nothing."""
        if answers != dossier.answers:
            dossier = await self._dossiers.save(dossier, answers, heard.change)
        return self._outcomes.following(dossier)

    # ---- the end

    async def _send(self, dossier: Dossier, heard: Heard) -> Filed:
        if dossier.path.waiting is not None:
            return self._outcomes.following(dossier)
        if self._goes_by_wire(dossier):
            agreed = await self._dossiers.consent(dossier, b"")  # the message has more to do: it is noted with that
            sent = await self._handing_in.hand_in(agreed, heard.channel, heard.today, heard.change)
            return await self._handed_in(sent, heard)
        agreed = await self._dossiers.consent(dossier, heard.change)
        link, file_url = self._sheets.link(agreed, heard.channel)
        reply = telling.hand_off(agreed, link, file_url, hours=int(LIFE.total_seconds() // 3600))
        return said(reply, remembered(agreed, is_paused=True), agreed)

    async def _handed_in(self, sent: Dossier, heard: Heard) -> Filed:
        is_held = self._handing_in is not None and self._handing_in.holds(sent, heard.today)
        filed = said(telling.handed_in(sent, is_held), None, sent)
        replies = (*filed.outcome.replies, *await self._collect(sent, heard.today))
        return dataclasses.replace(filed, outcome=filed.outcome.model_copy(update={"replies": replies}))

    async def _ended(self, dossier: Dossier | None, heard: Heard) -> Filed | None:
        """The message ended the dossier before a crash: only what we said was lost."""
        if dossier is None or dossier.is_draft or dossier.last_change != heard.change:
            return None
        if self._goes_by_wire(dossier):
            return await self._handed_in(dossier, heard)
        return said(telling.submitted(dossier), None, dossier)

    async def _done(self, dossier: Dossier, heard: Heard) -> Filed:
        if dossier.consented_at is None or dossier.path.waiting is not None:
            return self._outcomes.following(dossier)  # changed since: it has to be looked at again
        await self._dossiers.submit(dossier, heard.change)
        return said(telling.submitted(dossier), None, dossier)


def _is_paper(step: Step) -> bool:
    return step.question.kind == FILE and not step.is_more


def _meant(dossier: Dossier, verb: str, underway: Underway, number: int | None) -> Step | None:
    """The question an order word is about: the one with this number, or the one asked now."""
    if verb != "edit":
        return dossier.path.step(underway.question)
    answered = dossier.path.answered
    return answered[number - 1] if number and number <= len(answered) else None


async def _nothing_due(dossier: Dossier, day: dt.date) -> tuple[Reply, ...]:
    return ()
