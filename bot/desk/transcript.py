"""A conversation as a helper reads it: who said what, which button was pressed, numbers masked until needed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.privacy import mask
from bot.wording import say
from knowledge.working_days import VIETNAM

MOST_CHARS = 6_000


@dataclass(frozen=True)
class Spoken:
    """One bubble."""

    seq: int
    who: str  # citizen | assistant | person
    name: str
    text: str = field(repr=False)
    at: str
    buttons: tuple[str, ...] = ()
    card: Any = None
    file_ids: tuple[str, ...] = ()
    attached: tuple[Any, ...] = ()  # as drawn for whoever may open them

    @property
    def files(self) -> int:
        return len(self.file_ids)


class Transcript:
    """Fed with the history's lines in order; remembers what buttons said, so that a press can be read."""

    def __init__(self, is_masked: bool = True) -> None:
        self._titles: dict[str, str] = {}
        self._is_masked = is_masked

    def read(self, lines: Iterable[dict[str, Any]]) -> list[Spoken]:
        return [spoken for line in lines for spoken in self._line(line)]

    def _line(self, line: dict[str, Any]) -> list[Spoken]:
        at = clock_of(line["at"])
        if line["direction"] == "in":
            return [self._told(line, at)]
        return [self._said(line["seq"], reply, at) for reply in line["replies"]]

    def _told(self, line: dict[str, Any], at: str) -> Spoken:
        payload = line.get("payload")
        text = line.get("text") or (self._titles.get(payload) or say("desk.a_button") if payload else "")
        ids = tuple(line.get("attachment_ids") or ())
        return Spoken(line["seq"], "citizen", "", self._shown(text), at, file_ids=ids)

    def _said(self, seq: int, reply: dict[str, Any], at: str) -> Spoken:
        buttons = reply.get("buttons") or ()
        self._titles |= {button["payload"]: button["title"] for button in buttons}
        name = reply.get("from_person") or ""
        titles = tuple(button["title"] for button in buttons)
        who = "person" if name else "assistant"
        return Spoken(seq, who, name, self._shown(reply.get("text", "")), at, titles, reply.get("card"))

    def _shown(self, text: str) -> str:
        text = text if len(text) <= MOST_CHARS else f"{text[:MOST_CHARS]}…"
        return mask(text) if self._is_masked else text


def last_words(lines: Iterable[dict[str, Any]], most: int = 3, most_chars: int = 200) -> list[str]:
    """What the citizen typed last, masked, for those who decide whether to take the case."""
    texts = [line["text"] for line in lines if line["direction"] == "in" and line.get("text")]
    return [mask(text if len(text) <= most_chars else f"{text[:most_chars]}…") for text in texts[-most:]]


def clock_of(iso: str) -> str:
    return dt.datetime.fromisoformat(iso).astimezone(VIETNAM).strftime("%H:%M %d/%m")
