"""The hours in which no notice is sent, by the clock of Việt Nam."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from knowledge.working_days import VIETNAM


@dataclass(frozen=True)
class QuietHours:
    """From `start` to `end`, over midnight when `end` is earlier; the same twice: never."""

    start: dt.time
    end: dt.time

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """ "21:00-07:00"."""
        start, _, end = text.partition("-")
        return cls(dt.time.fromisoformat(start), dt.time.fromisoformat(end))

    def covers(self, time: dt.time) -> bool:
        if self.start <= self.end:
            return self.start <= time < self.end
        return time >= self.start or time < self.end

    def first_open(self, moment: dt.datetime) -> dt.datetime:
        """`moment`, or the end of the quiet hours it lies in."""
        local = moment.astimezone(VIETNAM)
        if not self.covers(local.time()):
            return moment
        day = local.date() if local.time() < self.end else local.date() + dt.timedelta(days=1)
        return dt.datetime.combine(day, self.end, VIETNAM)
