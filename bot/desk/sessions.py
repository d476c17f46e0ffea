"""Sessions of the desk: a signed cookie that names the helper and ends, and the token that forms must carry."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.privacy import CannotDecrypt, KeyRing

COOKIE = "motcua_desk"
LIFE = timedelta(hours=12)
SESSION, FORM, ENROL = "desk-session", "desk-form", "desk-enrol"
MOST_CHARS = 400
_PLAIN = re.compile(
    r"(?P<helper>[0-9a-f]{32})\.(?P<generation>\d{1,9})\.(?P<until>\d{1,12})\.(?P<salt>[\w-]{8,32})(?P<by>|\.o|\.s)"
)
PASSWORD, OIDC, OIDC_STRONG = "", ".o", ".s"  # how they came in; the last with a second factor asked there


@dataclass(frozen=True)
class Session:
    helper_id: str
    generation: int
    token: str
    form_token: str
    by: str = PASSWORD


def make(keys: KeyRing, helper_id: str, generation: int, now: datetime, by: str = PASSWORD) -> str:
    """The cookie's value; the salt makes every sign-in another one."""
    plain = f"{helper_id}.{generation}.{int((now + LIFE).timestamp())}.{secrets.token_urlsafe(12)}{by}"
    return f"{plain}.{_text(keys.hash(SESSION, plain))}"


def read(keys: KeyRing, token: str, now: datetime) -> Session | None:
    """None when it is forged, cut off or over."""
    plain, _, seal = token[:MOST_CHARS].rpartition(".")
    found = _PLAIN.fullmatch(plain)
    if found is None or not _is_sealed(keys, SESSION, plain, seal) or int(found["until"]) <= now.timestamp():
        return None
    form_token = _text(keys.hash(FORM, token))
    return Session(found["helper"], int(found["generation"]), token, form_token, found["by"])


def is_form_of(session: Session, given: str) -> bool:
    """Whether a form was made by us for this session: a page of somebody else's cannot know its token."""
    return hmac.compare_digest(session.form_token.encode(), given.encode())


def seal_secret(keys: KeyRing, helper_id: str, secret: bytes) -> str:
    """A second factor that is being set up, carried by the form until its first code proves that it was taken."""
    return _text(keys.seal(secret, f"{ENROL}/{helper_id}"))


def open_secret(keys: KeyRing, helper_id: str, sealed: str) -> bytes | None:
    try:
        raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        return keys.open(raw, f"{ENROL}/{helper_id}")
    except (binascii.Error, ValueError, CannotDecrypt):
        return None


def _is_sealed(keys: KeyRing, purpose: str, plain: str, seal: str) -> bool:
    return any(hmac.compare_digest(_text(known).encode(), seal.encode()) for known in keys.hashes(purpose, plain))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
