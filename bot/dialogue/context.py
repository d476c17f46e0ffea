"""What a conversation remembers between turns: what is talked about, what was offered, where the citizen lives."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, ConfigDict

from bot.escalating import Escalating
from bot.underway import Underway
from knowledge.schema import Facet

REMEMBERED = 5  # earlier procedures one can go back to


class Context(BaseModel):
    """Stored encrypted with the conversation; every change is a new value."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    procedure: str | None = None
    earlier: tuple[str, ...] = ()
    facets: tuple[Facet, ...] = ()
    options: tuple[str, ...] = ()  # codes offered by the last question, in order
    asked_facets: tuple[Facet, ...] = ()  # what the citizen wanted when we asked back
    ward: str | None = None
    province: str | None = None
    underway: Underway | None = None  # the dossier being filled in
    escalating: Escalating = Escalating()  # a person who is called
    petition: str | None = None  # the one being written here
    checks_next: bool = False  # the next message is one received elsewhere, asked about
    event: str | None = None  # the life event told last
    event_day: dt.date | None = None  # when it happened, once told
    misses: int = 0  # questions in a row that nothing was found for
    complaints: int = 0  # answers that the citizen called wrong
    numbered: tuple[str, ...] = ()  # the buttons of the numbered list said last

    def talking_of(self, code: str, facets: tuple[Facet, ...]) -> Context:
        """The procedure is found: the one before stays within reach, what was offered is settled."""
        earlier = self.earlier if self.procedure in (None, code) else (self.procedure, *self.earlier)
        earlier = tuple(dict.fromkeys(old for old in earlier if old != code))[:REMEMBERED]
        return self.model_copy(
            update={
                "procedure": code,
                "earlier": earlier,
                "facets": facets,
                "options": (),
                "asked_facets": (),
                "misses": 0,
            }
        )

    def offering(self, codes: tuple[str, ...], facets: tuple[Facet, ...], missed: bool = False) -> Context:
        """We asked back: the facets asked for are kept until a choice is made."""
        return self.model_copy(
            update={"options": codes, "asked_facets": facets, "misses": self.misses + 1 if missed else 0}
        )

    def mistaken(self, complaints: int) -> Context:
        """The procedure we talked of was not meant."""
        update = {"procedure": None, "complaints": complaints, "misses": max(self.misses, complaints)}
        return self.model_copy(update=update)

    @property
    def is_asked(self) -> bool:
        """A journey's question waits for an answer."""
        return self.underway is not None and not self.underway.is_paused

    def day_of(self, event: str) -> dt.date | None:
        return self.event_day if self.event == event else None

    def filling(self, underway: Underway | None) -> Context:
        return self.model_copy(update={"underway": underway})

    def living_in(self, ward: str, province: str) -> Context:
        """Where the citizen lives, once told, decides which desk is named and which province's fees apply."""
        return self.model_copy(update={"ward": ward, "province": province})
