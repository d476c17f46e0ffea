"""What is said of a life event, one of its steps, or a guide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable
from dataclasses import dataclass

from bot.channels.reply import Button, Card, CardItem, Outcome, Reply, SourceLink, Turn
from bot.dialogue.facts import helper_button
from bot.dialogue.plain import capitalised, day
from bot.wording import say
from knowledge.guides import Guide
from knowledge.life_events import Deadline, LifeEvent, Step, Together
from knowledge.schema import LegalBasis

EVENTS_PATH, GUIDES_PATH = "/viec-doi", "/huong-dan"
NEAR_DAYS = 200  # counting the days that are left to a deadline farther away says nothing


@dataclass(frozen=True)
class Door:
    """Where the citizen reads this: decides whether pages of ours can be linked and pictures shown."""

    public_url: str
    is_web: bool

    def link(self, path: str) -> tuple[str | None, str | None]:
        """An address to write into the text, or one for the page's own server; neither where nobody could open it."""
        if self.public_url:
            return f"{self.public_url}{path}", None
        return None, path if self.is_web else None

    def picture(self, path: str) -> str | None:
        """Only browsers draw SVG."""
        return f"{self.public_url}{path}" if self.is_web else None


@dataclass(frozen=True)
class Told:
    """The day on which it is told, the event's own day where it is known, and the procedures that can be opened."""

    today: dt.date
    event_day: dt.date | None
    known: Container[str]
    door: Door


# ---- deadlines


def deadline_text(deadline: Deadline, told: Told) -> str:
    """'trong 60 ngày kể từ ngày sinh', or the date where the event's day is known."""
    limit = say(f"time_limit.{deadline.unit}", value=deadline.value)
    last = deadline.last_day(told.event_day) if told.event_day else None
    if last is None:
        return say("life.within", limit=limit, starts=deadline.starts)
    left = (last - told.today).days
    if left < 0:
        return say("life.late", day=day(last)) + (f". {deadline.if_late}" if deadline.if_late else "")
    if left == 0:
        return say("life.until_today", day=day(last))
    return say("life.until", day=day(last), days=left) if left <= NEAR_DAYS else say("life.until_later", day=day(last))


# ---- an event


def event(found: LifeEvent, told: Told, day_was_lunar: bool = False) -> Outcome:
    """The whole checklist."""
    link, file_url = told.door.link(f"{EVENTS_PATH}/{found.id}")
    parts = [
        "\n".join([f"{found.title}. {found.lead}", *(_joined(part) for part in found.together)]),
        "\n".join(_step_line(number, step, told) for number, step in enumerate(found.steps, 1)),
        _about_the_day(found, told, day_was_lunar),
        say("life.press"),
        _print_line(link, file_url),
        _footer(found),
    ]
    card = Card(
        title=found.title,
        kind="checklist",
        items=tuple(CardItem(text=step.title, note=_note(step, told)) for step in found.steps),
        footer=_footer(found),
    )
    text = "\n\n".join(part for part in parts if part)
    reply = Reply(text=text, buttons=_event_buttons(found, told), card=card, file_url=file_url)
    return Outcome(replies=(reply,), turn=Turn(kind="answer", sources=_law_links(found)))


def _joined(part: Together) -> str:
    return say("life.together", title=part.title, note=part.note)


def _step_line(number: int, step: Step, told: Told) -> str:
    notes = [step.only_if, deadline_text(step.deadline, told) if step.deadline else None]
    given = "; ".join(note for note in notes if note)
    if given:
        return say("life.step_with", number=number, title=step.title, notes=given)
    return say("life.step", number=number, title=step.title)


def _note(step: Step, told: Told) -> str:
    limit = deadline_text(step.deadline, told) if step.deadline else None
    said = (capitalised(part).rstrip(".") for part in (step.only_if, limit, step.why) if part)
    return ". ".join(said) + "."


def _about_the_day(found: LifeEvent, told: Told, day_was_lunar: bool) -> str:
    if found.day_name is None or not any(step.deadline and step.deadline.from_event for step in found.steps):
        return ""
    if told.event_day:
        return say("life.counted", name=found.day_name, day=day(told.event_day))
    asks = say("life.ask_day", question=found.day_question)
    return f"{say('life.lunar')} {asks}" if day_was_lunar else asks


def _event_buttons(found: LifeEvent, told: Told) -> tuple[Button, ...]:
    titled = [(part.code, part.title) for part in found.together] + [(step.code, step.title) for step in found.steps]
    walk = Button(title=say("life.walk"), payload=f"e:{found.id}:1")
    return (*_procedure_buttons(titled, told), walk, helper_button())


def _procedure_buttons(titled: Iterable[tuple[str | None, str]], told: Told) -> tuple[Button, ...]:
    """A button for each procedure that this machine knows."""
    buttons: dict[str, Button] = {}
    for code, title in titled:
        if code and code in told.known:
            buttons.setdefault(code, Button(title=title, payload=f"p:{code}"))
    return tuple(buttons.values())


def _print_line(link: str | None, file_url: str | None) -> str:
    return say("life.print_at", link=link) if link else say("life.print_here") if file_url else ""


def _footer(found: LifeEvent) -> str:
    laws = "; ".join(_law(basis) for basis in found.legal_basis)
    return say("life.checked", laws=laws, day=day(found.checked_on))


def _law(basis: LegalBasis) -> str:
    return say("life.laws_of", title=basis.title, number=basis.number) if basis.number else basis.title


def _law_links(found: LifeEvent) -> tuple[SourceLink, ...]:
    checked = found.checked_on.isoformat()
    return tuple(SourceLink(title=_law(basis), checked_on=checked) for basis in found.legal_basis)


# ---- one step


def step(found: LifeEvent, number: int, told: Told, guides: Iterable[Guide]) -> Outcome | None:
    """Step `number`, from 1; None when there is none."""
    here = found.step(number)
    if here is None:
        return None
    lines = [
        say("life.place", number=number, count=len(found.steps), title=here.title),
        *_step_words(found, here, told),
    ]
    reply = Reply(text="\n".join(lines), buttons=_step_buttons(found, number, here, told, guides))
    return Outcome(replies=(reply,), turn=Turn(kind="answer", sources=_law_links(found)))


def _step_words(found: LifeEvent, here: Step, told: Told) -> list[str]:
    words = [f"{capitalised(here.only_if)}." if here.only_if else None, here.why, here.when]
    if here.deadline:
        limit = deadline_text(here.deadline, told).rstrip(".")
        words.append(say("life.deadline", deadline=limit, law=here.deadline.law))
    if here.after:
        words.append(say("life.after", steps=as_list(map(found.title_of, here.after))))
    for part in found.together:
        if here.id in part.steps:
            others = as_list(found.title_of(other) for other in part.steps if other != here.id)
            words.append(say("life.joined", steps=others, note=part.note))
    return [word for word in words if word]


def _step_buttons(found: LifeEvent, number: int, here: Step, told: Told, guides: Iterable[Guide]) -> tuple[Button, ...]:
    is_last = number == len(found.steps)
    joined = [(part.code, part.title) for part in found.together if here.id in part.steps]
    buttons = list(_procedure_buttons([(here.code, say("life.about_step")), *joined], told))
    if not is_last:
        buttons.append(Button(title=say("life.next"), payload=f"e:{found.id}:{number + 1}"))
    if number > 1:
        buttons.append(Button(title=say("life.previous"), payload=f"e:{found.id}:{number - 1}"))
    buttons.append(Button(title=say("life.whole"), payload=f"e:{found.id}"))
    if is_last:
        buttons += [guide_button(guide) for guide in guides]
    return (*buttons, helper_button())


# ---- a guide


def guide(found: Guide, told: Told, related: Iterable[Guide]) -> Outcome:
    """The steps, what to beware of, where it comes from; a scam is told as a warning."""
    path = f"{GUIDES_PATH}/{found.id}"
    link, file_url = told.door.link(path)
    footer = say("life.sources", titles="; ".join(origin.title for origin in found.sources), day=day(found.checked_on))
    parts = [
        f"{found.title}. {found.lead}",
        "\n".join(say("life.step", number=number, title=text) for number, text in enumerate(found.steps, 1)),
        _listed("life.warnings", found.warnings),
        _listed("life.if_it_happened", found.if_it_happened),
        _print_line(link, file_url),
        footer,
    ]
    reply = Reply(
        text="\n\n".join(part for part in parts if part),
        buttons=(
            *_procedure_buttons(((procedure.code, procedure.title) for procedure in found.procedures), told),
            *(guide_button(other) for other in related),
            helper_button(),
        ),
        image_url=told.door.picture(f"{path}.svg"),
        file_url=file_url,
    )
    sources = tuple(
        SourceLink(title=origin.title, url=origin.url, checked_on=found.checked_on.isoformat())
        for origin in found.sources
    )
    return Outcome(replies=(reply,), turn=Turn(kind="safety" if found.kind == "scam" else "answer", sources=sources))


def guide_button(found: Guide) -> Button:
    return Button(title=found.title, payload=f"g:{found.id}")


def _listed(key: str, texts: Iterable[str]) -> str:
    rows = [say("life.item", text=text) for text in texts]
    return "\n".join([say(key), *rows]) if rows else ""


def as_list(titles: Iterable[str]) -> str:
    """'Làm giấy khai sinh, thẻ bảo hiểm y tế': only the first keeps its capital; an abbreviation keeps all."""
    first, *others = titles
    return ", ".join([first, *(title if title[1:2].isupper() else title[:1].lower() + title[1:] for title in others)])
