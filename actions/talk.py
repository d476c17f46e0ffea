"""Everything that is not about a procedure."""

from __future__ import annotations

from typing import Any

from actions.door import Door
from bot.dialogue.understanding import Understanding


class SmallTalk(Door):
    name = "action_small_talk"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.small_talk(understanding.intent, surroundings)


class Decline(Door):
    name = "action_decline"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.decline(understanding.intent, surroundings)


class Warn(Door):
    name = "action_safety"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.warn(surroundings)


class Emergency(Door):
    name = "action_emergency"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.emergency(surroundings)


class Unclear(Door):
    name = "action_unclear"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.unclear(surroundings)
