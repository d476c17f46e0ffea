"""One answer: held against the question that was asked here, kept, or told why not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.channels.reply import Button, Reply
from bot.submission import answers, payloads, telling
from bot.submission.answers_choices import NO, YES, answer_of, yes_no_answer
from bot.submission.asking import Asked, Parsed, Several, Wrong
from bot.submission.dossier import Dossier
from bot.submission.dossiers import FILE, Dossiers
from bot.submission.findings import LATER
from bot.submission.journey import Answer, Step
from bot.submission.papers.paging import Kept, Paging
from bot.submission.papers.refusals import RefusedFile
from bot.submission.papers.shelf import NoShelf, Shelf
from bot.submission.papers.telling import hints, more, no_file
from bot.submission.payloads import Press
from bot.submission.persons import person_of
from bot.submission.words import is_a_wish, is_nothing, looks_like_a_question, order
from bot.underway import Heard, Underway
from bot.wording import say
from knowledge.places import Places
from knowledge.schema import Question

MANY_MISSES = 2  # after so many bad answers: an explanation and a person
OPEN_KINDS = ("text", "person_name", "address")  # nearly any words could be one: a question has to be told apart first


@dataclass(frozen=True)
class Took:
    """What came of an answer. `step` None: it is kept, the next question follows; else that step is asked again."""

    dossier: Dossier
    lead: str = ""
    step: Step | None = None
    underway: Underway | None = None
    extra: tuple[Button, ...] = ()
    reply: Reply | None = None  # instead of the question


class Answering:
    """Raises Changed from every verb when another device was quicker; the caller reads the dossier again."""

    def __init__(self, dossiers: Dossiers, places: Places) -> None:
        self._dossiers, self._places = dossiers, places
        self.shelf: Shelf = NoShelf()  # until files are opened here

    async def take(self, dossier: Dossier, heard: Heard, insists: bool) -> Took | None:
        """A message in words or files; None when it rather asks us something."""
        if dossier.last_change == heard.change:  # taken before a crash: only what we said was lost
            return Took(dossier)
        if heard.underway.question is None:
            return await self._files(dossier, None, heard) if heard.attachment_ids else None
        step = _asked_here(dossier, heard.underway)
        if step is None:
            return Took(dossier, say("filing.elsewhere"))
        if heard.question_id not in (None, step.id):
            return self._old(dossier, dossier.path.step(heard.question_id))
        if heard.attachment_ids:
            return await self._files(dossier, step, heard)
        return await self._words(dossier, step, heard, insists)

    async def _words(self, dossier: Dossier, step: Step, heard: Heard, insists: bool) -> Took | None:
        text = heard.text or ""
        is_open = step.question.kind in OPEN_KINDS and not step.is_more
        if is_open and not insists and _asks_us(step, text):
            return None
        if _leaves_out(step, text):
            return await self.skip(dossier, step, heard)
        parsed = self._read(text, dossier, step, heard)
        if isinstance(parsed, Answer):
            return await self._keep(dossier, step, parsed, heard)
        if not insists and _asks_us(step, text):
            return None
        return self._refuse(dossier, step, parsed, heard)

    def _read(self, text: str, dossier: Dossier, step: Step, heard: Heard) -> Parsed:
        """What was written; for an address whose ward was asked back also together with what was written then."""
        half = heard.underway.half_answer
        if half is None:
            return answers.parse(text, self._asked(dossier, step, heard))
        several = answers.parse(half, self._asked(dossier, step, heard))
        number = re.fullmatch(r"\D{0,6}(\d)", text.strip())
        if isinstance(several, Several) and number and 0 < int(number[1]) <= len(several.wards):
            return answers.parse(half, self._asked(dossier, step, heard, several.wards[int(number[1]) - 1].key))
        alone = answers.parse(text, self._asked(dossier, step, heard))
        together = (
            alone if isinstance(alone, Answer) else answers.parse(f"{half}, {text}", self._asked(dossier, step, heard))
        )
        return alone if isinstance(together, Wrong) else together

    def _asked(self, dossier: Dossier, step: Step, heard: Heard, ward_key: str | None = None) -> Asked:
        ward = self._places.ward(ward_key) if ward_key else None
        return Asked(_as_asked(step), heard.today, self._places, person_of(step, dossier.path), ward)

    # ---- kept

    async def _keep(self, dossier: Dossier, step: Step, answer: Answer, heard: Heard) -> Took:
        saved = await self._dossiers.save(dossier, {**dossier.answers, step.id: answer}, heard.change)
        is_as_written = answer.shown.lower() == (heard.text or "").strip().lower()
        return Took(saved, "" if is_as_written or not heard.text else say("filing.noted", answer=answer.shown))

    async def skip(self, dossier: Dossier, step: Step, heard: Heard) -> Took:
        """Left out where it may be; a paper may come later."""
        if step.is_more or not (step.question.optional or step.question.kind == FILE):
            return self._again(dossier, step, heard, say("filing.must"))
        later = step.question.kind == FILE and not step.question.optional
        left = Answer(LATER, say("filing.later")) if later else Answer("", say("filing.left_out"))
        saved = await self._dossiers.save(dossier, {**dossier.answers, step.id: left}, heard.change)
        return Took(saved)

    async def _files(self, dossier: Dossier, step: Step | None, heard: Heard) -> Took:
        """Pages of a paper, or a card to fill answers from."""
        try:
            kept = await Paging(self._dossiers, self.shelf).take(dossier, step, heard)
        except RefusedFile as error:
            return self._not_taken(dossier, step, heard, error.sentence)
        if kept is None:
            return self._not_taken(dossier, step, heard, no_file(step))
        if kept.paper is None:
            told = say("papers.card.read", name=kept.card.name)
            return Took(kept.dossier, told, kept.dossier.path.step(step.id) if step else None, heard.underway)
        return self._paged(kept, kept.paper, step, heard)

    def _not_taken(self, dossier: Dossier, step: Step | None, heard: Heard, why: str) -> Took:
        return self._again(dossier, step, heard, why) if step else Took(dossier, why)

    def _paged(self, kept: Kept, paper: Step, asked: Step | None, heard: Heard) -> Took:
        """What follows, with what was odd about a photo, and a button for one more page."""
        saved = kept.dossier
        number = telling.number(saved, paper)
        is_asked = asked is not None and asked.id == paper.id
        added = "" if is_asked else say("filing.file_added", number=number)
        lead = "\n".join(part for part in (added, hints(kept.sent)) if part)
        following = saved.path.step(asked.id) if asked and not is_asked else saved.path.waiting
        if following is None:
            return Took(saved, lead)
        here = heard.underway if following is not saved.path.waiting else None
        underway = here or Underway(dossier=saved.id, procedure=saved.procedure.code, question=following.id)
        return Took(saved, lead, following, underway, (more(saved, paper, number),))

    # ---- a button

    async def press(self, dossier: Dossier, step: Step, press: Press, heard: Heard) -> Took:
        """An answer by button: of the question asked now, or an old one, which changes nothing."""
        here = heard.underway if heard.underway and heard.underway.dossier == dossier.id else None
        is_changing = here is not None and here.is_change and here.question == step.id
        told = dossier.path.answers.get(step.id)
        if not is_changing and told is not None:  # an old button, or the same one tapped twice
            return Took(dossier) if press.value == told.value else self._old(dossier, step)
        if press.verb == "skip":
            return await self.skip(dossier, step, heard)
        answer = self._pressed(dossier, step, press.value, heard, here)
        if answer is None:
            return self._again(dossier, step, heard, say("filing.wrong.choice"))
        return await self._keep(dossier, step, answer, heard)

    def _pressed(self, dossier: Dossier, step: Step, value: str, heard: Heard, here: Underway | None) -> Answer | None:
        """None for a value that this question never had on a button."""
        if step.is_more or step.question.kind == "yes_no":
            return yes_no_answer(value) if value in (YES, NO) else None
        if value.startswith(payloads.WARD):
            asked = self._asked(dossier, step, heard, value.removeprefix(payloads.WARD))
            half = here.half_answer if here and here.question == step.id else None
            read = answers.parse(half, asked) if half and asked.ward and step.question.kind == "address" else None
            return read if isinstance(read, Answer) else None
        return next((answer_of(one) for one in step.question.choices if one.value == value), None)

    # ---- not kept

    def _old(self, dossier: Dossier, step: Step | None) -> Took:
        answer = dossier.path.answers.get(step.id) if step else None
        if step is None or answer is None:
            return Took(dossier, say("filing.off_path"))
        told = say("filing.old", answer=answer.shown, number=telling.number(dossier, step))
        waiting = dossier.path.waiting
        if waiting is None:
            return Took(dossier, told)
        underway = Underway(dossier=dossier.id, procedure=dossier.procedure.code, question=waiting.id)
        return Took(dossier, told, waiting, underway, (telling.edit(dossier, step),))

    def _refuse(self, dossier: Dossier, step: Step, parsed: Wrong | Several, heard: Heard) -> Took:
        if isinstance(parsed, Several):
            half = heard.underway.half_answer or heard.text
            underway = heard.underway.model_copy(update={"half_answer": half})
            return Took(dossier, step=step, underway=underway, reply=telling.which_ward(dossier, step, parsed.wards))
        other = dossier.path.step(parsed.edit)
        extra = (telling.edit(dossier, other),) if other else ()
        return self._again(dossier, step, heard, say(f"filing.wrong.{parsed.key}", **parsed.values), extra)

    def _again(self, dossier: Dossier, step: Step, heard: Heard, why: str, extra: tuple[Button, ...] = ()) -> Took:
        """The same question with the reason; after several bad answers with an explanation and a person."""
        here = heard.underway if heard.underway and heard.underway.dossier == dossier.id else None
        misses = here.misses + 1 if here and here.question == step.id else 1
        underway = Underway(
            dossier=dossier.id,
            procedure=dossier.procedure.code,
            question=step.id,
            is_change=step.id in dossier.path.answers,
            misses=misses,
        )
        if misses >= MANY_MISSES:
            why, extra = f"{why}\n{_explained(step)}", (*extra, telling.helper())
        return Took(dossier, why, step, underway, extra)


def _asked_here(dossier: Dossier, underway: Underway) -> Step | None:
    """The step this conversation was asked, if it is still to be answered here; None when another device did."""
    step = dossier.path.step(underway.question)
    if step is None or (not underway.is_change and step.id in dossier.path.answers):
        return None
    return step


def _as_asked(step: Step) -> Question:
    """'another one?' is answered by yes or no, whatever kind its group ends with."""
    if not step.is_more:
        return step.question
    return Question(id=step.question.id, kind="yes_no", prompt=telling.prompt(step), example=say("filing.no"))


def _asks_us(step: Step, text: str) -> bool:
    return looks_like_a_question(text) or (step.question.kind == "person_name" and is_a_wish(text))


def _leaves_out(step: Step, text: str) -> bool:
    if step.is_more or step.question.kind in ("choice", "yes_no"):
        return False
    return (step.question.optional or step.question.kind == FILE) and (is_nothing(text) or order(text) == "skip")


def _explained(step: Step) -> str:
    if step.is_more or step.question.kind in ("choice", "yes_no"):
        return say("filing.explain_choice")
    if step.question.kind == FILE:
        return say("filing.explain_file")
    return say("filing.explain", example=step.question.example)
