"""What Rasa may run: a name, and one call with the understanding and the caller's surroundings."""

from __future__ import annotations

from typing import Any, Protocol

from bot.dialogue.understanding import Understanding


class Action(Protocol):
    """`run` may return its answer or a coroutine of it."""

    name: str

    def run(self, understanding: Understanding, surroundings: Any) -> Any: ...
