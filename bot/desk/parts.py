"""What the desk's doors work with, and who may come through them."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.desk.board import Board
from bot.privacy import KeyRing


@dataclass(frozen=True)
class DeskParts:
    """Put together once at start; rooms are named by what they do, so that this one need not know them."""

    keys: KeyRing
    directory: Any
    cases: Any
    taking: Any
    talking: Any
    accounts: Any
    audit: Any
    statistics: Any
    escalation: Any
    clocks: Any
    board: Board[Any]
    money: Any
    areas: Any  # which province a record belongs to
    is_encrypted: bool  # the outside world reaches us by https, so cookies need it


class NotSignedIn(Exception):
    """The session is missing, forged or over."""


class Denied(Exception):
    """Somebody else's area; noted in the audit by who raises it."""


async def noted(
    desk: DeskParts,
    helper_id: str,
    act: str,
    subject: str,
    step: Awaitable[object],
    told: str,
    otherwise: Mapping[type[Exception], tuple[str, str]],
) -> str:
    """Takes the step and notes in the audit what came of it. The name of the sentence to show: `told`, or what
    `otherwise` has for the refusal, as (outcome, sentence); of several that fit, the first. A refused step has changed
    nothing."""
    outcome = "done"
    try:
        await step
    except tuple(otherwise) as refused:
        outcome, told = next(said for kind, said in otherwise.items() if isinstance(refused, kind))
    await desk.audit.note(helper_id, act, subject, outcome)
    return told
