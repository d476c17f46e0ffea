"""Who answers this turn: a pressed button, a control word, or Rasa; one state of knowledge throughout."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply, Turn
from bot.dialogue import controls
from bot.dialogue.context import Context
from bot.dialogue.distinctions import Distinctions
from bot.dialogue.guide import Answered, Asked, Guide, Knowledge
from bot.dialogue.rasa import RasaDialogue
from bot.dialogue.sections import Asker
from bot.switches import Switches
from bot.wording import say
from knowledge.library import Library
from knowledge.places import Places
from knowledge.text import clean

MOST_CHARS = 4_000  # a longer message is asked to be told in a few sentences


class Turns:
    """Takes one stored message and the conversation's memory; gives the outcome and the new memory."""

    def __init__(
        self,
        dialogue: RasaDialogue,
        guide: Guide,
        library: Library,
        switches: Switches,
        distinctions: Distinctions,
        places: Places,
        today: Callable[[], dt.date],
        hotline: str,
    ) -> None:
        self._dialogue, self._guide, self._library, self._switches = dialogue, guide, library, switches
        self._distinctions, self._places, self._today, self._hotline = distinctions, places, today, hotline

    async def take(self, inbound: Inbound, context: Context) -> Answered:
        reason = await self._switches.reason_off(f"channel:{inbound.channel}")
        if reason is not None:
            return _told("channel_off", context, kind="declined", reason=reason, hotline=self._hotline)
        asked = await self._surroundings(context)
        if inbound.payload is not None:
            return self._obey(controls.read_payload(inbound.payload), asked) or self._guide.unclear(asked)
        if inbound.text is None:
            key = "small_talk.attachment_noted" if inbound.attachment_ids else "telegram.cannot_read"
            return _told(key, context)
        if len(inbound.text) > MOST_CHARS:
            return _told("declined.too_long", context, kind="declined")
        text = clean(inbound.text)
        if not any(char.isalnum() for char in text):
            return _told("small_talk.attachment_noted" if inbound.attachment_ids else "small_talk.empty", context)
        return self._obey(controls.read_text(text), asked) or await self._understand(text, inbound, asked)

    async def _surroundings(self, context: Context) -> Asked:
        snapshot = self._library.snapshot
        off = await self._switches.procedures_off()
        knowledge = Knowledge(snapshot.catalogue, snapshot.searcher, self._distinctions, self._places, off)
        return Asked(context, Asker(self._today(), context.ward, context.province), knowledge)

    async def _understand(self, text: str, inbound: Inbound, asked: Asked) -> Answered:
        return await self._dialogue.respond(text, inbound.sender, asked)

    def _obey(self, control: controls.Control | None, asked: Asked) -> Answered | None:
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
            case controls.TalkToHuman():
                return guide.handoff(asked)
            case controls.NoneOfThese():
                return guide.none_of_these(asked)
            case controls.ShowHelp():
                return _told("small_talk.help", context)
            case controls.Stop():
                return _told("stopped", Context(ward=context.ward, province=context.province))
            case controls.EraseData():
                return _told("forgotten", Context(), kind="small_talk", erase=True)
        return None


def _told(key: str, context: Context, kind: str = "small_talk", erase: bool = False, **values: object) -> Answered:
    return Outcome(replies=(Reply(text=say(key, **values)),), turn=Turn(kind=kind), erases=erase), context
