"""Questions about a procedure."""

from __future__ import annotations

from typing import Any

from actions.door import Door
from bot.dialogue.understanding import Understanding


class Answer(Door):
    name = "action_answer"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.answer(understanding, surroundings)


class AnswerAnyway(Door):
    """No rule is sure enough: most messages are questions, and the search knows better than we whether this is one."""

    name = "action_default_fallback"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.answer(understanding, surroundings)
