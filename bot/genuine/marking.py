"""Every notice leaves with a code, which is noted in the transaction that writes the notice."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.channels.reply import Reply
from bot.genuine.tables import notice_codes
from bot.privacy import KeyRing
from bot.wording import say

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read as another
CHARS = 8  # 39 bits
PURPOSE = "notice"


def marked(connection: sa.Connection, keys: KeyRing, line: Any, reply: Reply, now: datetime) -> Reply:
    """The notice with its code; `line` is the row of the conversation with the number of the line it stands in."""
    code = new_code()
    row = {"code_hash": keys.hash(PURPOSE, code), "conversation_id": line.id, "seq": line.last_seq, "sent_at": now}
    connection.execute(sa.insert(notice_codes), row)
    told = say("genuine.code", code=f"KT-{code[:4]}-{code[4:]}")
    return reply.model_copy(update={"text": f"{reply.text}\n\n{told}"})


def new_code() -> str:
    while True:
        drawn = "".join(secrets.choice(LETTERS) for _ in range(CHARS))
        if is_code(drawn):
            return drawn


def is_code(drawn: str) -> bool:
    """A figure tells it from words."""
    return len(drawn) == CHARS and set(drawn) <= set(LETTERS) and not drawn.isalpha()
