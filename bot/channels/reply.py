"""The channel-free reply: what is said to a citizen before any channel gives it its shape."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Button(Part):
    """A choice to tap. `payload` is short ASCII (at most 64 bytes, Telegram's limit on callback data)."""

    title: str = Field(min_length=1, max_length=80)
    payload: str = Field(pattern=r"^[\x21-\x7e]{1,64}$")


class CardItem(Part):
    """One line of a card; `note` explains it (what the paper looks like, where to get it)."""

    text: str
    note: str | None = None
    case: str | None = None  # heading it belongs under: only in this case


class Card(Part):
    """A list worth keeping: papers to tick, steps in order, costs."""

    title: str
    kind: str = "list"  # checklist | steps | list
    items: tuple[CardItem, ...] = ()
    footer: str | None = None  # source, decision, check date


class Reply(Part):
    """One message to the citizen; text always says enough for a channel that shows nothing else."""

    text: str
    buttons: tuple[Button, ...] = ()
    card: Card | None = None
    image_url: str | None = None
    file_url: str | None = None
    from_person: str | None = None  # display name of the helper, when a person wrote it
    # Title of the button by which a citizen shares their own telephone number, in channels that can vouch for it.
    contact_button: str | None = Field(
        default=None, min_length=1, max_length=80, exclude_if=lambda title: title is None
    )


class SourceLink(Part):
    title: str
    url: str | None = None
    checked_on: str | None = None


class ShownChoice(Part):
    value: str
    label: str


class ShownQuestion(Part):
    """The question that waits; `example` sent back as text is a valid answer (None for a file)."""

    id: str
    kind: str
    prompt: str
    example: str | None
    choices: tuple[ShownChoice, ...] | None = Field(default=None, exclude_if=lambda choices: choices is None)
    optional: bool = False


class Progress(Part):
    """Where a journey is: this question's place, and how many there will be as far as can be told now."""

    number: int
    total: int


class Turn(Part):
    """What was understood, beside the replies (design: HTTP contract)."""

    kind: str
    procedure_code: str | None = None
    facet: str | None = None
    facets: tuple[str, ...] = ()
    confidence: float | None = None
    sources: tuple[SourceLink, ...] = ()
    question: ShownQuestion | None = None
    progress: Progress | None = Field(default=None, exclude_if=lambda progress: progress is None)


class Outcome(Part):
    """The whole result of a turn."""

    replies: tuple[Reply, ...] = ()
    turn: Turn
    erases: bool = False  # the citizen wants everything forgotten; this is the last thing said
    erases_linked: bool = False  # … in every channel linked with this one
