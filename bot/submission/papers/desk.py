"""The doors of filing with papers beside them: known answers offered, pages added and taken back, the form to keep."""

from __future__ import annotations

import dataclasses
from typing import Protocol

from bot.channels.reply import Button, Outcome, Reply
from bot.submission.answering import Took
from bot.submission.asking import Several
from bot.submission.dossier import Dossier
from bot.submission.dossiers import Changed, Dossiers
from bot.submission.filing import TRIES, Filing
from bot.submission.journey import Answer, Step
from bot.submission.outcomes import gone, remembered
from bot.submission.papers import notes, payloads, telling
from bot.submission.papers.offers import Known, Offer, Offers
from bot.submission.papers.paging import Paging, is_paper, page_ids
from bot.submission.papers.payloads import Press
from bot.submission.papers.refusals import RefusedFile
from bot.submission.payloads import read as read_journey
from bot.submission.payloads import step_at
from bot.submission.persons import whose
from bot.submission.sheet import Sheets
from bot.submission.telling import which_ward
from bot.underway import Filed, Heard, Underway
from bot.wording import say
from knowledge.schema import Procedure

WITHOUT_CARD = ("child",)  # as ids of questions begin: mostly a newborn


class Doors(Protocol):
    """Filing, and whatever stands before it."""

    async def start(self, procedure: Procedure, heard: Heard) -> Filed: ...
    async def command(self, heard: Heard) -> Filed | None: ...
    async def answer(self, heard: Heard, insists: bool = False) -> Filed | None: ...
    async def remind(self, outcome: Outcome, heard: Heard) -> Filed: ...


class PaperDesk:
    """What is not about papers goes through to `doors` as it came; what is said of a question gains buttons."""

    def __init__(
        self, doors: Doors, filing: Filing, dossiers: Dossiers, offers: Offers, paging: Paging, sheets: Sheets
    ) -> None:
        self._doors, self._outcomes = doors, filing.outcomes
        self._dossiers, self._offers, self._paging, self._sheets = dossiers, offers, paging, sheets

    # ---- the doors of filing

    async def start(self, procedure: Procedure, heard: Heard) -> Filed:
        return await self._beside(await self._doors.start(procedure, heard), heard)

    async def command(self, heard: Heard) -> Filed | None:
        press = payloads.read(heard.payload)
        if press:
            return await self._beside(await self._press(press, heard), heard)
        dropped = await self._perhaps_dropped(heard)
        filed = await self._doors.command(heard)
        if dropped and await self._dossiers.open_by_id(dropped.id) is None:
            await self._paging.forget(dropped, heard.conversation_id)
        return await self._beside(filed, heard) if filed else None

    async def _perhaps_dropped(self, heard: Heard) -> Dossier | None:
        """The draft that this message may give up."""
        press = read_journey(heard.payload)
        if press is not None and press.verb == "drop":
            return await self._dossiers.find(heard.conversation_id, press.tag)
        here = heard.underway if heard.underway and heard.underway.is_leaving else None
        return await self._dossiers.find(heard.conversation_id, here.dossier) if here else None

    async def answer(self, heard: Heard, insists: bool = False) -> Filed | None:
        filed = await self._doors.answer(heard, insists)
        return await self._beside(filed, heard) if filed else None

    async def remind(self, outcome: Outcome, heard: Heard) -> Filed:
        return await self._beside(await self._doors.remind(outcome, heard), heard)

    # ---- the buttons

    async def _press(self, press: Press, heard: Heard) -> Filed:
        for _ in range(TRIES):
            dossier = await self._dossiers.find(heard.conversation_id, press.tag)
            if dossier is None or not dossier.is_draft:
                return gone(heard.underway)
            if dossier.last_change == heard.change:  # taken before a crash: only what we said was lost
                return self._outcomes.following(dossier)
            step = step_at(dossier, press.place)
            if step is None:
                return self._outcomes.following(dossier, say("filing.off_path"))
            try:
                return self._outcomes.told(await self._do(press, dossier, step, heard))
            except RefusedFile as error:
                return self._outcomes.following(dossier, error.sentence)
            except Changed:
                continue
        return self._outcomes.following(dossier, say("filing.elsewhere"))

    async def _do(self, press: Press, dossier: Dossier, step: Step, heard: Heard) -> Took:
        match press.verb:
            case "agree" | "refuse":
                noted = {**dossier.answers, **notes.with_consent(press.verb == "agree")}
                return _asked(await self._dossiers.save(dossier, noted, heard.change), step)
            case "use":
                return await self._use(press, dossier, step, heard)
            case "cut" if is_paper(step):
                return await self._cut(press, dossier, step, heard)
            case "more" if is_paper(step):
                return _asked(dossier, step, say("papers.add"), is_adding=True)
        return Took(dossier, say("filing.off_path"))

    async def _cut(self, press: Press, dossier: Dossier, step: Step, heard: Heard) -> Took:
        ids = page_ids(dossier, step)
        left = [one for one in ids if not one.startswith(press.mark or "-")]
        if left == ids:
            return Took(dossier, say("papers.cut_before"))
        saved = await self._paging.put(dossier, step, left, heard)
        return _asked(saved, step, say("papers.cut"), is_adding=bool(left))

    async def _use(self, press: Press, dossier: Dossier, step: Step, heard: Heard) -> Took:
        """The answer that was offered, held against this dossier once more."""
        if step.id in dossier.path.answers and not _is_changing(heard, dossier, step):
            return Took(dossier, say("papers.used_before", answer=dossier.path.answers[step.id].shown))
        known = await self._offers.known(dossier, step, heard.today)
        offer = next((one for one in known.offers if one.mark == press.mark), None)
        if offer is None:
            return Took(dossier, say("papers.offer_gone"))
        if offer.pages:
            return Took(await self._paging.put(dossier, step, list(offer.pages), heard))
        read = self._offers.read(offer, dossier, step, heard.today)
        if isinstance(read, Several):
            underway = remembered(dossier, question=step.id, half_answer=offer.text)
            return Took(dossier, step=step, underway=underway, reply=which_ward(dossier, step, read.wards))
        if not isinstance(read, Answer):
            return Took(dossier, say("papers.offer_gone"))
        saved = await self._dossiers.save(dossier, {**dossier.answers, step.id: read}, heard.change)
        return Took(saved, say("filing.noted", answer=read.shown))

    # ---- beside what is said

    async def _beside(self, filed: Filed, heard: Heard) -> Filed:
        underway = filed.underway
        if underway is None or underway.is_leaving or underway.is_paused:
            return await self._after_the_end(filed, heard)
        dossier = await self._dossiers.find(heard.conversation_id, underway.dossier)
        if dossier is None or not dossier.is_draft:
            return filed
        step = dossier.path.step(underway.question)
        if step is None:
            return self._at_the_review(filed, dossier, heard) if dossier.path.waiting is None else filed
        if underway.half_answer is not None or filed.outcome.turn.question is None:
            return filed
        if is_paper(step) and underway.is_change:
            filed = self._with_pages(filed, dossier, step, heard)
        return _with_known(filed, dossier, step, await self._offers.known(dossier, step, heard.today))

    def _with_pages(self, filed: Filed, dossier: Dossier, step: Step, heard: Heard) -> Filed:
        """The pages there are: to look at, to take back, to add to."""
        ids = page_ids(dossier, step)
        if not ids:
            return filed
        place = [one.id for one in dossier.path.steps].index(step.id) + 1
        more = () if filed.underway.is_adding else (telling.more(dossier, step, place),)
        link, file_url = self._sheets.link(dossier, heard.channel, "papers")
        text = say("papers.look_at", link=link) if link else say("papers.look_below") if file_url else ""
        return _changed(filed, text, (*more, *telling.cuts(dossier, step, ids)), file_url)

    def _at_the_review(self, filed: Filed, dossier: Dossier, heard: Heard) -> Filed:
        reply = self._form(dossier, heard.channel, "papers.form_and_papers")
        replies = filed.outcome.replies
        if reply is None or len(replies) < 2:  # said in the middle of something else
            return filed
        return _said(filed, (*replies[:-1], reply, replies[-1]))

    async def _after_the_end(self, filed: Filed, heard: Heard) -> Filed:
        """The form to keep, once, after the message that ended the questions."""
        press = read_journey(heard.payload)
        named = press.tag if press else heard.underway.dossier if heard.underway else None
        dossier = await self._dossiers.find(heard.conversation_id, named) if named else None
        is_end = dossier is not None and dossier.last_change == heard.change and dossier.consented_at is not None
        reply = self._form(dossier, heard.channel, "papers.form_to_keep") if is_end else None
        return _said(filed, (*filed.outcome.replies, reply)) if reply else filed

    def _form(self, dossier: Dossier, channel: str, key: str) -> Reply | None:
        """None where nobody could open it."""
        link, file_url = self._sheets.link(dossier, channel, "papers")
        if link is None and file_url is None:
            return None
        return Reply(text=f"{say(key)}\n{link}" if link else say(key), file_url=file_url)


def _asked(dossier: Dossier, step: Step, lead: str = "", is_adding: bool = False) -> Took:
    """The same question again."""
    here = dossier.path.step(step.id)
    if here is None:
        return Took(dossier, lead)
    is_change = step.id in dossier.path.answers
    return Took(dossier, lead, here, remembered(dossier, question=step.id, is_change=is_change, is_adding=is_adding))


def _is_changing(heard: Heard, dossier: Dossier, step: Step) -> bool:
    here: Underway | None = heard.underway
    return here is not None and here.dossier == dossier.id and here.question == step.id and here.is_change


def _with_known(filed: Filed, dossier: Dossier, step: Step, known: Known) -> Filed:
    """The buttons of what is known, before all others; or the one question whether it may be used."""
    buttons = [_use(dossier, step, offer) for offer in known.offers]
    text = say("papers.offered") if buttons else ""
    if known.must_ask:
        text = say("papers.may_reuse")
        pairs = (("agree", say("papers.button.agree")), ("refuse", say("papers.button.refuse")))
        buttons += [Button(title=title, payload=payloads.button(verb, dossier, step)) for verb, title in pairs]
    elif not buttons and _may_send_card(dossier, step):
        text = say("papers.card.may_send")
    return _changed(filed, text, tuple(buttons)) if text else filed


def _use(dossier: Dossier, step: Step, offer: Offer) -> Button:
    title = say("papers.button.use", answer=offer.text)
    title = title if len(title) <= 80 else f"{title[:79]}…"
    return Button(title=title, payload=payloads.button("use", dossier, step, offer.mark))


def _may_send_card(dossier: Dossier, step: Step) -> bool:
    """Told once: at the first question that a card answers, of somebody who may have one."""
    answered = [one for one in dossier.path.answered if _is_on_a_card(one)]
    return _is_on_a_card(step) and not answered and not notes.cards(dossier)


def _is_on_a_card(step: Step) -> bool:
    return step.question.kind in telling.CARD_KINDS and whose(step) not in WITHOUT_CARD


def _changed(filed: Filed, text: str, buttons: tuple[Button, ...], file_url: str | None = None) -> Filed:
    """The question is the last that is said: it gains a line and buttons."""
    last = filed.outcome.replies[-1]
    told = "\n".join(part for part in (last.text, text) if part)
    update = {"text": told, "buttons": (*buttons, *last.buttons), "file_url": file_url or last.file_url}
    return _said(filed, (*filed.outcome.replies[:-1], last.model_copy(update=update)))


def _said(filed: Filed, replies: tuple[Reply, ...]) -> Filed:
    return dataclasses.replace(filed, outcome=filed.outcome.model_copy(update={"replies": replies}))
