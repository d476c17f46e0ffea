"""What every action has: the guide it asks."""

from __future__ import annotations

from typing import ClassVar

from bot.dialogue.guide_protocol import Guide


class Door:
    name: ClassVar[str]

    def __init__(self, guide: Guide) -> None:
        self.guide = guide
