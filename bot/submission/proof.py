"""Links that prove themselves: where anyone can check a dossier's result, and a visit for one's calendar."""

from __future__ import annotations

import datetime as dt
import hmac
import io
from dataclasses import dataclass, field

import segno

from bot.privacy import KeyRing
from knowledge.working_days import VIETNAM

RESULTS, VISITS = "/dossiers/results", "/dossiers/visits"
MARK = "~"
SEAL_CHARS = 24
MOST_CHARS = 140
MOMENT = "%y%m%d%H%M"
QR_SCALE = 6


@dataclass(frozen=True)
class Proofs:
    """`base`: where the world reaches this server; blank: paths only, for pages of its own."""

    keys: KeyRing = field(repr=False)
    base: str = ""

    def path(self, code: str) -> str:
        return f"{RESULTS}/{self._sign(code)}"

    def result(self, code: str) -> str:
        return f"{self.base}{self.path(code)}"

    def picture(self, code: str) -> str | None:
        """The same as a QR code; None where no chat could fetch it."""
        return f"{self.result(code)}/qr.png" if self.base.startswith("https://") else None

    def read_result(self, token: str) -> str | None:
        """The dossier's code; None when the link was not made here."""
        return self._read(token)

    def visit(self, dossier_id: str, at: dt.datetime, channel: str) -> str | None:
        """The calendar's file, for the page's own server or by its whole address; None where nobody could open it."""
        path = f"{VISITS}/{self._sign(f'{dossier_id}-{at.astimezone(VIETNAM):{MOMENT}}')}.ics"
        if channel == "web":
            return path
        return f"{self.base}{path}" if self.base.startswith("https://") else None

    def read_visit(self, token: str) -> tuple[str, dt.datetime] | None:
        dossier_id, _, moment = (self._read(token) or "").partition("-")
        try:
            return dossier_id, dt.datetime.strptime(moment, MOMENT).replace(tzinfo=VIETNAM)
        except ValueError:
            return None

    def _sign(self, named: str) -> str:
        return f"{named}{MARK}{self.keys.hash('proof', named).hex()[:SEAL_CHARS]}"

    def _read(self, token: str) -> str | None:
        named, mark, seal = token.rpartition(MARK)
        if not mark or len(token) > MOST_CHARS or not token.isascii():
            return None
        known = self.keys.hashes("proof", named)
        return named if any(hmac.compare_digest(seal, one.hex()[:SEAL_CHARS]) for one in known) else None


def qr_png(address: str) -> bytes:
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="png", scale=QR_SCALE, border=4)
    return out.getvalue()
