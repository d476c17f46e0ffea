"""What a conversation remembers of a person being called: what was asked last, and why one was offered."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Escalating(BaseModel):
    """Stored with the conversation's memory."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    asks: Literal["ward", "callback", "word"] | None = None
    case: str | None = None  # the tag of the case that the question is about
    reason: str | None = None  # why a person was offered last
    misses: int = 0  # answers to our question that could not be read
    elsewhere: str | None = None  # the case and the place where it was told that a person helps in a linked channel
