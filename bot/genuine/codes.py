"""Codes of notices, looked up: whoever reads one in a message learns whether the message is ours."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.conversation import open_said
from bot.genuine.marking import LETTERS, PURPOSE, is_code
from bot.genuine.tables import notice_codes
from bot.privacy import mask
from bot.store import Store
from bot.tables import conversations, messages

_CODE = re.compile(rf"(?<![A-Z0-9])KT[\s.-]?([{LETTERS}]{{4}})[\s.-]?([{LETTERS}]{{4}})(?![A-Z0-9])")


@dataclass(frozen=True)
class Genuine:
    """A notice of ours. `text` is what it said, without its code; None once its citizen had it erased."""

    channel: str
    sent_at: datetime
    text: str | None = field(repr=False)

    @property
    def shown(self) -> str | None:
        """For whoever holds the code, who may be anybody: numbers and addresses that tell a person are masked."""
        return None if self.text is None else mask(self.text)


def read_code(text: str) -> str | None:
    """The code in a message or a pasted notice, however it is spaced and written."""
    found = (f"{one[1]}{one[2]}" for one in _CODE.finditer(text.upper()))
    return next((code for code in found if is_code(code)), None)


class NoticeCodes:
    """Looks codes up."""

    def __init__(self, store: Store) -> None:
        self._database, self._keys = store.database, store.keys

    async def check(self, code: str) -> Genuine | None:
        """The notice of this code; None: no notice of ours has it."""
        lines = sa.and_(
            messages.c.conversation_id == notice_codes.c.conversation_id, messages.c.seq == notice_codes.c.seq
        )
        found = (
            sa.select(notice_codes, conversations.c.channel, messages.c.body)
            .join(conversations, conversations.c.id == notice_codes.c.conversation_id)
            .outerjoin(messages, lines)
            .where(notice_codes.c.code_hash.in_(self._keys.hashes(PURPOSE, code)))
        )
        row = await self._database.read(lambda connection: connection.execute(found).first())
        return row and Genuine(row.channel, row.sent_at, self._text(row))

    def _text(self, row: Any) -> str | None:
        if row.body is None:
            return None
        said = open_said(self._keys, row.conversation_id, row.seq, row.body)
        told = "\n".join(reply.text for reply in said.replies)
        return told.rpartition("\n\n")[0] or told  # the code's own line is no part of the notice
