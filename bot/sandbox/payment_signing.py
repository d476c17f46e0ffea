"""How the sandbox platforms sign, written from their descriptions and not from the product's own code."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

# Nothing is protected by these: the money is pretended.
KEYS: dict[str, dict[str, str]] = {
    "vnpay": {"tmn_code": "MOTCUA01", "secret": "sandbox-vnpay-secret"},
    "momo": {"partner_code": "MOMOSANDBOX", "access_key": "sandboxaccess", "secret": "sandbox-momo-secret"},
    "zalopay": {"app_id": "2553", "key1": "sandbox-zalopay-key1", "key2": "sandbox-zalopay-key2"},
    "national": {"partner_code": "MOTCUA", "secret": "sandbox-national-secret"},
    "vietqr": {"client_id": "motcua", "api_key": "sandbox-payos-key", "checksum_key": "sandbox-payos-checksum"},
}
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def mac(algorithm: str, key: str, message: str) -> str:
    return hmac.new(key.encode("utf-8"), message.encode("utf-8"), getattr(hashlib, algorithm)).hexdigest()


def vnpay_query(fields: Mapping[str, str]) -> str:
    """A whole query with its hash at the end."""
    pairs = urlencode(sorted((name, value) for name, value in fields.items() if value != ""))
    return f"{pairs}&vnp_SecureHash={mac('sha512', KEYS['vnpay']['secret'], pairs)}"


def vnpay_bars(fields: Mapping[str, Any], names: Iterable[str]) -> str:
    return mac("sha512", KEYS["vnpay"]["secret"], "|".join(str(fields.get(f"vnp_{name}") or "") for name in names))


def momo(fields: Mapping[str, Any], names: str) -> str:
    values = {**fields, "accessKey": KEYS["momo"]["access_key"]}
    return mac("sha256", KEYS["momo"]["secret"], "&".join(f"{name}={values[name]}" for name in names.split()))


def national(fields: Mapping[str, Any], names: str) -> str:
    words = [str(fields.get(name, "")) for name in names.split()]
    return hashlib.sha256("|".join([*words, KEYS["national"]["secret"]]).encode()).hexdigest()


def payos(data: Mapping[str, Any]) -> str:
    pairs = (f"{name}={'' if data[name] is None else data[name]}" for name in sorted(data))
    return mac("sha256", KEYS["vietqr"]["checksum_key"], "&".join(pairs))


def local(moment: dt.datetime) -> str:
    return moment.astimezone(HANOI).strftime("%Y%m%d%H%M%S")
