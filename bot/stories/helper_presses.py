"""The buttons under a case in a helper's chat: each checked as at the desk, audited, and harmless when late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.channels.reply import Reply
from bot.desk.parts import DeskParts
from bot.handoff import chat_sentences as words
from bot.handoff.case import BY_HELPER, Case, Ending, Status
from bot.handoff.chats import Chat, Chats
from bot.handoff.people import Helper
from bot.handoff.taking import NotPossible
from bot.services import Services
from bot.stories.case_news import CaseNews
from bot.stories.case_summary import current_dossier, summarise
from bot.wording import say

_ACTS = {"c": "claim", "f": "case", "e": "close", "b": "put_back", "o": "hand_on", "k": "consent", "s": "case"}


@dataclass(frozen=True)
class Here:
    """Who does something, where, and the update that says so."""

    chat: Chat
    helper: Helper
    update: str


class HelperPresses:
    def __init__(self, services: Services, desk: DeskParts, chats: Chats, news: CaseNews) -> None:
        self._services, self._desk, self._chats, self._news = services, desk, chats, news

    async def pause(self, here: Here) -> Sequence[Reply]:
        await self._chats.focus(here.chat, None)
        return (Reply(text=say("helper_chat.paused")),)

    async def listed(self, here: Here) -> Reply:
        queue = await self._desk.cases.queue(here.helper)
        mine = [case for case in queue if case.status is Status.claimed and case.helper_id == here.helper.id]
        waiting = [case for case in queue if case.status is Status.open]
        return words.listed(mine, waiting, self._services.store.clock())

    async def obey(self, here: Here, verb: str, case_id: str, value: str) -> Sequence[Reply]:
        if verb == "l":
            return (await self.listed(here),)
        if verb == "p":
            return await self.pause(here)
        case = await self._desk.cases.find(case_id)
        if case is None:
            return (Reply(text=say("desk.over")),)
        if case.helper_id != here.helper.id and not here.helper.may_see(case.team, case.province, case.ward):
            await self._desk.audit.note(here.helper.id, "chat_press", case.id, "denied")
            return (Reply(text=say("helper_chat.not_yours")),)
        if verb != "c" and (case.status is not Status.claimed or case.helper_id != here.helper.id):
            return (Reply(text=say("desk.changed")),)
        try:
            return await self._pressed(here, verb, case, value)
        except NotPossible as reason:
            await self._desk.audit.note(here.helper.id, _ACTS[verb], case.id, "failed")
            return (Reply(text=say(f"desk.{reason.key}")),)

    async def _pressed(self, here: Here, verb: str, case: Case, value: str) -> Sequence[Reply]:
        match verb:
            case "c" | "f":
                return await self._take(here, case, is_claim=verb == "c")
            case "e" if value not in BY_HELPER:
                return (words.endings(case),)
            case "e":
                await self._desk.escalation.close(case, Ending(value), here.helper)
                return await self._left(here, case, verb, "closed")
            case "b":
                await self._desk.taking.put_back(case, here.helper)
                return await self._left(here, case, verb, "put_back")
            case "o":
                return await self._hand_on(here, case, value)
            case "k":
                return await self._ask_consent(here, case)
        return (await self._summary(case),)

    async def _take(self, here: Here, case: Case, is_claim: bool) -> Sequence[Reply]:
        if is_claim:
            case = await self._desk.taking.claim(case.id, here.helper)
            await self._desk.audit.note(here.helper.id, "claim", case.id)
        await self._chats.focus(here.chat, case.id)
        await self._news.follow(case, here.helper)
        return (words.in_focus(case), await self._summary(case)) if is_claim else (words.in_focus(case),)

    async def _hand_on(self, here: Here, case: Case, value: str) -> Sequence[Reply]:
        ids = dict.fromkeys(team.id for team in (case.team, here.helper.team) if team)
        people = [one for team_id in ids for one in await self._desk.directory.members(team_id)]
        others = [one for one in people if one.id != here.helper.id]
        chosen = next((one for one in others if value and one.id.startswith(value)), None)
        if chosen is None:
            return (words.colleagues(case, others),)
        await self._desk.taking.hand_to_colleague(case, here.helper, chosen)
        return await self._left(here, case, "o", "handed")

    async def _left(self, here: Here, case: Case, verb: str, told: str) -> Sequence[Reply]:
        await self._news.unfollow(case, here.helper)
        await self._desk.audit.note(here.helper.id, _ACTS[verb], case.id)
        said = Reply(text=say("helper_chat.left", code=case.code, told=say(f"desk.{told}")))
        return (said, await self.listed(here))

    async def _ask_consent(self, here: Here, case: Case) -> Sequence[Reply]:
        dossier = await current_dossier(self._services, case)
        if dossier is None:
            return (Reply(text=say("desk.no_dossier")),)
        await self._desk.talking.ask_consent(case, here.helper, dossier.id, dossier.procedure.spoken_name)
        await self._desk.audit.note(here.helper.id, "consent", case.id)
        return (Reply(text=say("helper_chat.consent.asked")),)

    async def _summary(self, case: Case) -> Reply:
        """What was asked and how far the dossier is; its answers are read at the desk."""
        found = await summarise(self._services, case)
        told = [say("helper_chat.summary.of", code=case.code)]
        if found.procedure:
            told.append(say("helper_chat.summary.procedure", name=found.procedure))
        if found.asked:
            told.append(say("helper_chat.summary.asked", what=", ".join(found.asked)))
        if found.dossier is not None:
            told.append(say("helper_chat.summary.dossier", what=found.dossier.what, told=found.dossier.told))
        if found.dossier is not None and found.dossier.waiting:
            told.append(say("helper_chat.summary.waiting", question=found.dossier.waiting))
        if found.files:
            told.append(say("helper_chat.summary.files", count=found.files))
        return Reply(text="\n".join(told) if len(told) > 1 else say("helper_chat.summary.nothing", code=case.code))
