"""A petition is written in the conversation: each part asked for, or all told at once, looked through and sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from bot.channels.reply import Outcome, Reply, Turn
from bot.petitions import telling
from bot.petitions.petition import PARTS, Content, Petition, Status, read_code
from bot.petitions.petitions import Changed, Petitions
from bot.petitions.reading import MOST_CHARS, order, read_all, read_part, tells
from bot.store import Clock
from bot.underway import Heard
from bot.wording import say
from knowledge.places import Places

MOST_STATUS_CHARS = 80  # a longer message with a code in it tells something else
MOST_SUPPLEMENT_CHARS = 4_000


@dataclass(frozen=True)
class Written:
    """What is said, the petition that goes on being written here, and whether a dossier that waited goes on now."""

    outcome: Outcome
    petition: str | None = None
    goes_on: bool = False


class Writing:
    """Keeps nothing itself: the draft is in the store, its id in the conversation's memory."""

    def __init__(
        self, petitions: Petitions, places: Places, clock: Clock, hotline: str, is_control: Callable[[str], bool]
    ) -> None:
        self._petitions, self._places, self._clock = petitions, places, clock
        self._hotline, self._is_control = hotline, is_control

    async def take(self, heard: Heard, petition_id: str | None) -> Written | None:
        """None when the message is not about a petition."""
        if heard.payload is not None:
            is_ours = heard.payload.startswith(telling.PREFIX)
            return await self._press(heard, petition_id) if is_ours else None
        text, code = heard.text or "", read_code(heard.text or "")
        if code and len(text) <= MOST_STATUS_CHARS:
            return await self._state(heard, code, petition_id)
        match order(text):
            case "new":
                return await self._begin(heard, petition_id)
            case "mine":
                return await self._state(heard, None, petition_id)
        return await self._go_on(heard, petition_id) if petition_id else None

    async def _press(self, heard: Heard, petition_id: str | None) -> Written | None:
        match heard.payload.split(":"):
            case ["pt", "new"]:
                return await self._begin(heard, petition_id)
            case ["pt", "mine"]:
                return await self._state(heard, None, petition_id)
            case ["pt", "more", code]:
                return await self._more(heard, code)
            case ["pt", "send" | "drop" as verb]:
                return await self._with_draft(heard, petition_id, verb)
            case ["pt", "edit", part] if part in PARTS:
                return await self._with_draft(heard, petition_id, part)
        return None

    # ---- writing

    async def _begin(self, heard: Heard, petition_id: str | None) -> Written:
        there = await self._petitions.find(heard.conversation_id, petition_id) if petition_id else None
        if there is not None and there.status is Status.draft:
            return _asks(there, say("petition.goes_on"))
        waits = heard.underway is not None and not heard.underway.is_paused
        made = await self._petitions.begin(heard.conversation_id, Content(holds_journey=waits), heard.change)
        return _asks(made, say("petition.begin"))

    async def begin_with(self, heard: Heard, petition_id: str | None) -> Written | None:
        """What is the matter was told unasked: it is kept as the petition's text; None when it was not told."""
        if petition_id is not None or not tells(heard.text or "") or len(heard.text) > MOST_CHARS:
            return None
        waits = heard.underway is not None and not heard.underway.is_paused
        content = Content(text=read_part("text", heard.text) or "", holds_journey=waits)
        made = await self._petitions.begin(heard.conversation_id, content, heard.change)
        return _asks(made, say("petition.begin_with", text=telling.shown(content.text)))

    async def _go_on(self, heard: Heard, petition_id: str) -> Written | None:
        petition = await self._petitions.find(heard.conversation_id, petition_id)
        if petition is None or petition.status not in (Status.draft, Status.asked):
            return await self._after_the_end(petition, heard)
        text = heard.text or ""
        ordered = order(text)
        if ordered == "drop":
            return await self._drop(petition)
        if self._is_control(text):
            return None
        try:
            if petition.status is Status.asked:
                return await self._supplement(petition, text, heard)
            if petition.last_change == heard.change:
                return _asks(petition)  # taken before a crash: only what we said was lost
            if petition.content.missing is None:
                return (
                    await self._send(petition, heard) if ordered == "send" else await self._at_review(petition, heard)
                )
            return await self._hear(petition, text, heard)
        except Changed:
            return await self._go_on(heard, petition_id)

    async def _after_the_end(self, petition: Petition | None, heard: Heard) -> Written | None:
        """It is gone, or this very message has sent it before a crash."""
        if petition is not None and petition.last_change == heard.change:
            return _ends(telling.sent(petition), petition.content.holds_journey)
        return None

    async def _hear(self, petition: Petition, text: str, heard: Heard) -> Written | None:
        content, part = petition.content, petition.content.missing
        if len(text) > MOST_CHARS:
            return _asks(petition, say("petition.wrong.too_long", most=MOST_CHARS))
        told = read_all(text) or ({part: value} if (value := read_part(part, text)) else {})
        if not told:
            is_question = text.rstrip().endswith("?") and part != "text"
            return None if is_question else _asks(petition, say(f"petition.wrong.{part if text else 'no_text'}"))
        changed = self._with_place(dataclasses.replace(content, **told), content)
        return _asks(await self._petitions.save(petition, changed, heard.change))

    def _with_place(self, content: Content, before: Content) -> Content:
        """An address names the ward that will deal with it; one that does not is asked about once."""
        if not content.address or content.address == before.address:
            return content
        told = f"{content.address}, {before.text}" if before.asks_place else content.address
        wards = self._places.read(told).wards
        if len(wards) == 1:
            return dataclasses.replace(content, ward=wards[0].name, province=wards[0].province, asks_place=False)
        if before.asks_place:
            return dataclasses.replace(content, ward="", province="")
        return dataclasses.replace(content, address="", asks_place=True)

    async def _at_review(self, petition: Petition, heard: Heard) -> Written | None:
        """Everything is told; words that order nothing here are for the others, a question of theirs above all."""
        changed = read_all(heard.text or "")
        if not changed:
            return None
        content = self._with_place(dataclasses.replace(petition.content, **changed), petition.content)
        return _asks(await self._petitions.save(petition, content, heard.change))

    async def _with_draft(self, heard: Heard, petition_id: str | None, act: str) -> Written:
        """A button below a draft."""
        petition = await self._petitions.find(heard.conversation_id, petition_id) if petition_id else None
        if petition is None or petition.status is not Status.draft:
            ended = await self._after_the_end(petition, heard)
            return ended or Written(_outcome(Reply(text=say("petition.gone"), buttons=(telling.start_button(),))))
        if act == "drop":
            return await self._drop(petition)
        if act == "send":
            return await self._send(petition, heard)
        content = dataclasses.replace(petition.content, **{act: ""}, asks_place=False)
        try:
            return _asks(await self._petitions.save(petition, content, heard.change))
        except Changed:
            return await self._with_draft(heard, petition_id, act)

    # ---- the end

    async def _send(self, petition: Petition, heard: Heard) -> Written:
        if petition.content.missing is not None:
            return _asks(petition)
        try:
            sent = await self._petitions.send(petition, heard.change)
        except Changed:
            return await self._with_draft(heard, petition.id, "send")
        return _ends(telling.sent(sent), sent.content.holds_journey)

    async def _drop(self, petition: Petition) -> Written:
        if petition.status is Status.draft:
            await self._petitions.drop(petition)
        return _ends(Reply(text=say("petition.dropped")), petition.content.holds_journey)

    # ---- afterwards

    async def _state(self, heard: Heard, code: str | None, petition_id: str | None) -> Written:
        found = await self._petitions.own(heard.conversation_id, code)
        if not found:
            key = "petition.not_yours" if code else "petition.none"
            return Written(_outcome(Reply(text=say(key), buttons=(telling.start_button(),))), petition_id)
        told = tuple(telling.state(one, self._clock(), self._hotline) for one in found)
        return Written(_outcome(*told), petition_id)

    async def _more(self, heard: Heard, code: str) -> Written:
        found = await self._petitions.own(heard.conversation_id, read_code(code) or "-")
        if not found or found[0].status is not Status.asked:
            return Written(_outcome(Reply(text=say("petition.not_yours"))))
        return Written(_outcome(Reply(text=say("petition.ask.more", text=found[0].last.text))), found[0].id)

    async def _supplement(self, petition: Petition, text: str, heard: Heard) -> Written:
        told = text.strip()[:MOST_SUPPLEMENT_CHARS]
        if not told:
            return Written(_outcome(Reply(text=say("petition.wrong.no_text"))), petition.id)
        supplemented = await self._petitions.supplement(petition, told, heard.change)
        due = telling.day(supplemented.due_at)
        return Written(_outcome(Reply(text=say("petition.supplemented", code=petition.code, due=due))))


def _asks(petition: Petition, lead: str | None = None) -> Written:
    return Written(_outcome(telling.ask(petition.content, lead)), petition.id)


def _ends(reply: Reply, goes_on: bool) -> Written:
    return Written(_outcome(reply), None, goes_on)


def _outcome(*replies: Reply) -> Outcome:
    return Outcome(replies=replies, turn=Turn(kind="petition"))
