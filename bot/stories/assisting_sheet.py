"""What a helper's page shows of a dossier, and what it remembers of where it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.channels.reply import Button
from bot.privacy import mask
from bot.submission import payloads, telling
from bot.submission.dossier import Dossier
from bot.submission.dossiers import FILE
from bot.submission.journey import Answer, Step
from bot.submission.outcomes import remembered
from bot.underway import Filed, Underway

# What a helper's button may do; sending, dropping, pausing and codes are the citizen's alone.
ALLOWED = ("answer", "skip", "back", "edit", "review", "go")


@dataclass(frozen=True)
class Row:
    """An answer as the helper sees it."""

    number: int
    prompt: str
    shown: str = field(repr=False)
    edit: str


@dataclass(frozen=True)
class Sheet:
    """What a helper's page shows of the dossier."""

    what: str
    rows: tuple[Row, ...] = field(repr=False)
    lead: str = field(repr=False)
    body: str = field(repr=False)
    buttons: tuple[Button, ...] = field(repr=False)
    question_id: str | None
    takes_text: bool
    wants_file: bool  # the citizen sends it in their own chat
    is_ready: bool  # every question is answered: the citizen may look
    is_shown: bool  # the citizen has just this in front of them
    is_agreed: bool  # and has agreed to it
    version: int


@dataclass(frozen=True)
class Place:
    """Where the helper's page is: of one version of the dossier."""

    underway: Underway = field(repr=False)
    lead: str = field(repr=False)
    body: str = field(repr=False)
    buttons: tuple[Button, ...]
    version: int
    typed: Mapping[str, str] = field(default_factory=dict, repr=False)  # step: mark of what the helper typed there

    def sealed_as(self) -> bytes:
        buttons = [[one.title, one.payload] for one in self.buttons]
        told = {"lead": self.lead, "body": self.body, "buttons": buttons, "version": self.version}
        told["typed"] = dict(self.typed)
        return json.dumps({"underway": self.underway.model_dump(mode="json"), **told}).encode()

    @classmethod
    def read(cls, state: bytes) -> Place:
        told = json.loads(state)
        buttons = tuple(Button(title=title, payload=payload) for title, payload in told["buttons"])
        underway = Underway.model_validate(told["underway"])
        return cls(underway, told["lead"], told["body"], buttons, told["version"], told["typed"])


def drawn(dossier: Dossier, place: Place, shown_version: int | None) -> Sheet:
    """The page: numbers that were not typed here show their end only."""
    step = dossier.path.step(place.underway.question)
    kind = ("yes_no" if step.is_more else step.question.kind) if step else None
    rows = tuple(
        Row(
            number=number,
            prompt=telling.prompt(one),
            shown=_shown(dossier, one, place),
            edit=payloads.order("edit", dossier, one),
        )
        for number, one in enumerate(dossier.path.answered, 1)
    )
    return Sheet(
        what=dossier.procedure.spoken_name,
        rows=rows,
        lead=place.lead,
        body=place.body,
        buttons=place.buttons,
        question_id=step.id if step else None,
        takes_text=kind not in (None, FILE, "choice", "yes_no"),
        wants_file=kind == FILE,
        is_ready=dossier.path.waiting is None,
        is_shown=shown_version == dossier.version,
        is_agreed=dossier.consented_at is not None,
        version=dossier.version,
    )


def _shown(dossier: Dossier, step: Step, place: Place) -> str:
    """Whole only while it is what the helper typed: the citizen may have changed it since."""
    answer = dossier.path.answers[step.id]
    return answer.shown if place.typed.get(step.id) == mark(answer) else mask(answer.shown)


def mark(answer: Answer | None) -> str:
    return hashlib.sha256(answer.value.encode()).hexdigest() if answer else ""


def placed(filed: Filed, dossier: Dossier, lead: str = "") -> Place:
    """What the engine said, without what would show numbers that were told before, or do what only the citizen may."""
    replies, underway = filed.outcome.replies, filed.underway or remembered(dossier)
    step = dossier.path.step(underway.question)
    last = replies[-1]
    if step is None:  # the review: what would be sent back; the answers stand in the page anyway
        told = replies[-2] if len(replies) > 1 else last
        return Place(underway, lead, mask(told.text), _allowed(told.buttons), dossier.version)
    body = telling.question(dossier, step).text
    if not last.text.endswith(body):  # asked back: which of several wards
        return Place(underway, lead, mask(last.text), _allowed(last.buttons), dossier.version)
    said = mask(last.text.removesuffix(body).strip())
    lead = "\n".join(part for part in (lead, said) if part)
    return Place(underway, lead, body, _allowed(last.buttons), dossier.version)


def _allowed(buttons: tuple[Button, ...]) -> tuple[Button, ...]:
    presses = [(one, payloads.read(one.payload)) for one in buttons]
    return tuple(one for one, press in presses if press is not None and press.verb in ALLOWED)
