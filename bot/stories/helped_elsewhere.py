"""A person has the word in another channel of the same citizen: told once here, with the choice to go on here."""

from __future__ import annotations

import re

import sqlalchemy as sa

from bot.channels.reply import Button, Outcome, Reply, Turn
from bot.dialogue.context import Context
from bot.dialogue.guide import Answered
from bot.handoff.case import Case
from bot.handoff.cases import Cases
from bot.handoff.directory import Directory
from bot.handoff.tables import cases
from bot.handoff.taking import NotPossible, Taking
from bot.linking.linking import channel_name
from bot.linking.reach import linked_with
from bot.store import Store
from bot.underway import Heard
from bot.wording import say

KIND = "handoff"
NOT_UNDERSTOOD = ("clarify", "not_found", "small_talk")  # it was meant for the person, most likely
_PRESS = re.compile(r"kh:(?P<verb>[bn]):(?P<case>[0-9a-f]{32})", re.ASCII)
_FOUND = (
    sa.select(cases.c.id)
    .where(cases.c.conversation_id.in_(linked_with(sa.bindparam("conversation"))))
    .where(cases.c.status == sa.literal_column("'claimed'"), cases.c.conversation_id != sa.bindparam("conversation"))
    .order_by(cases.c.claimed_at.desc())
    .limit(1)
)


class HelpedElsewhere:
    def __init__(self, store: Store, all_cases: Cases, taking: Taking, directory: Directory) -> None:
        self._store, self._cases, self._taking, self._directory = store, all_cases, taking, directory

    async def beside(self, conversation_id: str, context: Context, answered: Answered) -> Answered:
        """Before the answer, or in its place where the assistant did not understand; once for each place."""
        outcome, after = answered
        if not outcome.replies or outcome.erases:
            return answered
        case = await self._found(conversation_id)
        mark = _mark(case, conversation_id) if case else ""
        if case is None or mark in (context.escalating.elsewhere, after.escalating.elsewhere):
            return answered
        told = await self._told(case)
        if outcome.turn.kind in NOT_UNDERSTOOD and not context.is_asked:
            return Outcome(replies=(told,), turn=Turn(kind=KIND)), _remembered(context, mark)
        return outcome.model_copy(update={"replies": (told, *outcome.replies)}), _remembered(after, mark)

    async def instead_of_another(self, heard: Heard, answered: Answered) -> Answered | None:
        """Who asks for a person here, while one helps there, gets the same choice; None when nobody does."""
        case = await self._found(heard.conversation_id)
        if case is None or await self._cases.live_of(heard.conversation_id) is not None:
            return None
        outcome = Outcome(replies=(await self._told(case),), turn=Turn(kind=KIND))
        return outcome, _remembered(answered[1], _mark(case, heard.conversation_id))

    async def pressed(self, heard: Heard, context: Context) -> Answered | None:
        """None for anything that is no button of ours."""
        press = _PRESS.fullmatch(heard.payload) if heard.payload else None
        if press is None:
            return None
        case = await self._found(heard.conversation_id)
        if case is None or case.id != press["case"]:
            return _said(context, say("helped_elsewhere.over"))
        name = await self._name(case)
        if press["verb"] == "n":
            return _said(context, say("helped_elsewhere.stays", helper=name, channel=await self._channel(case)))
        try:
            await self._taking.bring(case, heard.conversation_id)
        except NotPossible:
            return _said(context, say("helped_elsewhere.over"))
        return _said(context, say("helped_elsewhere.brought", helper=name))

    async def _found(self, conversation_id: str) -> Case | None:
        where = {"conversation": conversation_id}
        case_id = await self._store.database.read(lambda connection: connection.execute(_FOUND, where).scalar())
        return await self._cases.find(case_id) if case_id else None

    async def _told(self, case: Case) -> Reply:
        text = say("helped_elsewhere.told", helper=await self._name(case), channel=await self._channel(case))
        bring = Button(title=say("helped_elsewhere.bring"), payload=f"kh:b:{case.id}")
        stay = Button(title=say("helped_elsewhere.stay"), payload=f"kh:n:{case.id}")
        return Reply(text=text, buttons=(bring, stay))

    async def _name(self, case: Case) -> str:
        helper = await self._directory.helper(case.helper_id) if case.helper_id else None
        return helper.shown_name if helper else case.team.name if case.team else ""

    async def _channel(self, case: Case) -> str:
        conversation = await self._store.conversation(case.conversation_id)
        return channel_name(conversation.channel if conversation else "")


def _mark(case: Case, conversation_id: str) -> str:
    return f"{case.tag}@{conversation_id[:8]}"


def _remembered(context: Context, mark: str) -> Context:
    return context.model_copy(update={"escalating": context.escalating.model_copy(update={"elsewhere": mark})})


def _said(context: Context, text: str) -> Answered:
    return Outcome(replies=(Reply(text=text),), turn=Turn(kind=KIND)), context
