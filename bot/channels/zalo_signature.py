"""Zalo's signature over a webhook: plain SHA-256 of app id, raw body, timestamp and the account's secret key."""

from __future__ import annotations

import hashlib
import hmac
import re

HEADER = "X-ZEvent-Signature"
_MAC = re.compile(r"\s*(?:mac\s*=\s*)?([0-9a-fA-F]{64})\s*")


def sign(app_id: str, body: bytes, timestamp: str, secret: str) -> str:
    """The header's value. Not an HMAC: Zalo hashes the four parts written one after another."""
    return f"mac={_digest(app_id, body, timestamp, secret)}"


def is_genuine(header: str, app_id: str, body: bytes, timestamp: str, secret: str) -> bool:
    """`body` are the bytes as they came: read and written again, the same JSON has another hash."""
    given = _MAC.fullmatch(header)
    if given is None or not secret:  # with a blank secret anybody could sign
        return False
    return hmac.compare_digest(given[1].lower(), _digest(app_id, body, timestamp, secret))


def _digest(app_id: str, body: bytes, timestamp: str, secret: str) -> str:
    return hashlib.sha256(app_id.encode() + body + timestamp.encode() + secret.encode()).hexdigest()
