"""Life events and guides in the conversation: which message or button they answer, and what is remembered."""

from __future__ import annotations

import datetime as dt

from bot.channels.reply import Outcome, Reply, Turn
from bot.dialogue import life_telling
from bot.dialogue.context import Context
from bot.dialogue.facts import helper_button
from bot.dialogue.guide import Answered, Asked
from bot.dialogue.life_telling import Door, Told
from bot.dialogue.said_day import SaidDay, Unclear, beside_lunar_day, said_day
from bot.wording import say
from knowledge.advice import Advice
from knowledge.guides import Guide
from knowledge.life_events import LifeEvent
from knowledge.schema import Facet
from knowledge.text import plain_words
from knowledge.topics import needs_warning, own_words

MOST_WORDS_BESIDE_A_DAY = 1  # "bé sinh hôm 3/11 ạ" answers our question, a longer message asks another
MOST_WORDS_BESIDE_A_LUNAR_DAY = 3  # "dạ mùng 3 âm lịch nhé ạ"


class Life:
    """Answers messages about what happened to people, and about digital basics and scams; holds no state."""

    def __init__(self, advice: Advice, public_url: str) -> None:
        self._advice, self._public_url = advice, public_url

    def answer(self, text: str, asked: Asked, channel: str) -> Answered | None:
        """The checklist or guide that `text` asks for; None when it asks for something else."""
        found = self._advice.topics.find(text)
        if found is None:
            return self._day_told(text, asked, channel)
        if found in self._advice.events:
            return self._told_event(self._advice.events[found], text, asked, channel)
        guide = self._advice.guide(found)
        if guide is None:
            return None
        return self._warned(guide, asked) if _is_about_codes(guide, text) else self.guide(found, asked, channel)

    def event(self, event_id: str, step: int | None, asked: Asked, channel: str) -> Answered:
        """A button: the whole event, or one of its steps; the day told before is still known."""
        found = self._advice.events.get(event_id)
        if found is None:
            return _gone(asked)
        told = self._told(asked, channel, asked.context.day_of(event_id))
        outcome = life_telling.event(found, told) if step is None else self._step(found, step, told)
        return (outcome, self._remembered(found, told.event_day, asked)) if outcome else _gone(asked)

    def guide(self, guide_id: str, asked: Asked, channel: str) -> Answered:
        """A button or a recognised message: the guide."""
        found = self._advice.guide(guide_id)
        if found is None:
            return _gone(asked)
        return life_telling.guide(found, self._told(asked, channel, None), self._guides(found.see_also)), asked.context

    def beside(self, answered: Answered, text: str) -> Answered:
        """The warning about codes and money stays as it is; the guide to that scam follows it as a button."""
        outcome, context = answered
        if outcome.turn.kind != "safety" or not outcome.replies or not self._advice.scams:
            return answered
        guide = self._advice.guide(self._advice.topics.nearest(text, self._advice.scams))
        *earlier, last = outcome.replies
        buttons = (life_telling.guide_button(guide), *last.buttons)
        replies = (*earlier, last.model_copy(update={"buttons": buttons}))
        return outcome.model_copy(update={"replies": replies}), context

    # ---- an event

    def _told_event(self, found: LifeEvent, text: str, asked: Asked, channel: str) -> Answered:
        said = said_day(text, asked.asker.today, found.may_come) if found.day_name else Unclear.none
        day = said.day if isinstance(said, SaidDay) else None
        outcome = life_telling.event(found, self._told(asked, channel, day), day_was_lunar=said == Unclear.lunar)
        return outcome, self._remembered(found, day, asked)

    def _day_told(self, text: str, asked: Asked, channel: str) -> Answered | None:
        """'3/11' after an event was told: its deadlines as dates."""
        found = self._advice.events.get(asked.context.event or "")
        if found is None or found.day_name is None or asked.context.event_day:
            return None
        said = said_day(text, asked.asker.today, found.may_come)
        if said == Unclear.lunar:
            is_day = len(beside_lunar_day(text).split()) <= MOST_WORDS_BESIDE_A_LUNAR_DAY
            return self._told_event(found, text, asked, channel) if is_day else None
        if not isinstance(said, SaidDay) or not _is_short(said.rest):
            return None
        return self._told_event(found, text, asked, channel)

    def _step(self, found: LifeEvent, step: int, told: Told) -> Outcome | None:
        return life_telling.step(found, step, told, self._guides(found.guides))

    def _remembered(self, found: LifeEvent, day: dt.date | None, asked: Asked) -> Context:
        """The procedures named are the options that 'cái thứ hai' and 'còn lệ phí?' mean."""
        codes = tuple(step.code for step in found.steps if step.code and step.code in asked.knowledge.catalogue)
        offered = asked.context.offering(codes, (Facet.overview,))
        return offered.model_copy(update={"event": found.id, "event_day": day})

    # ---- parts

    def _warned(self, guide: Guide, asked: Asked) -> Answered:
        buttons = (life_telling.guide_button(guide), helper_button())
        return Outcome(replies=(Reply(text=say("safety"), buttons=buttons),), turn=Turn(kind="safety")), asked.context

    def _guides(self, ids: tuple[str, ...]) -> list[Guide]:
        return [guide for guide_id in ids if (guide := self._advice.guide(guide_id))]

    def _told(self, asked: Asked, channel: str, day: dt.date | None) -> Told:
        door = Door(self._public_url, is_web=channel == "web")
        return Told(asked.asker.today, day, asked.knowledge.catalogue, door)


def _is_about_codes(guide: Guide, text: str) -> bool:
    return guide.kind == "scam" and needs_warning(text)


def _is_short(rest: str) -> bool:
    return len(own_words(plain_words(rest))) <= MOST_WORDS_BESIDE_A_DAY


def _gone(asked: Asked) -> Answered:
    reply = Reply(text=say("life.gone"), buttons=(helper_button(),))
    return Outcome(replies=(reply,), turn=Turn(kind="not_found")), asked.context
