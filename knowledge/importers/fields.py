"""Readings shared by the importers: money, time limits, channels, levels, as Vietnamese sources write them."""

from __future__ import annotations

import datetime as dt
import re

from knowledge.schema import Channel, Cost, TimeLimit
from knowledge.text import fold

CHANNELS = {
    "truc tuyen": Channel.online, "online": Channel.online,
    "truc tiep": Channel.in_person, "direct": Channel.in_person,
    "dich vu buu chinh": Channel.postal, "postal": Channel.postal, "buu chinh": Channel.postal,
}  # fmt: skip

_LEVELS = (("cap xa", "ward"), ("cap tinh", "province"), ("cap bo", "ministry"), ("co quan khac", "other"))
_DURATION = re.compile(r"^(\d+)\s+(ngay lam viec|ngay|gio|thang|nam)$")
_UNITS = {"ngay lam viec": "working_day", "ngay": "day", "gio": "hour", "thang": "month", "nam": "year"}
_AMOUNT = re.compile(r"^([\d.,]+)\s*(viet nam dong|vnd|vnđ|dong|đ)?$")
_UNTIL = re.compile(r"(?:đến hết|đến|hết)\s*(?:ngày)?\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.IGNORECASE)
# "Miễn phí" beside a note is free only when the note itself speaks of being free; the source writes
# "Miễn phí" for every value 0, also where the fee is simply set elsewhere.
_SAYS_FREE = re.compile(
    r"mien phi|mien le phi|khong thu|khong phai nop|khong mat phi|khong quy dinh phi|0 dong|khong co phi|khong$"
)


def channel(text: str) -> Channel | None:
    return CHANNELS.get(fold(text).strip())


def levels(text: str | None) -> tuple[str, ...]:
    folded = fold(text or "")
    return tuple(level for words, level in _LEVELS if words in folded)


def time_limit(text: str, via: Channel) -> TimeLimit | None:
    """'3 Ngày làm việc' → 3 working days; anything else keeps its words and no number."""
    text = text.strip()
    if not text or fold(text) == "khong quy dinh":
        return None
    found = _DURATION.match(fold(text))
    if found:
        return TimeLimit(value=int(found[1]), unit=_UNITS[found[2]], channel=via)
    return TimeLimit(unit="other", text=text, channel=via)


def cost(amount: str, note: str | None, via: Channel, kind: str = "fee", doubtful: bool = False) -> Cost | None:
    """One row of the source; a figure that the row itself puts in doubt is kept in the note only."""
    note = (note or "").strip() or None
    value, trusted = _amount(amount.strip(), note)
    if value is None and not note and not amount.strip():
        return None
    if value is None and amount.strip() and fold(amount) != "mien phi":
        note = f"{amount.strip()} — {note}" if note else amount.strip()
    return Cost(
        kind=kind,
        amount_vnd=value,
        channel=via,
        note=note,
        valid_to=_last_day(note),
        is_doubtful=doubtful or not trusted,
    )


def _amount(amount: str, note: str | None) -> tuple[int | None, bool]:
    folded = fold(amount)
    if folded == "mien phi" or folded in ("0", "0 vnd", "0 dong", "0 viet nam dong"):
        return 0, note is None or bool(_SAYS_FREE.search(fold(note)))
    found = _AMOUNT.match(folded)
    if not found:
        return None, True
    value = int(re.sub(r"[.,]", "", found[1]))
    return value, value >= 1_000


def _last_day(note: str | None) -> dt.date | None:
    found = _UNTIL.search(note or "")
    if not found:
        return None
    try:
        return dt.date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None


def lines(text: str | None) -> tuple[str, ...]:
    """Non-empty lines without bullets."""
    cleaned = (re.sub(r"^[\s\-+*•–·]+", "", line).strip() for line in (text or "").splitlines())
    return tuple(line for line in cleaned if line)
