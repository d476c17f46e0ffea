"""Rasa's door to us: one thin class an action, one call each."""

from __future__ import annotations

from actions.acts import ChooseOption, GivePlace, Handoff, Pay, SendPetition, StartSubmission, TellStatus
from actions.questions import Answer, AnswerAnyway
from actions.talk import Decline, Emergency, SmallTalk, Unclear, Warn
from bot.dialogue.action import Action
from bot.dialogue.guide_protocol import Guide

_CLASSES = (
    Answer,
    AnswerAnyway,
    ChooseOption,
    GivePlace,
    StartSubmission,
    TellStatus,
    Pay,
    Handoff,
    SendPetition,
    SmallTalk,
    Decline,
    Warn,
    Emergency,
    Unclear,
)


def all_actions(guide: Guide) -> tuple[Action, ...]:
    """Every action of the domain, answering through this guide."""
    return tuple(one(guide) for one in _CLASSES)
