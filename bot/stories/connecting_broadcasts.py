"""News of a ward, put together with the conversations: told beside them, refused and wanted in them; and the desk's."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from bot.background import forever, keep
from bot.broadcasts import orders
from bot.broadcasts.broadcasts import Broadcasts
from bot.broadcasts.deciding import Deciding
from bot.broadcasts.reaching import Reaching
from bot.dialogue.context import Context
from bot.dialogue.guide import Answered
from bot.dialogue.turn import Turns
from bot.outbox import Outbox
from bot.quiet_hours import QuietHours
from bot.services import Services
from bot.underway import Heard
from knowledge.places import Places

LOOK_SECONDS = 15.0


@dataclass(frozen=True)
class News:
    """What the desk works with."""

    deciding: Deciding
    reaching: Reaching
    quiet: QuietHours
    places: Places


async def connect_broadcasts(
    services: Services, outbox: Outbox, turns: Turns, places: Places, stack: contextlib.AsyncExitStack
) -> News:
    """Tells while the stack is open."""
    quiet = QuietHours.parse(services.settings.quiet_hours)
    broadcasts = Broadcasts(services.store, quiet, services.events.publish, outbox.wake)

    async def order(heard: Heard, context: Context) -> Answered | None:
        outcome = await orders.obey(broadcasts, heard)
        return (outcome, context) if outcome else None

    turns.ask_first(order)
    keep(stack, lambda: forever(broadcasts.tell_due, LOOK_SECONDS, "a broadcast cannot be told"))
    reaching = Reaching(services.store)
    stack.push_async_callback(reaching.stop)
    return News(Deciding(services.store), reaching, quiet, places)
