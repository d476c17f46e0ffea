"""The trained dialogue model, for all tests that need it, and a guide that only notes what it was asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from bot.dialogue.rasa import RasaDialogue
from bot.settings import Settings


@dataclass
class NotingGuide:
    """Answers every call with the call's own name."""

    calls: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)

    def __getattr__(self, verb: str) -> Any:
        if verb.startswith("_"):
            raise AttributeError(verb)

        def answer(*given: Any) -> str:
            self.calls.append((verb, given))
            return verb

        return answer


def load_dialogue(guide: NotingGuide) -> RasaDialogue:
    """Trains only when the model of today's data is not there yet."""
    from actions import all_actions
    from bot.dialogue.training import train

    model = train(Settings().data_dir, lambda _: None)
    return asyncio.run(RasaDialogue.load(model, all_actions(guide)))
