"""One-time codes of an authenticator app (RFC 6238: HMAC-SHA1, six digits, thirty seconds), each taken once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from urllib.parse import quote

SECRET_BYTES = 20
STEP_SECONDS = 30
DIGITS = 6
STEPS_APART = 1  # a telephone's clock may be this wrong


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def code_at(secret: bytes, step: int) -> str:
    digest = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    at = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_of(secret: bytes, code: str, seconds: float, after: int) -> int | None:
    """The step the code belongs to, later than `after`; None for a wrong, old or used one."""
    now = int(seconds) // STEP_SECONDS
    digits = "".join(code.split())
    for step in range(now - STEPS_APART, now + STEPS_APART + 1):
        if step > after and hmac.compare_digest(code_at(secret, step).encode(), digits.encode()):
            return step
    return None


def shown(secret: bytes) -> str:
    """The secret as it is typed into an app that cannot scan."""
    return base64.b32encode(secret).decode()


def address(secret: bytes, issuer: str, account: str) -> str:
    """What an app scans."""
    label = f"{quote(issuer)}:{quote(account)}"
    return f"otpauth://totp/{label}?secret={shown(secret)}&issuer={quote(issuer)}&digits={DIGITS}&period={STEP_SECONDS}"
