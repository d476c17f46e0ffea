"""The text of a VietQR code (EMVCo merchant-presented, NAPAS): written, read and checked."""

from __future__ import annotations

import binascii
from dataclasses import dataclass

NAPAS = "A000000727"
TO_ACCOUNT, TO_CARD = "QRIBFTTA", "QRIBFTTC"
DONG = "704"  # ISO 4217, in figures
COUNTRY = "VN"
STATIC, DYNAMIC = "11", "12"
MOST_PURPOSE_CHARS = 25
MOST_FIELD_CHARS = 99


class BadQr(ValueError):
    """Not a VietQR text: cut off, changed, or of another kind."""


@dataclass(frozen=True)
class VietQr:
    """A transfer: to whom, how much (None: the citizen types it), for what."""

    bank: str  # BIN, six figures
    account: str
    amount_vnd: int | None = None
    purpose: str = ""
    is_card: bool = False


def encode(qr: VietQr) -> str:
    """Raises BadQr for what banking apps could not read back."""
    _refuse_unwritable(qr)
    receiver = _field("00", qr.bank) + _field("01", qr.account)
    merchant = _field("00", NAPAS) + _field("01", receiver) + _field("02", TO_CARD if qr.is_card else TO_ACCOUNT)
    text = _field("00", "01") + _field("01", STATIC if qr.amount_vnd is None else DYNAMIC) + _field("38", merchant)
    text += _field("53", DONG)
    text += "" if qr.amount_vnd is None else _field("54", str(qr.amount_vnd))
    text += _field("58", COUNTRY)
    text += _field("62", _field("08", qr.purpose)) if qr.purpose else ""
    return f"{text}6304{crc(text + '6304')}"


def _refuse_unwritable(qr: VietQr) -> None:
    if not (qr.bank.isascii() and qr.bank.isdigit() and len(qr.bank) == 6):
        raise BadQr("bank")
    if not (qr.account.isascii() and qr.account.isalnum() and 1 <= len(qr.account) <= 19):
        raise BadQr("account")
    if qr.amount_vnd is not None and not 1 <= qr.amount_vnd < 10**13:
        raise BadQr("amount")
    if len(qr.purpose) > MOST_PURPOSE_CHARS or not (
        qr.purpose.isascii() and qr.purpose.isprintable() or not qr.purpose
    ):
        raise BadQr("purpose")


def decode(text: str) -> VietQr:
    """Raises BadQr; fields we do not know are left aside."""
    if len(text) < 8 or not text.isascii() or text[-8:-4] != "6304" or text[-4:] != crc(text[:-4]):
        raise BadQr("checksum")
    fields = _read(text)
    merchant = _read(fields.get("38", ""))
    receiver = _read(merchant.get("01", ""))
    service = merchant.get("02", TO_ACCOUNT)
    if merchant.get("00") != NAPAS or service not in (TO_ACCOUNT, TO_CARD) or fields.get("53") != DONG:
        raise BadQr("no VietQR")
    if not {"00", "01"} <= receiver.keys():
        raise BadQr("receiver")
    return VietQr(
        bank=receiver["00"],
        account=receiver["01"],
        amount_vnd=_amount(fields.get("54")),
        purpose=_read(fields.get("62", "")).get("08", ""),
        is_card=service == TO_CARD,
    )


def _amount(text: str | None) -> int | None:
    if text is None:
        return None
    figures, _, rest = text.partition(".")
    if not figures.isdigit() or rest.strip("0"):
        raise BadQr("amount")
    return int(figures)


def _field(name: str, value: str) -> str:
    if len(value) > MOST_FIELD_CHARS:
        raise BadQr(name)
    return f"{name}{len(value):02d}{value}"


def _read(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    while text:
        name, length, text = text[:2], text[2:4], text[4:]
        if len(name) != 2 or not length.isdigit() or len(length) != 2 or len(text) < int(length) or name in fields:
            raise BadQr("cut off")
        fields[name], text = text[: int(length)], text[int(length) :]
    return fields


def crc(text: str) -> str:
    """CRC-16/CCITT-FALSE as four figures."""
    return f"{binascii.crc_hqx(text.encode('ascii'), 0xFFFF):04X}"
