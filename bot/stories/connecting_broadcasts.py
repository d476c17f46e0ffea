"""News of a ward, put together with the conversations: told beside them, refused and wanted in them."""

from __future__ import annotations

import contextlib

from bot.background import forever, keep
from bot.broadcasts import orders
from bot.broadcasts.broadcasts import Broadcasts
from bot.dialogue.context import Context
from bot.dialogue.guide import Answered
from bot.dialogue.turn import Turns
from bot.outbox import Outbox
from bot.quiet_hours import QuietHours
from bot.services import Services
from bot.underway import Heard

LOOK_SECONDS = 15.0


async def connect_broadcasts(
    services: Services, outbox: Outbox, turns: Turns, stack: contextlib.AsyncExitStack
) -> Broadcasts:
    """Tells while the stack is open."""
    quiet = QuietHours.parse(services.settings.quiet_hours)
    broadcasts = Broadcasts(services.store, quiet, services.events.publish, outbox.wake)

    async def order(heard: Heard, context: Context) -> Answered | None:
        outcome = await orders.obey(broadcasts, heard)
        return (outcome, context) if outcome else None

    turns.ask_first(order)
    keep(stack, lambda: forever(broadcasts.tell_due, LOOK_SECONDS, "a broadcast cannot be told"))
    return broadcasts
