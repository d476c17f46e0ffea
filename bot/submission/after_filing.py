"""The doors of filing with what comes after: a supplement, a second try, a raised delay, a visit to the desk."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping

from bot.channels.reply import Button, Outcome, Reply, Turn
from bot.submission import after_payloads, payloads, telling
from bot.submission.after_payloads import Press
from bot.submission.attachments import Attachments
from bot.submission.dossier import TAG_CHARS, Dossier, Status
from bot.submission.dossiers import Changed, Dossiers
from bot.submission.filing import Filing
from bot.submission.one_stop.following import Following
from bot.submission.one_stop.formats import find_dossier_code
from bot.submission.one_stop.handovers import Handovers
from bot.submission.one_stop.sentences import Teller, is_overdue, local_day
from bot.submission.outcomes import gone
from bot.submission.posting import ADDRESS, PHONE, POST
from bot.submission.supplementing import QUESTION, Supplements, later
from bot.submission.visits import Visits
from bot.underway import Filed, Heard
from bot.wording import say
from knowledge.schema import Procedure

Records = Callable[[], Mapping[str, Procedure]]
Clock = Callable[[], dt.datetime]
MOST_TITLE = 80


class AfterFiling:
    """What is not about a dossier that was handed in goes through to filing as it came."""

    def __init__(self, filing: Filing, dossiers: Dossiers, visits: Visits, records: Records, clock: Clock) -> None:
        self.filing, self._dossiers, self.visits, self._records = filing, dossiers, visits, records
        self._clock = clock
        self._following: Following | None = None
        self._supplements: Supplements | None = None
        self._teller: Teller | None = None

    def follow(self, attachments: Attachments, handovers: Handovers, following: Following, teller: Teller) -> None:
        """From now on dossiers are in the agency's system, and what it asks for can be given."""
        self._following, self._teller = following, teller
        self._supplements = Supplements(attachments, handovers, following, self._clock)

    # ---- the doors of filing

    async def start(self, procedure: Procedure, heard: Heard) -> Filed:
        return await self.filing.start(procedure, heard)

    async def command(self, heard: Heard) -> Filed | None:
        press = after_payloads.read(heard.payload)
        if press is not None:
            return await self._press(press, heard)
        if self._is_supplement(heard) and heard.payload is None:
            return None  # `answer` hears it
        is_free = heard.underway is None or heard.underway.is_paused
        if heard.attachment_ids and is_free and (wanted := await self._wanted(heard)):
            return wanted
        return await self.filing.command(heard)

    async def answer(self, heard: Heard, insists: bool = False) -> Filed | None:
        if not self._is_supplement(heard):
            return await self.filing.answer(heard, insists)
        dossier = await self._dossiers.find(heard.conversation_id, heard.underway.dossier)
        return await self._supplements.take(dossier, heard, insists) if dossier else gone(None)

    async def remind(self, outcome: Outcome, heard: Heard) -> Filed:
        if not self._is_supplement(heard):
            return await self.filing.remind(outcome, heard)
        dossier = await self._dossiers.find(heard.conversation_id, heard.underway.dossier)
        return await self._supplements.remind(outcome, dossier, heard.underway) if dossier else Filed(outcome, None)

    async def _wanted(self, heard: Heard) -> Filed | None:
        """Files that nobody asked for just now are most likely what an agency asked for."""
        references = await self._following.references_of(heard.conversation_id) if self._following else []
        found = [await self._dossiers.by_reference(reference) for reference in references]
        asked = [one for one in found if one and one.status is Status.supplement_requested]
        if len(asked) == 1:
            return await self._supplements.begin_with(asked[0], heard)
        buttons = tuple(
            Button(title=one.procedure.short_name[:MOST_TITLE], payload=after_payloads.press("give", one.tag))
            for one in asked
        )
        turn = Turn(kind="status")
        reply = Reply(text=say("after.give_which"), buttons=buttons)
        return Filed(Outcome(replies=(reply,), turn=turn), heard.underway) if asked else None

    def _is_supplement(self, heard: Heard) -> bool:
        return self._supplements is not None and heard.underway is not None and heard.underway.question == QUESTION

    async def unsent(self, text: str, heard: Heard) -> Outcome | None:
        """ "Hồ sơ của tôi tới đâu rồi" of one who has only begun; None when there is no draft, or a code was named."""
        drafts = [one for one in await self._dossiers.drafts(heard.conversation_id) if one.answers]
        if not drafts or find_dossier_code(text):
            return None
        told = telling.which_draft(drafts).model_copy(update={"text": say("after.unsent")})
        return Outcome(replies=(told,), turn=Turn(kind="status"))

    # ---- the buttons

    async def _press(self, press: Press, heard: Heard) -> Filed:
        dossier = await self._dossier(heard.conversation_id, press.key)
        if dossier is None:
            return gone(heard.underway)
        match press.verb:
            case "visit" | "time":
                return await self._visit(press, dossier, heard)
            case "give" if self._supplements:
                return await self._supplements.ask(dossier)
            case "send" if self._supplements:
                return await self._supplements.send(dossier, heard)
            case "later":
                return later(dossier)
            case "again" if dossier.status is Status.refused:
                return await self._again(dossier, heard)
            case "late" if self._following:
                return await self._raise(dossier, heard)
        return gone(heard.underway)

    async def _dossier(self, conversation_id: str, key: str) -> Dossier | None:
        """The conversation's own only, by its tag, our reference, or the agency's code."""
        if len(key) == TAG_CHARS and key.isalnum():
            return await self._dossiers.find(conversation_id, key)
        reference = await self._following.reference_of(key) if self._following else None
        found = await self._dossiers.by_reference(reference or key)
        return await self._dossiers.find(conversation_id, found.id) if found else None

    # ---- a time at the desk

    async def _visit(self, press: Press, dossier: Dossier, heard: Heard) -> Filed:
        moment = self.visits.read(press.moment)
        if isinstance(moment, dt.datetime):
            reply = self.visits.confirm(dossier, moment, heard.channel)
        elif isinstance(moment, dt.date):
            reply = self.visits.ask_time(press.key, moment)
        else:
            reply = self.visits.ask_day(dossier, press.key)
        return await self._beside(dossier, heard, reply)

    # ---- refused: the same answers once more, to be put right

    async def _again(self, dossier: Dossier, heard: Heard) -> Filed:
        procedure = self._records().get(dossier.procedure.code, dossier.procedure)
        draft = await self._dossiers.begin(heard.conversation_id, procedure)
        if not draft.answers:
            known = {*(question.id for question in procedure.questions), POST, ADDRESS, PHONE}
            told = {step: answer for step, answer in dossier.answers.items() if _question(step) in known}
            try:
                draft = await self._dossiers.save(draft, told, heard.change)
            except Changed:  # another device was quicker: what it wrote stands
                draft = await self._dossiers.begin(heard.conversation_id, procedure)
        shown = dataclasses.replace(heard, payload=payloads.order("review", draft))
        filed = await self.filing.command(shown) or gone(heard.underway)
        state = await self._following.state_of(dossier.reference or "") if self._following else None
        why = say("after.again_because", reason=state.reason) if state and state.reason else say("after.again")
        outcome = filed.outcome.model_copy(update={"replies": (Reply(text=why), *filed.outcome.replies)})
        return dataclasses.replace(filed, outcome=outcome)

    # ---- late: words to send to those who answer for it

    async def _raise(self, dossier: Dossier, heard: Heard) -> Filed:
        state = await self._following.state_of(dossier.reference or "")
        now = self._clock()
        if state is None or not is_overdue(state, local_day(now)):
            reply = self._teller.state(state, now) if state else Reply(text=say("filing.gone"))
            return await self._beside(dossier, heard, reply)
        return await self._beside(dossier, heard, self._teller.complaint(state, now))

    async def _beside(self, dossier: Dossier, heard: Heard, reply: Reply) -> Filed:
        """Said, and a question that waits here goes on waiting."""
        outcome = Outcome(replies=(reply,), turn=Turn(kind="status", procedure_code=dossier.procedure.code))
        if heard.underway is None or heard.underway.is_paused:
            return Filed(outcome, heard.underway)
        return await self.remind(outcome, heard)


def _question(step_id: str) -> str:
    """'child_name.2' and 'child_name_more' belong to the question 'child_name'."""
    return step_id.partition(".")[0].removesuffix("_more")
