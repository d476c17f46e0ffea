"""The pack of the look-up tool: every curated procedure, life events and figures of law in one file, for no line."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import segno
import yaml

from bot.desk.lookup_card import Tellers, capitalised, card, province_key
from bot.wording import say
from knowledge.everyday import Wording
from knowledge.life_events import Deadline, LifeEvent
from knowledge.schema import Procedure
from knowledge.tariffs import Tariff
from knowledge.text import fold, search_key

FORMAT = 1  # the tool asks for a new page when it does not know the format
PATH = "/desk/tra-cuu"
MOST_PHRASES = 60  # of one procedure, by which it is found


@dataclass(frozen=True)
class Pack:
    """`body` is JSON under gzip; `version` names its content."""

    version: str
    body: bytes
    count: int


def build(
    procedures: Iterable[Procedure],
    events: Iterable[LifeEvent],
    figures: Iterable[Tariff],
    wording: Mapping[str, Wording],
    tellers: Tellers,
    base: str,
    hotline: str,
) -> Pack:
    """The same content gives the same bytes, whenever and wherever it is built."""
    cards = [
        card(one, tellers) | {"phrases": phrases(one, wording.get(one.code)), "qr": qr(address(base, one.code))}
        for one in sorted(procedures, key=lambda one: one.code)
    ]
    content = {
        "format": FORMAT,
        "hotline": hotline,
        "checked_on": max((one["checked_on"] for one in cards), default=None),
        "procedures": cards,
        "events": [_event(one) for one in events],
        "figures": [_figure(one) for one in figures],
        "shorthand": _shorthand(),
    }
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    version = hashlib.sha256(plain).hexdigest()[:16]
    return Pack(version, gzip.compress(b'{"version":"%s",%s' % (version.encode(), plain[1:]), mtime=0), len(cards))


def address(base: str, code: str) -> str:
    """Where a card opens on the phone that reads the QR code."""
    return f"{base}{PATH}#{code}"


def phrases(procedure: Procedure, wording: Wording | None) -> list[str]:
    """What it is called, without diacritics: the client compares what is typed with these."""
    named = [procedure.spoken_name, procedure.name, *procedure.everyday_names]
    known = wording or Wording()
    asked = (one for several in known.asks.values() for one in several)
    keys = dict.fromkeys(search_key(one) for one in (*named, *known.names, *known.situations, *asked))
    return list(keys)[:MOST_PHRASES]


def qr(text: str) -> str:
    """The modules row by row as bits, in base64, after one byte with the width."""
    # One mask for all: looking for the best of eight takes three seconds for a whole pack, and any can be read.
    rows = segno.make(text, error="m", micro=False, mask=2).matrix
    bits = "".join("1" if module else "0" for row in rows for module in row)
    padded = bits.ljust(-(-len(bits) // 8) * 8, "0")
    packed = bytes(int(padded[place : place + 8], 2) for place in range(0, len(padded), 8))
    return base64.b64encode(bytes([len(rows)]) + packed).decode()


def _event(found: LifeEvent) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": found.title,
        "lead": found.lead,
        "phrases": list(dict.fromkeys(search_key(one) for one in (found.title, *found.ways))),
        "steps": [
            {
                "title": step.title,
                "code": step.code,
                "why": " ".join(part for part in (step.why, step.when) if part),
                "only_if": step.only_if and capitalised(step.only_if),
                "deadline": step.deadline and _deadline(step.deadline),
            }
            for step in found.steps
        ],
        "together": [{"title": part.title, "code": part.code, "note": part.note} for part in found.together],
        "tips": list(found.tips),
        "checked_on": found.checked_on.isoformat(),
    }


def _deadline(deadline: Deadline) -> str:
    limit = say(f"time_limit.{deadline.unit}", value=deadline.value)
    return capitalised(say("life.within", limit=limit, starts=deadline.starts))


def _figure(figure: Tariff) -> dict[str, Any]:
    return {
        "name": figure.name,
        "amount": figure.amount_vnd,
        "percent": str(figure.percent) if figure.percent is not None else None,
        "province": province_key(figure.province) if figure.province else None,
        "from": figure.valid_from.isoformat(),
        "to": figure.valid_to.isoformat() if figure.valid_to else None,
        "certain": figure.evidence != "secondary",
        "source": figure.source,
        "checked_on": figure.checked_on.isoformat(),
    }


@lru_cache(maxsize=1)
def _shorthand() -> dict[str, str]:
    """How people shorten words, without diacritics; what would be another word that way is left out."""
    data = yaml.safe_load(resources.files("knowledge").joinpath("text.yml").read_text("utf-8"))
    pairs = {**data["teencode"], **data["dialect"], **data["phrases"]}
    unclear = {fold(str(word)) for word in data["only_with_diacritics"]}
    kept = {fold(str(short)): fold(str(long)) for short, long in pairs.items() if str(short) == fold(str(short))}
    return {short: long for short, long in kept.items() if len(short) > 1 and short not in unclear | {long}}
