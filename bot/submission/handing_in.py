"""The way into the agency's own system, where this deployment has one: submitted and queued in one step."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from bot.submission.attachments import Attachments
from bot.submission.dossier import Dossier
from bot.submission.dossiers import Dossiers
from bot.submission.leaving import to_handover
from bot.submission.one_stop.handovers import Handovers
from knowledge.schema import OnlineLevel, Procedure

Holds = Callable[[Dossier, dt.date], bool]
BY_WIRE = (OnlineLevel.full, OnlineLevel.partial)


class HandingIn:
    """What is submitted is handed over, whatever happens in between; what is not, is not."""

    def __init__(self, dossiers: Dossiers, handovers: Handovers, attachments: Attachments) -> None:
        self._dossiers, self._handovers, self._attachments = dossiers, handovers, attachments
        self._holds: Holds = lambda dossier, day: False

    def hold_while(self, holds: Holds) -> None:
        """From now on what `holds` is submitted and queued, but not sent before somebody releases it."""
        self._holds = holds

    def takes(self, procedure: Procedure) -> bool:
        """Whether a dossier of this procedure may go by wire; others are taken to the desk."""
        return procedure.online_level in BY_WIRE

    def holds(self, dossier: Dossier, day: dt.date) -> bool:
        return self._holds(dossier, day)

    async def hand_in(self, dossier: Dossier, channel: str, today: dt.date, change: bytes) -> Dossier:
        """The dossier, submitted and waiting to be handed over. Raises Changed, and then it is neither."""
        reference, now = self._dossiers.new_reference()
        leaving = dataclasses.replace(dossier, reference=reference, submitted_at=now)
        handover, is_held = await to_handover(leaving, self._attachments, channel, today), self._holds(leaving, today)
        sent = await self._dossiers.submit(
            dossier, change, reference, also=lambda connection: self._handovers.add_in(connection, handover, is_held)
        )
        self._handovers.wake()
        return sent
