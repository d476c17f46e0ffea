"""News of a ward, put together with the conversations: told beside them, refused and wanted in them."""

from __future__ import annotations

import asyncio
import contextlib

from bot.broadcasts import work
from bot.broadcasts.broadcasts import Broadcasts
from bot.dialogue.context import Context
from bot.dialogue.guide import Answered
from bot.dialogue.turn import Turns
from bot.outbox import Outbox
from bot.quiet_hours import QuietHours
from bot.services import Services
from bot.underway import Heard


async def connect_broadcasts(
    services: Services, outbox: Outbox, turns: Turns, stack: contextlib.AsyncExitStack
) -> Broadcasts:
    """Tells while the stack is open."""
    quiet = QuietHours.parse(services.settings.quiet_hours)
    broadcasts = Broadcasts(services.store, quiet, services.events.publish, outbox.wake)

    async def order(heard: Heard, context: Context) -> Answered | None:
        outcome = await work.obey(broadcasts, heard)
        return (outcome, context) if outcome else None

    turns.ask_first(order)
    telling = asyncio.create_task(work.tell(broadcasts))

    async def stop() -> None:
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling

    stack.push_async_callback(stop)
    return broadcasts
