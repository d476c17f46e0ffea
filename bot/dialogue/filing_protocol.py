"""What the dialogue asks of the room that fills in dossiers."""

from __future__ import annotations

from typing import Protocol

from bot.channels.reply import Outcome
from bot.underway import Filed, Heard
from knowledge.schema import Procedure


class Filing(Protocol):
    async def start(self, procedure: Procedure, heard: Heard) -> Filed: ...
    async def command(self, heard: Heard) -> Filed | None: ...
    async def answer(self, heard: Heard, insists: bool = False) -> Filed | None: ...
    async def remind(self, outcome: Outcome, heard: Heard) -> Filed: ...
