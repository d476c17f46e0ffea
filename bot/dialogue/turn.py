"""Who answers this turn: a button or control word, a journey that waits for an answer, or Rasa."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable

from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply, Turn
from bot.dialogue import controls, numbers
from bot.dialogue.asker import Asker
from bot.dialogue.before_filing import summary
from bot.dialogue.context import Context
from bot.dialogue.distinctions import Distinctions
from bot.dialogue.facts import source_link
from bot.dialogue.filing_protocol import Filing
from bot.dialogue.guide import Answered, Asked, Guide, Knowledge
from bot.dialogue.life import Life
from bot.dialogue.rasa import RasaDialogue
from bot.switches import Switches
from bot.underway import Filed, Heard
from bot.wording import say
from knowledge.library import Library
from knowledge.places import Places
from knowledge.schema import Facet
from knowledge.text import clean

MOST_CHARS = 4_000  # a longer message is asked to be told in a few sentences
# A message in the middle of a journey that turned out to be one of these was no answer to its question.
ASIDE = frozenset({"answer", "safety", "emergency", "handoff", "status", "payment", "petition", "journey"})
UNDERSTOOD_AS_QUESTION = ASIDE | {"clarify", "not_found", "declined"}

# A room that knows more of what the message turned out to be; None: the general answer stands.
Room = Callable[[Heard, Answered], Awaitable[Answered | None]]
# A room whose orders need no understanding; None: the message is nothing to it.
FirstRoom = Callable[[Heard, Context], Awaitable[Answered | None]]


class Turns:
    """Takes one stored message and the conversation's memory; gives the outcome and the new memory."""

    def __init__(
        self,
        dialogue: RasaDialogue,
        guide: Guide,
        filing: Filing,
        life: Life,
        library: Library,
        switches: Switches,
        distinctions: Distinctions,
        places: Places,
        today: Callable[[], dt.date],
        hotline: str,
    ) -> None:
        self._dialogue, self._guide, self._library, self._switches = dialogue, guide, library, switches
        self._filing, self._life, self._distinctions, self._places = filing, life, distinctions, places
        self._today, self._hotline = today, hotline
        self._rooms: dict[str, Room] = {}
        self._first: list[FirstRoom] = []

    def hand_to(self, kind: str, room: Room) -> None:
        """From now on `room` is asked about turns of this kind before their general answer is told."""
        self._rooms[kind] = room

    def ask_first(self, room: FirstRoom) -> None:
        """From now on `room` sees every message before anybody else does."""
        self._first.append(room)

    async def take(self, conversation_id: str, inbound: Inbound, context: Context) -> Answered:
        outcome, context = await self._take(conversation_id, numbers.as_pressed(inbound, context), context)
        return outcome, numbers.remembered(outcome, context)

    async def _take(self, conversation_id: str, inbound: Inbound, context: Context) -> Answered:
        reason = await self._switches.reason_off(f"channel:{inbound.channel}")
        if reason is not None:
            return _told("channel_off", context, kind="declined", reason=reason, hotline=self._hotline)
        heard = self._heard(conversation_id, inbound, context)
        for room in self._first:
            answered = await room(heard, context)
            if answered is not None:
                return await self._reminded(answered, heard)
        filed = await self._filing.command(heard)
        if filed is not None:
            return _filed(filed, context)
        asked = await self._surroundings(context)
        control = _control(inbound, context)
        if control is not None or inbound.payload is not None:
            answered = self._obey(control, asked, inbound.channel) or self._guide.unclear(asked)
            may_start = isinstance(control, controls.StartFiling | controls.ChooseProcedure)
            return await self._beside(answered, heard, asked, may_start=may_start)
        if context.is_asked:
            return await self._answer(heard, inbound, asked)
        return await self._message(heard, inbound, asked)

    def _heard(self, conversation_id: str, inbound: Inbound, context: Context) -> Heard:
        named = "\0".join((inbound.channel, inbound.sender, inbound.message_id))
        return Heard(
            conversation_id=conversation_id,
            change=hashlib.sha256(named.encode()).digest(),
            today=self._today(),
            channel=inbound.channel,
            underway=context.underway,
            text=inbound.text,
            payload=inbound.payload,
            attachment_ids=inbound.attachment_ids,
            question_id=inbound.question_id,
            album=inbound.album,
        )

    async def _surroundings(self, context: Context) -> Asked:
        snapshot = self._library.snapshot
        off = await self._switches.procedures_off()
        knowledge = Knowledge(snapshot.catalogue, snapshot.searcher, self._distinctions, self._places, off)
        desk = self._library.desks.of(context.ward, context.province)
        return Asked(context, Asker(self._today(), context.ward, context.province, desk), knowledge)

    async def _reminded(self, answered: Answered, heard: Heard) -> Answered:
        outcome, context = answered
        if not context.is_asked or outcome.erases or not outcome.replies:  # a person has the word
            return answered
        here = dataclasses.replace(heard, underway=context.underway)
        return _filed(await self._filing.remind(outcome, here), context)

    # ---- a journey

    async def _answer(self, heard: Heard, inbound: Inbound, asked: Asked) -> Answered:
        """A question waits: the message is its answer, unless it clearly asks us something."""
        filed = await self._filing.answer(heard)
        if filed is not None and filed.is_gone:
            return await self._without_dossier(filed, heard, inbound, asked)
        if filed is not None:
            return _filed(filed, asked.context)
        text = clean(inbound.text or "")
        about = Asked(_about_the_dossier(asked.context), asked.asker, asked.knowledge)
        answered = await self._dialogue.respond(text, inbound.sender, about)
        kinds = UNDERSTOOD_AS_QUESTION if text.endswith("?") or heard.underway.question is None else ASIDE
        if answered[0].turn.kind not in kinds and heard.underway.question is not None:
            return _filed(await self._filing.answer(heard, insists=True), asked.context)
        return await self._beside(answered, heard, asked)

    async def _without_dossier(self, filed: Filed, heard: Heard, inbound: Inbound, asked: Asked) -> Answered:
        """Its time was over: that is said, and the message heard as any other."""
        free = Asked(asked.context.filling(None), asked.asker, asked.knowledge)
        outcome, context = await self._message(dataclasses.replace(heard, underway=None), inbound, free)
        return outcome.model_copy(update={"replies": (*filed.outcome.replies, *outcome.replies)}), context

    async def _beside(self, answered: Answered, heard: Heard, asked: Asked, may_start: bool = False) -> Answered:
        """Something was done or told; a journey that was asked for begins, one that waits goes on."""
        room = self._rooms.get(answered[0].turn.kind)
        answered = (await room(heard, answered) if room else None) or answered
        outcome, context = answered
        if may_start and outcome.turn.kind == "journey":
            return await self._start(answered, heard, asked)
        if not context.is_asked or outcome.erases:
            return answered
        return _filed(await self._filing.remind(outcome, heard), context)

    async def _start(self, answered: Answered, heard: Heard, asked: Asked) -> Answered:
        """The guided journey where the procedure has one, else where to file it."""
        outcome, context = answered
        code = outcome.turn.procedure_code
        procedure = asked.knowledge.catalogue.get(code) if code else None
        if procedure is None or not procedure.questions or code in asked.knowledge.procedures_off:
            return answered
        filed = await self._filing.start(procedure, heard)
        if not filed.is_new:
            return _filed(filed, context)
        turn = filed.outcome.turn.model_copy(update={"sources": (source_link(procedure),)})
        outcome = Outcome(replies=(summary(procedure, asked.asker), *filed.outcome.replies), turn=turn)
        return outcome, context.talking_of(procedure.code, (Facet.overview,)).filling(filed.underway)

    # ---- everything else

    async def _message(self, heard: Heard, inbound: Inbound, asked: Asked) -> Answered:
        if inbound.text is None:
            key = "small_talk.attachment_noted" if inbound.attachment_ids else "telegram.cannot_read"
            return _told(key, asked.context)
        if len(inbound.text) > MOST_CHARS:
            return _told("declined.too_long", asked.context, kind="declined")
        text = clean(inbound.text)
        if not any(char.isalnum() for char in text):
            key = "small_talk.attachment_noted" if inbound.attachment_ids else "small_talk.empty"
            return _told(key, asked.context)
        told = self._life.answer(text, asked, inbound.channel)
        if told is not None:
            return await self._beside(told, heard, asked)
        answered = self._life.beside(await self._dialogue.respond(text, inbound.sender, asked), text)
        return await self._beside(answered, heard, asked, may_start=True)

    def _obey(self, control: controls.Control | None, asked: Asked, channel: str) -> Answered | None:
        """What a button or control word orders; None when it is neither."""
        guide, context = self._guide, asked.context
        match control:
            case controls.ChooseProcedure(code):
                return guide.choose(code, asked)
            case controls.AskFacet(code, facet):
                return guide.about(code, (facet,), asked)
            case controls.StartFiling(code):
                return guide.start(code, asked) if code else None
            case controls.ChooseWard(key):
                return guide.choose_ward(key, asked)
            case controls.TellEvent(event_id, step):
                return self._life.event(event_id, step, asked, channel)
            case controls.TellGuide(guide_id):
                return self._life.guide(guide_id, asked, channel)
            case controls.TalkToHuman():
                return guide.handoff(asked)
            case controls.NoneOfThese():
                return guide.none_of_these(asked)
            case controls.AnswerWasWrong():
                return guide.was_wrong(asked)
            case controls.ShowHelp():
                return _told("small_talk.help", context)
            case controls.Stop():
                return _told("stopped", Context(ward=context.ward, province=context.province))
            case controls.EraseData():
                return _told("forgotten", Context(), kind="small_talk", erase=True)
        return None


def _control(inbound: Inbound, context: Context) -> controls.Control | None:
    if inbound.payload is not None:
        return controls.read_payload(inbound.payload)
    control = controls.read_text(inbound.text) if inbound.text and len(inbound.text) <= MOST_CHARS else None
    is_answer = isinstance(control, controls.AnswerWasWrong) and context.is_asked  # "sai": no to a journey's question
    return None if is_answer else control


def _about_the_dossier(context: Context) -> Context:
    """'lệ phí bao nhiêu vậy?' in the middle of a journey asks about its procedure."""
    return context.talking_of(context.underway.procedure, context.facets)


def _filed(filed: Filed, context: Context) -> Answered:
    return filed.outcome, context.filling(filed.underway)


def _told(key: str, context: Context, kind: str = "small_talk", erase: bool = False, **values: object) -> Answered:
    return Outcome(replies=(Reply(text=say(key, **values)),), turn=Turn(kind=kind), erases=erase), context
