"""What an agency asks for besides: told again, collected here, and handed over as just that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.channels.reply import Button, Outcome, Reply, ShownQuestion, Turn
from bot.submission import after_payloads
from bot.submission.attachments import Attachment, Attachments
from bot.submission.dossier import Dossier, Status
from bot.submission.leaving import to_handover
from bot.submission.one_stop.following import Following
from bot.submission.one_stop.handovers import Handovers
from bot.submission.one_stop.protocol import Act, DossierState, Handover, HandoverFile, Supplement
from bot.submission.one_stop.sentences import wanted
from bot.submission.words import looks_like_a_question, order, says
from bot.underway import Filed, Heard, Underway
from bot.wording import say

QUESTION = "supplement"
MOST_FILES = 20
MOST_NOTE_CHARS = 500


@dataclass(frozen=True)
class Gathered:
    """What the citizen has given so far for one request."""

    request: str
    files: tuple[str, ...] = ()
    note: str = ""

    def kept(self) -> str:
        return json.dumps([self.request, self.files, self.note], ensure_ascii=False)

    @classmethod
    def of(cls, underway: Underway) -> Gathered:
        request, files, note = json.loads(underway.half_answer or '["", [], ""]')
        return cls(request, tuple(files), note)


class Supplements:
    """Gathering is remembered by the conversation; sending is one row of the queue, once per request."""

    def __init__(
        self, attachments: Attachments, handovers: Handovers, following: Following, clock: Callable[[], datetime]
    ) -> None:
        self._attachments, self._handovers = attachments, handovers
        self._following, self._clock = following, clock

    async def ask(self, dossier: Dossier) -> Filed:
        """What is wanted, and the question that waits for it."""
        state = await self._state(dossier)
        if state is None:
            return _over(dossier)
        request = state.supplement or Supplement("", "")
        lines = [say("after.give"), *wanted(request), say("after.give_how")]
        return _asks(dossier, Gathered(_name(dossier, request)), "\n".join(lines), state.code)

    async def begin_with(self, dossier: Dossier, heard: Heard) -> Filed:
        """Files that were sent without pressing anything before."""
        asked = await self.ask(dossier)
        if asked.underway is None:
            return asked
        here = replace(heard, underway=asked.underway)
        return await self.take(dossier, here, insists=True) or asked

    async def take(self, dossier: Dossier, heard: Heard, insists: bool) -> Filed | None:
        """Files, a note, or an order; None when it rather asks us something."""
        state = await self._state(dossier)
        if state is None:
            return _over(dossier)
        gathered = Gathered.of(heard.underway)
        if gathered.request != _name(dossier, state.supplement or Supplement("", "")):
            return await self.ask(dossier)  # the agency has asked anew meanwhile
        if heard.attachment_ids:
            files = tuple(dict.fromkeys((*gathered.files, *heard.attachment_ids)))[:MOST_FILES]
            return _got(dossier, replace(gathered, files=files), state.code)
        return await self._words(dossier, gathered, heard, insists, state)

    async def _words(
        self, dossier: Dossier, gathered: Gathered, heard: Heard, insists: bool, state: DossierState
    ) -> Filed | None:
        text = (heard.text or "").strip()
        if order(text) in ("cancel", "pause", "later", "back", "skip"):
            return later(dossier)
        if order(text) == "send" or says("yes", text):
            return await self.send(dossier, heard)
        if order(text):  # of a journey: there is none here
            return _asks(dossier, gathered, say("after.still"), state.code)
        if not insists and looks_like_a_question(text):
            return None
        note = f"{gathered.note}\n{text}".strip()[:MOST_NOTE_CHARS]
        return _got(dossier, replace(gathered, note=note), state.code)

    async def send(self, dossier: Dossier, heard: Heard) -> Filed:
        """Into the queue, whatever was pressed how often."""
        state = await self._state(dossier)
        here = heard.underway if heard.underway and heard.underway.dossier == dossier.id else None
        if state is None:
            return _over(dossier)
        gathered = Gathered.of(here) if here and here.question == QUESTION else Gathered("")
        if gathered.request != _name(dossier, state.supplement or Supplement("", "")):
            return await self.ask(dossier)
        if not gathered.files and not gathered.note:
            return _asks(dossier, gathered, say("after.nothing"), state.code)
        handover = await self._handover(dossier, gathered, heard)
        if not handover.documents and not gathered.note:  # erased meanwhile
            return _asks(dossier, Gathered(gathered.request), say("after.nothing"), state.code)
        is_new = await self._handovers.add(handover)
        return _told(say("after.sent" if is_new else "after.sent_before", code=state.code), dossier)

    async def _handover(self, dossier: Dossier, gathered: Gathered, heard: Heard) -> Handover:
        whole = await to_handover(dossier, self._attachments, heard.channel, heard.today)
        found = [await self._file(dossier, one, heard) for one in gathered.files]
        name = say("after.paper")
        papers = tuple(HandoverFile(one.id, name, one.name, one.media_type, one.size_bytes) for one in found if one)
        return replace(
            whole,
            act=Act.supplement,
            supplement_id=gathered.request,
            documents=papers,
            answers={},
            costs=(),
            summary=gathered.note or whole.summary,
            submitted_at=self._clock(),
        )

    async def _file(self, dossier: Dossier, file_id: str, heard: Heard) -> Attachment | None:
        """Sent here, or in the channel where the dossier was filed."""
        here = await self._attachments.find(heard.conversation_id, file_id)
        return here or await self._attachments.find(dossier.conversation_id, file_id)

    async def remind(self, outcome: Outcome, dossier: Dossier, underway: Underway) -> Filed:
        """An answer to something else, and below it what still waits."""
        state = await self._state(dossier)
        if state is None:
            return Filed(outcome, None)
        waiting = _asks(dossier, Gathered.of(underway), say("after.still"), state.code)
        replies = (*outcome.replies, *waiting.outcome.replies)
        turn = outcome.turn.model_copy(update={"question": waiting.outcome.turn.question})
        return Filed(outcome.model_copy(update={"replies": replies, "turn": turn}), waiting.underway)

    async def _state(self, dossier: Dossier) -> DossierState | None:
        """What is known of it; None when nothing is asked for."""
        if dossier.status is not Status.supplement_requested or dossier.reference is None:
            return None
        return await self._following.state_of(dossier.reference)


def _name(dossier: Dossier, request: Supplement) -> str:
    """The request's own id; where the agency gives none, one made of what it wants."""
    wanted_words = "\n".join((request.what, *request.papers))
    return request.id or f"{dossier.reference}-{hashlib.sha256(wanted_words.encode()).hexdigest()[:8]}"


def _got(dossier: Dossier, gathered: Gathered, code: str) -> Filed:
    files = say("filing.files", count=len(gathered.files)) if gathered.files else ""
    what = ", ".join(one for one in (files, gathered.note and say("after.a_note")) if one)
    return _asks(dossier, gathered, say("after.got", what=what), code)


def _asks(dossier: Dossier, gathered: Gathered, text: str, code: str) -> Filed:
    underway = Underway(
        dossier=dossier.id, procedure=dossier.procedure.code, question=QUESTION, half_answer=gathered.kept()
    )
    verbs = ("send", "later") if gathered.files or gathered.note else ("later",)
    buttons = tuple(one for verb in verbs if (one := button(verb, code)))
    shown = ShownQuestion(id=QUESTION, kind="file", prompt=say("after.give"), example=None)
    turn = Turn(kind="journey", procedure_code=dossier.procedure.code, question=shown)
    return Filed(Outcome(replies=(Reply(text=text, buttons=buttons),), turn=turn), underway)


def later(dossier: Dossier) -> Filed:
    return _told(say("after.later"), dossier)


def _over(dossier: Dossier) -> Filed:
    return _told(say("after.over"), dossier)


def _told(text: str, dossier: Dossier) -> Filed:
    turn = Turn(kind="status", procedure_code=dossier.procedure.code)
    return Filed(Outcome(replies=(Reply(text=text),), turn=turn), None)


def button(verb: str, key: str) -> Button | None:
    payload = after_payloads.press(verb, key)
    return Button(title=say(f"after.button.{verb}"), payload=payload) if payload else None
