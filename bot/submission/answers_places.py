"""Addresses: the ward of today is found for the ward that was told, and asked back where several bear the name."""

from __future__ import annotations

from bot.submission.asking import Asked, Parsed, Several, Wrong
from bot.submission.journey import Answer
from bot.wording import say
from knowledge.places import Ward
from knowledge.text import fold, search_key

MOST_WARDS = 6  # more would be a list nobody reads on a phone


def address(text: str, asked: Asked) -> Parsed:
    """Value is the ward's key; shown is what was written, with today's ward where the written one is gone."""
    if asked.ward is not None:
        return _answer(text, asked.ward)
    reading = asked.places.read(text)
    if len(reading.wards) == 1:
        return _answer(text, reading.wards[0])
    if len(reading.wards) > MOST_WARDS:
        return Wrong("address_many")
    if reading.wards:
        return Several(reading.wards)
    return Wrong("address_ward", {"province": reading.province}) if reading.province else Wrong("address")


def _answer(text: str, ward: Ward) -> Answer:
    tells_today = all(_bare(name) in search_key(text) for name in (ward.name, ward.province))
    return Answer(ward.key, text if tells_today else say("filing.address_now", text=text, ward=ward))


def _bare(name: str) -> str:
    """'Phường Tuy Hòa' → 'tuy hoa'; the kind is often left out or shortened."""
    key = search_key(name)
    for kind in ("thanh pho", "phuong", "xa", "tinh", "dac khu"):
        if key.startswith(f"{kind} "):
            return key.removeprefix(f"{kind} ")
    return fold(key)
