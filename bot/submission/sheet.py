"""The sheet to copy from: every answer of a dossier under a private link that ends by itself."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources

import jinja2

from bot.privacy import KeyRing
from bot.submission.dossier import Dossier

LIFE = timedelta(hours=24)
PATH = "/dossiers/sheets"
PURPOSE = "sheet"
ID_BYTES, TIME_BYTES, SEAL_BYTES = 16, 5, 20


class Sheets:
    """Makes the link to a dossier's sheet."""

    def __init__(self, keys: KeyRing, clock: Callable[[], datetime], public_url: str) -> None:
        self._keys, self._clock, self._public_url = keys, clock, public_url

    def link(self, dossier: Dossier, channel: str, part: str = "") -> tuple[str | None, str | None]:
        """An address to write into the text, or one for the page's own server; neither where nobody could open it.

        `part`: what else lies under the same link.
        """
        path = f"{PATH}/{make_token(self._keys, dossier, self._clock())}" + (f"/{part}" if part else "")
        if self._public_url:
            return f"{self._public_url}{path}", None
        return None, path if channel == "web" else None


def make_token(keys: KeyRing, dossier: Dossier, now: datetime) -> str:
    """Opens the sheet of this dossier until its time is over; ends at once with the dossier."""
    named = bytes.fromhex(dossier.id) + int((now + LIFE).timestamp()).to_bytes(TIME_BYTES, "big")
    return base64.urlsafe_b64encode(named + _seal(keys.hash(PURPOSE, named.hex()))).decode().rstrip("=")


@dataclass(frozen=True)
class Opened:
    dossier_id: str
    until: datetime


def read_token(keys: KeyRing, token: str, now: datetime) -> Opened | None:
    """What the token opens; None when it is forged, cut off or over."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if (
        base64.urlsafe_b64encode(raw).decode().rstrip("=") != token
    ):  # the last letter's spare bits: one link, one spelling
        return None
    named, seal = raw[: ID_BYTES + TIME_BYTES], raw[ID_BYTES + TIME_BYTES :]
    if len(seal) != SEAL_BYTES:
        return None
    if not any(hmac.compare_digest(seal, _seal(known)) for known in keys.hashes(PURPOSE, named.hex())):
        return None
    until = datetime.fromtimestamp(int.from_bytes(named[ID_BYTES:], "big"), UTC)
    return Opened(named[:ID_BYTES].hex(), until) if until > now else None


def _seal(hashed: bytes) -> bytes:
    return hashed[:SEAL_BYTES]


def render(dossier: Dossier, portal: str, nonce: str, until: str) -> str:
    """The page: one line per answer, each with its own button to copy; prints on paper, too."""
    rows = [
        {"number": number, "label": step.question.prompt, "value": dossier.path.answers[step.id].shown}
        for number, step in enumerate(dossier.path.answered, 1)
        if dossier.path.answers[step.id].value and not step.is_more
    ]
    return _template().render(
        procedure=dossier.procedure,
        rows=rows,
        portal=portal,
        nonce=nonce,
        until=until,
    )


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(resources.files("bot.submission").joinpath("sheet.html").read_text("utf-8"))
