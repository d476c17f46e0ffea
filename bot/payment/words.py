"""What a person wrote down about money (why it is seen to, why it goes back): kept once, sealed, beside the notices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.payment.providers.protocol import CURRENCY, Outcome, Verdict
from bot.payment.records import notice_place
from bot.payment.tables import payment_notices
from bot.privacy import KeyRing, mask

ORIGIN = "desk"
MOST_CHARS = 500


@dataclass(frozen=True)
class Words:
    """`about` is what they are about: `notice:7`, `refund:…`, `attempt:…`; `act` is what was done with them."""

    about: str
    act: str
    by: str
    text: str


def checked(text: str) -> str:
    """Raises ValueError for none, and for more than anybody reads."""
    text = text.strip()
    if not text or len(text) > MOST_CHARS:
        raise ValueError("no words, or too many")
    return text


def keep(connection: sa.Connection, keys: KeyRing, provider: str, words: Words, now: datetime) -> None:
    """Within the transaction of what they are about. The row is resolved from the start: nobody has to act on it."""
    key, said = _key(words.about), hashlib.sha256(f"{words}{now.isoformat()}".encode()).hexdigest()[:32]
    body = json.dumps(asdict(words), ensure_ascii=False).encode()
    row = {
        "provider": provider,
        "transaction_key": key,
        "meaning": said,
        "origin": ORIGIN,
        "reference": words.about[:80],
        "verdict": Verdict.unknown,
        "code": words.act,
        "currency": CURRENCY,
        "body": keys.seal(body, notice_place(provider, key, said)),
        "received_at": now,
        "outcome": Outcome.resolved,
        "handled_at": now,
    }
    connection.execute(sa.insert(payment_notices), row)


def newest(connection: sa.Connection, keys: KeyRing, abouts: Iterable[str]) -> dict[str, Words]:
    """The last words about each of these, long numbers masked."""
    table = payment_notices.c
    found = sa.select(payment_notices).where(table.transaction_key.in_([_key(one) for one in abouts]))
    found = found.where(table.origin == ORIGIN)
    rows = connection.execute(found.where(table.body.is_not(None)).order_by(table.id)).all()
    read = [_read(keys, row) for row in rows]
    return {one.about: one for one in read}


def _read(keys: KeyRing, row: sa.Row) -> Words:
    told = Words(**json.loads(keys.open(row.body, notice_place(row.provider, row.transaction_key, row.meaning))))
    return Words(told.about, told.act, told.by, mask(told.text))


def _key(about: str) -> str:
    return f"{ORIGIN}:{about}"
