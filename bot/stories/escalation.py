"""A person is called, has the word, and leaves it again: how cases and conversations meet."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping

from bot.channels.reply import Button, Outcome, Reply, Turn
from bot.dialogue import controls
from bot.dialogue.context import Context
from bot.dialogue.filing_protocol import Filing
from bot.dialogue.guide import Answered
from bot.escalating import Escalating
from bot.handoff import sentences
from bot.handoff.case import Case, Ending, Reason
from bot.handoff.cases import Cases
from bot.handoff.clocks import Clocks
from bot.handoff.directory import Directory
from bot.handoff.people import Helper
from bot.handoff.presses import Press, read_press
from bot.handoff.taking import NotPossible, Place, Taking
from bot.handoff.talking import MOST_CHARS, Talking
from bot.handoff.team_list import phone_in
from bot.store import Store
from bot.submission.dossiers import Dossiers
from bot.underway import Heard
from bot.wording import say
from knowledge.library import Library
from knowledge.places import Places, Reading
from knowledge.text import clean

MOST_WORDS_OF_A_PLACE = 16
MOST_WARDS = 4
KIND = "handoff"
OBEYED_STILL = (controls.EraseData, controls.ShowHelp)  # orders that are obeyed although a person has the word


class Escalation:
    """The conversation's side of a case; `hotline` is what is left when nobody helps there."""

    def __init__(
        self,
        store: Store,
        clocks: Clocks,
        directory: Directory,
        all_cases: Cases,
        taking: Taking,
        talking: Talking,
        filing: Filing,
        dossiers: Dossiers,
        library: Library,
        places: Places,
        today: Callable[[], dt.date],
        hotline: str,
    ) -> None:
        self._store, self._clocks, self._directory = store, clocks, directory
        self._cases, self._taking, self._talking = all_cases, taking, talking
        self._filing, self._dossiers, self._library, self._places = filing, dossiers, library, places
        self._today, self._hotline = today, hotline

    # ---- before anybody else answers

    async def first(self, heard: Heard, context: Context) -> Answered | None:
        """Our buttons, the answer to what we asked, and the silence while a person has the word."""
        press = read_press(heard.payload)
        if press is not None:
            return await self._press(press, heard, context)
        answered = await self._asked(heard, context) if context.escalating.asks else None
        if answered is not None or heard.payload is not None:
            return answered
        return await self._silence(heard, context)

    async def _silence(self, heard: Heard, context: Context) -> Answered | None:
        """None when no person has the word, and for the orders that are obeyed all the same."""
        control = controls.read_text(heard.text) if heard.text and len(heard.text) <= MOST_CHARS else None
        if isinstance(control, OBEYED_STILL):
            return None
        case = await self._talking.citizen_wrote(heard.conversation_id)
        return (Outcome(replies=(), turn=Turn(kind=KIND)), context) if case else None

    # ---- calling one

    async def called(self, heard: Heard, answered: Answered) -> Answered:
        """Somebody asked for a person: one is called, or the one thing missing is asked."""
        context = answered[1]
        return await self._call(heard, context, _reason(context))

    async def _call(self, heard: Heard, context: Context, reason: Reason) -> Answered:
        live = await self._cases.live_of(heard.conversation_id)
        if live is not None:
            helper = await self._directory.helper(live.helper_id) if live.helper_id else None
            return _told(context, sentences.again(live, helper if live.status == "claimed" else None))
        place = await self._place(heard.conversation_id, context)
        if place is None:
            example = say("handoff_case.ask_ward_example")
            asked = Reply(text=say("handoff_case.ask_ward", example=example))
            return _told(remember(context, asks="ward", reason=str(reason)), asked)
        opened = await self._taking.open(heard.conversation_id, reason, place, context.procedure)
        told = remember(context)
        if opened is None:
            return _told(told, sentences.nobody(self.desk_of(place.province, place.ward), self._hotline))
        desk = self.desk_of(place.province, place.ward)
        return _told(told, *sentences.called(opened.case, opened.route, self._clocks, desk, self._hotline))

    async def on_trouble(self, conversation_id: str, evidence: Mapping[str, object]) -> None:
        """Money went astray: whoever takes the case reads what is known of it."""
        case = await self.escalate(conversation_id, Reason.payment)
        if case is not None:
            await self._talking.add_evidence(case, json.dumps(evidence, ensure_ascii=False, indent=1))

    async def escalate(self, conversation_id: str, reason: Reason) -> Case | None:
        """A case that no message asked for (money that does not fit); None where nobody helps or no place is known."""
        context = await self._context(conversation_id)
        place = await self._place(conversation_id, context)
        opened = await self._taking.open(conversation_id, reason, place, context.procedure) if place else None
        return opened.case if opened else None

    async def _place(self, conversation_id: str, context: Context) -> Place | None:
        """The ward that was told, else the one of an address in the dossier under way, or the one changed last."""
        if context.ward and context.province:
            return Place(context.province, context.ward)
        underway = context.underway
        found = await self._dossiers.find(conversation_id, underway.dossier) if underway else None
        dossier = found or await self._dossiers.newest(conversation_id)
        for step in dossier.path.of_the_case if dossier else ():
            ward = self._places.ward(dossier.path.answers[step.id].value) if step.question.kind == "address" else None
            if ward is not None:
                return Place(ward.province, ward.name)
        return None

    def desk_of(self, province: str, ward: str) -> str:
        """The one-stop desk to go to, with its street and telephone where they are known."""
        desk = self._library.desks.of(ward, province)
        if desk is not None and desk.name:
            return ", ".join(filter(None, (desk.name, desk.address, desk.phone)))
        return say("handoff_case.desk", ward=ward) if ward else say("handoff_case.desk_any")

    # ---- answers to what we asked

    async def _asked(self, heard: Heard, context: Context) -> Answered | None:
        text = clean(heard.text or "", MOST_CHARS)
        match context.escalating.asks:
            case "ward":
                return await self._ward_told(heard, text, context)
            case "callback" if text:
                return await self._callback_told(heard, text, context)
            case "word" if text and not text.endswith("?") and controls.read_text(text) is None:
                return await self._word_told(heard, text, context)
        return None

    async def _ward_told(self, heard: Heard, text: str, context: Context) -> Answered | None:
        control = controls.read_payload(heard.payload) if heard.payload else None
        if isinstance(control, controls.ChooseWard):
            ward = self._places.ward(control.key)
            return await self._call_there(heard, context, Reading((ward,))) if ward else None
        if not text or len(text.split()) > MOST_WORDS_OF_A_PLACE or controls.read_text(text) is not None:
            return None
        reading = self._places.read(text)
        if len(reading.wards) == 1:
            return await self._call_there(heard, context, reading)
        if 1 < len(reading.wards) <= MOST_WARDS:
            buttons = tuple(Button(title=str(ward)[:78], payload=f"w:{ward.key}") for ward in reading.wards)
            return _told(context, Reply(text=say("handoff_case.ask_which_ward"), buttons=buttons))
        if context.escalating.misses or text.endswith("?"):
            return None  # it was no answer; the question is not asked for ever
        example = say("handoff_case.ask_ward_example")
        again = Reply(text=say("handoff_case.ward_unknown", example=example, hotline=self._hotline))
        return _told(remember(context, asks="ward", reason=context.escalating.reason, misses=1), again)

    async def _call_there(self, heard: Heard, context: Context, reading: Reading) -> Answered:
        ward = reading.wards[0]
        reason = Reason(context.escalating.reason or Reason.asked)
        return await self._call(heard, context.living_in(ward.name, ward.province), reason)

    async def _callback_told(self, heard: Heard, text: str, context: Context) -> Answered | None:
        case = await self._case(heard, context)
        if case is None or controls.read_text(text) is not None:
            return None
        if phone_in(text) is None:
            if context.escalating.misses:
                return None
            example = say("handoff_case.callback.example")
            again = Reply(text=say("handoff_case.callback.unreadable", example=example))
            return _told(remember(context, asks="callback", case=case.tag, misses=1), again)
        await self._talking.leave_callback(case, text)
        return _told(remember(context), Reply(text=say("handoff_case.callback.noted")))

    async def _word_told(self, heard: Heard, text: str, context: Context) -> Answered | None:
        case = await self._case(heard, context)
        if case is None:
            return None
        await self._talking.rate_with_word(case, text)
        return _told(remember(context), Reply(text=say("handoff_case.word.thanks")))

    async def _case(self, heard: Heard, context: Context) -> Case | None:
        tag = context.escalating.case
        return await self._cases.by_tag(heard.conversation_id, tag) if tag else None

    # ---- our buttons

    async def _press(self, press: Press, heard: Heard, context: Context) -> Answered:
        case = await self._cases.by_tag(heard.conversation_id, press.tag)
        if case is None:
            return _told(context, Reply(text=say("handoff_case.gone")))
        try:
            return await self._pressed(press, case, context)
        except NotPossible:
            return _told(context, Reply(text=say("handoff_case.gone")))

    async def _pressed(self, press: Press, case: Case, context: Context) -> Answered:
        match press.verb:
            case "e" | "w":
                return await self._end(case, context)
            case "r":
                is_rated = await self._talking.rate(case, press.rating)
                asked = sentences.asks_word(case) if is_rated else Reply(text=say("handoff_case.rated"))
                return _told(remember(context, asks="word" if is_rated else None, case=case.tag), asked)
            case "s":
                return _told(remember(context), Reply(text=say("handoff_case.rated")))
            case "o":
                again = await self._taking.reopen(case)
                team = again.team.name if again.team else ""
                return _told(remember(context), Reply(text=say("handoff_case.reopened", team=team)))
            case "c":
                example = say("handoff_case.callback.example")
                asked = Reply(text=say("handoff_case.callback.ask", example=example))
                return _told(remember(context, asks="callback", case=case.tag), asked)
        agrees = press.verb == "y"
        counted = await self._talking.consent(case, agrees)
        key = "late" if not counted else "agreed" if agrees else "refused"
        return _told(context, Reply(text=say(f"handoff_case.consent.{key}")))

    async def _end(self, case: Case, context: Context) -> Answered:
        closed = await self._taking.close(case, Ending.by_citizen, None)
        name = await self.name_of(case)
        replies = (sentences.closed(closed, name),) if case.claimed_at else ()
        return _told(remember(context), sentences.ends(), *replies)

    # ---- leaving the word

    async def close(self, case: Case, ending: Ending, helper: Helper | None, note: str = "") -> Case:
        """Told with a question how it was; a journey that waits goes on at the same question."""
        name = helper.name if helper else await self.name_of(case)
        context = await self._context(case.conversation_id)
        outcome = Outcome(replies=(sentences.closed(case, name),), turn=Turn(kind=KIND))
        if context.is_asked:
            outcome = await self._with_question(case.conversation_id, context, outcome)
        return await self._taking.close(case, ending, helper, outcome.replies, outcome.turn, note)

    async def close_idle(self, case: Case) -> None:
        await self.close(case, Ending.idle, None)

    async def _with_question(self, conversation_id: str, context: Context, outcome: Outcome) -> Outcome:
        conversation = await self._store.conversation(conversation_id)
        channel = conversation.channel if conversation else ""
        heard = Heard(conversation_id, b"", self._today(), channel, context.underway)
        return (await self._filing.remind(outcome, heard)).outcome

    async def name_of(self, case: Case) -> str:
        helper = await self._directory.helper(case.helper_id) if case.helper_id and case.claimed_at else None
        return helper.name if helper else ""

    async def _context(self, conversation_id: str) -> Context:
        return Context.model_validate((await self._store.memory(conversation_id)).context)


def _reason(context: Context) -> Reason:
    """Why they press the button now."""
    if context.escalating.reason:
        return Reason(context.escalating.reason)
    if context.underway and context.underway.misses >= 2:
        return Reason.bad_answers
    return Reason.not_found if context.misses >= 2 else Reason.asked


def remember(context: Context, **what: object) -> Context:
    return context.model_copy(update={"escalating": Escalating(**what)})


def _told(context: Context, *replies: Reply) -> Answered:
    return Outcome(replies=replies, turn=Turn(kind=KIND)), context
