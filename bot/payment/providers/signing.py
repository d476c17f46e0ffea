"""Signatures and strict reading: compared in constant time, over what was received and not over what we made of it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from bot.payment.providers.protocol import Forged, Unreadable
from knowledge.working_days import VIETNAM

MOST_BYTES = 64 * 1024
MOST_FIELDS = 100
MOST_AMOUNT_DIGITS = 13


def hmac_sha256(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def hmac_sha512(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def check(expected: str, given: object) -> None:
    """Raises Forged unless the signatures are equal (the case of hexadecimal figures does not count)."""
    text = given if isinstance(given, str) else ""
    if not hmac.compare_digest(expected.lower().encode(), text.lower().encode()):
        raise Forged


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object with its numbers as they were written; raises Unreadable, also when a name comes twice."""
    if not body or len(body) > MOST_BYTES:
        raise Unreadable
    try:
        read = json.loads(
            body.decode(), object_pairs_hook=_no_name_twice, parse_int=str, parse_float=str, parse_constant=_refuse
        )
        _refuse_unstorable(json.dumps(read, ensure_ascii=False))
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(read, dict) or len(read) > MOST_FIELDS:
        raise Unreadable
    return read


def _no_name_twice(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name comes twice")
    return dict(pairs)


def _refuse(_text: str) -> Any:
    raise ValueError("not a number of JSON")


def _refuse_unstorable(text: str) -> None:
    """Half a surrogate pair could not be hashed, a NUL not stored."""
    text.encode()
    if "\\u0000" in text:
        raise ValueError("a NUL")


def read_query(query: bytes) -> dict[str, str]:
    """Parameters of an address; raises Unreadable, also when a name comes twice."""
    if not query or len(query) > MOST_BYTES:
        raise Unreadable
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
        _refuse_unstorable(json.dumps(pairs, ensure_ascii=False))
        return _no_name_twice(pairs)
    except ValueError:
        raise Unreadable from None


def text_of(fields: Mapping[str, Any], name: str) -> str:
    """The value as it was written; blank when it is missing or null. Raises Unreadable for anything nested."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable
    return value


def joined(fields: Mapping[str, Any], names: Sequence[str]) -> str:
    """`a=1&b=2` in this order, as MoMo and payOS sign it. A value with `&` could be cut in another way: Forged."""
    values = [(name, text_of(fields, name)) for name in names]
    if any("&" in value for _, value in values):
        raise Forged
    return "&".join(f"{name}={value}" for name, value in values)


def piped(values: Sequence[str]) -> str:
    """`a|b|c`; all but the last may hold no bar, or the same bytes could mean something else (Forged)."""
    if any("|" in value for value in values[:-1]):
        raise Forged
    return "|".join(values)


def whole(text: str) -> int | None:
    """A whole amount written in figures only; None for anything else (decimals, signs, other scripts, blank)."""
    is_plain = text.isascii() and text.isdigit() and len(text) <= MOST_AMOUNT_DIGITS
    return int(text) if is_plain else None


def stamp(moment: datetime) -> str:
    """yyyyMMddHHmmss by the clock of Việt Nam, as VNPAY and the national platform write times."""
    return moment.astimezone(VIETNAM).strftime("%Y%m%d%H%M%S")


def to_json(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
