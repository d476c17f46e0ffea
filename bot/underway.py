"""What a conversation remembers of the dossier being filled in it, and how a message reaches that dossier."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from bot.channels.reply import Outcome


class Underway(BaseModel):
    """The question asked last here. Not the place in the journey: that is replayed from the answers."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    dossier: str
    procedure: str
    question: str | None = None  # the step; None: the review
    is_change: bool = False  # it has an answer, which the citizen changes
    misses: int = 0  # bad answers to it in a row
    half_answer: str | None = None  # an address whose ward was asked back
    is_leaving: bool = False  # asked whether all is to be dropped
    is_paused: bool = False
    is_adding: bool = False  # files sent now are more pages, not others


@dataclass(frozen=True)
class Heard:
    """One message, and where it finds the conversation."""

    conversation_id: str
    change: bytes  # names the message: what it changed, it does not change again
    today: dt.date
    channel: str
    underway: Underway | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    payload: str | None = field(default=None, repr=False)
    attachment_ids: tuple[str, ...] = ()
    question_id: str | None = None  # the question a client says this answers
    album: str | None = None  # photos sent together share it


@dataclass(frozen=True)
class Filed:
    """What is said, and what the conversation remembers from now on.

    `is_new`: the dossier was begun just now. `is_gone`: there is none any more, so the message was no answer.
    """

    outcome: Outcome
    underway: Underway | None
    is_new: bool = False
    is_gone: bool = False
