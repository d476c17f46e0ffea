"""A time at the one-stop desk: the next working days, the hours, and what to bring, for one's own calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from bot.channels.reply import Button, Reply
from bot.submission import after_payloads
from bot.submission.dossier import Dossier
from bot.submission.proof import MOMENT, Proofs
from bot.wording import say
from knowledge.desks import Desk
from knowledge.places import Places, Ward
from knowledge.working_days import VIETNAM, is_working_day

DAYS_OFFERED = 5
DAYS_AHEAD = 30
HOURS = (dt.time(8, 0), dt.time(9, 30), dt.time(14, 0), dt.time(15, 30))
VISIT_MINUTES = 30
SOONEST = dt.timedelta(hours=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DeskOf = Callable[[str | None, str | None], Desk | None]


@dataclass(frozen=True)
class Where:
    """The desk to go to, as far as it is known."""

    name: str
    address: str = ""
    phone: str = ""
    hours: str = ""


class Visits:
    """`desk_of(ward, province)`: the desk an operator has listed. Desks take no bookings by wire, and we say so."""

    def __init__(self, places: Places, desk_of: DeskOf, proofs: Proofs, clock: Callable[[], dt.datetime]) -> None:
        self.places, self._desk_of, self._proofs, self._clock = places, desk_of, proofs, clock

    def ask_day(self, dossier: Dossier, key: str) -> Reply:
        days = [day for day in self._days() if self._times(day)][:DAYS_OFFERED]
        buttons = [_button("time", key, f"{day:%y%m%d}", _shown_day(day)) for day in days]
        text = say("after.visit.day", place=self.where(dossier).name)
        return Reply(text=text, buttons=tuple(one for one in buttons if one))

    def ask_time(self, key: str, day: dt.date) -> Reply:
        buttons = [_button("time", key, f"{at:{MOMENT}}", f"{at:%H:%M}") for at in self._times(day)]
        text = say("after.visit.time", day=_shown_day(day))
        return Reply(text=text, buttons=tuple(one for one in buttons if one))

    def confirm(self, dossier: Dossier, at: dt.datetime, channel: str) -> Reply:
        where = self.where(dossier)
        lines = [
            say("after.visit.noted", at=f"{at:%H:%M}", day=_shown_day(at.date()), place=where.name),
            *(say(f"after.visit.{name}", value=value) for name, value in _known(where)),
            say("after.visit.bring"),
            say("after.visit.queue"),
        ]
        return Reply(text="\n".join(lines), file_url=self._proofs.visit(dossier.id, at, channel))

    def read(self, moment: str | None) -> dt.datetime | dt.date | None:
        """What a button names: a day, or a moment that is offered; None for anything else."""
        try:
            if moment and len(moment) == 6:
                day = dt.datetime.strptime(moment, "%y%m%d").date()
                return day if day in self._days() and self._times(day) else None
            at = dt.datetime.strptime(moment or "", MOMENT).replace(tzinfo=VIETNAM)
        except ValueError:
            return None
        return at if at.date() in self._days() and at in self._times(at.date()) else None

    def _days(self) -> list[dt.date]:
        today = self._clock().astimezone(VIETNAM).date()
        days = (today + dt.timedelta(days=count) for count in range(DAYS_AHEAD))
        return [day for day in days if is_working_day(day)]

    def _times(self, day: dt.date) -> list[dt.datetime]:
        soonest = self._clock() + SOONEST
        times = (dt.datetime.combine(day, hour, VIETNAM) for hour in HOURS)
        return [at for at in times if at >= soonest]

    def where(self, dossier: Dossier) -> Where:
        """The desk of the ward the answers name; else the place of the procedure, in its own words."""
        ward = self._ward(dossier)
        desk = self._desk_of(ward.name, ward.province) if ward else None
        if desk:
            name = desk.name or say("after.visit.desk_of", ward=ward)
            return Where(name, desk.address or "", desk.phone or "", desk.hours or "")
        procedure = dossier.procedure
        general = procedure.receiving_agency or procedure.help_point or say("filing.desk.any")
        return Where(say("after.visit.desk_of", ward=ward) if ward else general)

    def _ward(self, dossier: Dossier) -> Ward | None:
        path = dossier.path
        keys = (path.answers[step.id].value for step in path.of_the_case if step.question.kind == "address")
        return next((ward for key in keys if key and (ward := self.places.ward(key))), None)


def calendar(dossier: Dossier, at: dt.datetime, where: Where) -> str:
    """The visit as an iCalendar file (RFC 5545), with a reminder the evening before."""
    start, end = at.astimezone(dt.UTC), (at + dt.timedelta(minutes=VISIT_MINUTES)).astimezone(dt.UTC)
    place = ", ".join(part for part in (where.name, where.address) if part)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Mot Cua//VN",
        "BEGIN:VEVENT",
        f"UID:{dossier.id}-{start:%Y%m%d%H%M}@motcua",
        f"DTSTAMP:{dossier.changed_at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
        f"DTEND:{end:%Y%m%dT%H%M%SZ}",
        f"SUMMARY:{_escaped(say('filing.summary', what=dossier.procedure.spoken_name))}",
        f"LOCATION:{_escaped(place)}",
        f"DESCRIPTION:{_escaped(say('after.visit.bring'))}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT14H",
        f"DESCRIPTION:{_escaped(place)}",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "\r\n".join(map(_folded, lines)) + "\r\n"


def _escaped(text: str) -> str:
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> str:
    """At most 75 bytes a line; a character is never cut in two."""
    parts, rest = [], line
    while len(rest.encode()) > 73:
        cut = next(size for size in range(min(len(rest), 73), 0, -1) if len(rest[:size].encode()) <= 73)
        parts, rest = [*parts, rest[:cut]], rest[cut:]
    return "\r\n ".join([*parts, rest])


def _known(where: Where) -> list[tuple[str, str]]:
    told = (("address", where.address), ("phone", where.phone), ("hours", where.hours))
    return [(name, value) for name, value in told if value]


def _shown_day(day: dt.date) -> str:
    return say("after.visit.shown_day", weekday=say(f"after.weekday.{WEEKDAYS[day.weekday()]}"), day=f"{day:%d/%m}")


def _button(verb: str, key: str, moment: str, title: str) -> Button | None:
    payload = after_payloads.press(verb, key, moment)
    return Button(title=title, payload=payload) if payload else None
