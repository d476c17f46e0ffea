"""A helper at the questions of a citizen's dossier: what the consent allows and nothing beyond it."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.assisting.asking import Helping, stop
from bot.assisting.consents import Consents
from bot.assisting.session import Ending, Session
from bot.channels.reply import Reply
from bot.conversation import Conversation
from bot.handoff.people import Helper
from bot.services import Services
from bot.store import UnknownConversation
from bot.stories.assisting_sheet import ALLOWED, Place, Sheet, drawn, mark, placed
from bot.submission import payloads, telling
from bot.submission.dossier import Dossier
from bot.submission.dossiers import Changed
from bot.submission.filing import TRIES, Filing
from bot.submission.papers import notes
from bot.submission.words import order
from bot.underway import Filed, Heard, Underway
from bot.wording import say
from knowledge.schema import Procedure
from knowledge.working_days import VIETNAM

CHANNEL = "desk"
FindHelper = Callable[[str], Awaitable[Helper | None]]


class NotAllowed(Exception):
    """Something that only the citizen may do, or about another dossier."""


class Over(Exception):
    """The consent does not hold (any more)."""


class Assisting:
    """Fills in through the doors of filing, where every write names the version it has read."""

    def __init__(self, services: Services, filing: Filing, consents: Consents, find: FindHelper) -> None:
        self._services, self._filing, self.consents, self._find_helper = services, filing, consents, find
        self._dossiers, self._gateway = services.dossiers, services.gateway

    async def describe(self, session: Session) -> Helping | None:
        """None when the helper is no longer in the list, or the procedure is not filed here now."""
        helper = await self._find_helper(session.helper_id)
        what = await self.what(session.procedure_code)
        return Helping(helper.name, helper.team.name, what) if helper and what else None

    async def what(self, code: str) -> str | None:
        """The procedure as people call it; None where it has no journey or is switched off."""
        procedure = self._services.library.snapshot.catalogue.get(code)
        is_off = procedure is None or not procedure.questions
        if is_off or code in await self._services.switches.procedures_off():
            return None
        return procedure.spoken_name

    # ---- the dossier

    async def begin(self, session: Session, helper: Helper) -> None:
        """The citizen's own draft, which notes who helped; begun once, whatever was cut off before. Raises Over."""
        if not session.is_open:
            raise Over
        procedure = self._services.library.snapshot.catalogue.get(session.procedure_code)
        if procedure is None or await self.what(procedure.code) is None:
            await self.consents.end(session.id, Ending.closed)
            raise Over
        session = await self._with_place(session)
        dossier = await self._noted(session, procedure, helper.shown_name)
        if not await self.consents.begun(session.id, dossier.id):
            return  # another tab was quicker
        told = say("assisting.started", helper=helper.shown_name, what=procedure.spoken_name)
        await self._gateway.push(session.conversation_id or "", Reply(text=told, buttons=(stop(),)))
        if session.is_by_phone:
            await self._gateway.push(session.conversation_id or "", Reply(text=say("assisting.phone.keep")))

    async def _with_place(self, session: Session) -> Session:
        """Who agreed by a code gets a conversation of their own, always a new one: a number tells nobody who it is
        that has it now. Raises Over."""
        if session.conversation_id is not None:
            return session
        conversation, _ = await self._services.store.start_conversation("web")
        if not await self.consents.give_place(session.id, conversation.id):  # another tab was quicker, or it is over
            await self._services.store.erase(conversation.id, is_final=True)
        found = await self.consents.find(session.id)
        if found is None or found.conversation_id is None:
            raise Over
        return found

    async def _noted(self, session: Session, procedure: Procedure, name: str) -> Dossier:
        """The citizen's draft, in which stands who helps. Raises Over."""
        for _ in range(TRIES):
            try:
                dossier = await self._dossiers.begin(session.conversation_id or "", procedure)
                noted = notes.with_helper(dossier, name)
                told = {**dossier.answers, **noted}
                return await self._dossiers.save(dossier, told, _change(session, "begin")) if noted else dossier
            except Changed:  # the citizen answered at the same moment
                continue
            except UnknownConversation:
                break
        await self.consents.end(session.id, Ending.cancelled)
        raise Over

    async def sheet(self, session: Session) -> Sheet:
        """Raises Over."""
        dossier = await self._open(session)
        place = await self._place(session, dossier)
        return drawn(dossier, place, session.shown_version)

    async def version(self, session: Session) -> int | None:
        """Of the draft as it is now; None when there is none any more."""
        dossier = await self._dossiers.find(session.conversation_id or "", session.dossier_id or "-")
        return dossier.version if dossier and dossier.is_draft else None

    async def _open(self, session: Session) -> Dossier:
        """The draft, as long as the consent holds; an end that nobody has noted is noted now."""
        if not session.is_open or session.dossier_id is None:
            raise Over
        dossier = await self._dossiers.find(session.conversation_id or "", session.dossier_id)
        if dossier is not None and dossier.is_draft:
            return dossier
        await self.consents.end(session.id, Ending.submitted if dossier else Ending.cancelled)
        raise Over

    async def _place(self, session: Session, dossier: Dossier) -> Place:
        state = await self.consents.state(session.id)
        place = Place.read(state) if state else None
        if place is not None and place.version == dossier.version:
            return place
        what = "agreed" if dossier.consented_at else "elsewhere"
        lead = say(f"assisting.desk.{what}") if place else ""
        now = placed(self._filing.outcomes.following(dossier), dossier, lead)
        return replace(now, typed=place.typed if place else {})

    # ---- what a helper does

    async def answer(
        self, session: Session, message_id: str, text: str | None, payload: str | None, question_id: str | None
    ) -> None:
        """One answer or step. Raises NotAllowed, Over."""
        dossier = await self._open(session)
        place = await self._place(session, dossier)
        step = _step_meant(dossier, place.underway, payload)
        heard = Heard(
            conversation_id=session.conversation_id or "",
            change=_change(session, message_id),
            today=self._services.store.clock().astimezone(VIETNAM).date(),
            channel=CHANNEL,
            underway=place.underway,
            text=text,
            payload=payload,
            question_id=question_id if payload is None else None,
        )
        filed = await self._heard(heard, dossier)
        after = await self._open(session)
        if filed is None or filed.underway is None:
            after_it = replace(place, lead=say("assisting.desk.is_question"))
        else:
            after_it = replace(placed(filed, after), typed=place.typed)
        if step and after.version != dossier.version and after.last_change == heard.change:
            await self.consents.note_answer(session.id, after.version, step)
            after_it = replace(after_it, typed={**place.typed, step: mark(after.answers.get(step))})
        await self.consents.keep_state(session.id, after_it.sealed_as())

    async def _heard(self, heard: Heard, dossier: Dossier) -> Filed | None:
        if heard.payload is not None:
            press = payloads.read(heard.payload)
            if press is None or press.verb not in ALLOWED or press.tag != dossier.tag:
                raise NotAllowed
            return await self._filing.command(heard)
        if heard.underway.question is None:
            if order(heard.text or "") in ("send", "cancel"):
                raise NotAllowed
            return None
        return await self._filing.answer(heard)

    async def show(self, session: Session, helper: Helper) -> str:
        """Everything to the citizen, to be read and agreed to there; what the helper is told. Raises Over."""
        dossier = await self._open(session)
        if dossier.path.waiting is not None:
            return "not_ready"
        if session.shown_version == dossier.version or dossier.consented_at is not None:
            return "shown_before"
        where = await self._where(session)
        if where is None:
            return "left_channel"
        await self.consents.shown(session.id, dossier.version)
        lead = say("assisting.look", helper=helper.shown_name, what=dossier.procedure.spoken_name)
        await self._gateway.notify(session.conversation_id or "", Reply(text=lead, buttons=(stop(),)))
        for reply in self._filing.outcomes.following(dossier).outcome.replies:
            await self._gateway.push(where.id, reply)
        return "shown"

    async def _where(self, session: Session) -> Conversation | None:
        """Where the citizen answered last; None when they have left it."""
        where = await self._services.store.where_to_tell(session.conversation_id or "")
        found = await self._services.store.conversation(where)
        return found if found and found.closed_at is None else None

    async def stop(self, session: Session, helper: Helper) -> None:
        """The helper has done what they could; the citizen goes on alone."""
        dossier = await self._dossiers.find(session.conversation_id or "", session.dossier_id or "-")
        if not await self.consents.end(session.id, Ending.helper) or dossier is None or not dossier.is_draft:
            return
        told = say("assisting.finished", helper=helper.shown_name, what=dossier.procedure.spoken_name)
        reply = Reply(text=told, buttons=(telling.go_on(dossier),))
        await self._gateway.push(session.conversation_id or "", reply)


def _step_meant(dossier: Dossier, underway: Underway, payload: str | None) -> str | None:
    """The question that an answer is about; None for steps that answer nothing."""
    press = payloads.read(payload)
    if payload is None:
        return underway.question
    step = payloads.step_at(dossier, press.place) if press and press.verb in ("answer", "skip") else None
    return step.id if step else None


def _change(session: Session, message_id: str) -> bytes:
    return hashlib.sha256("\0".join(("assisting", session.id, message_id)).encode()).digest()
