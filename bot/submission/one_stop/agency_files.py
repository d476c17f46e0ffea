"""The citizen's files as the agency gets them: read for sending, or fetched under a signed address."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.conversation import attachment_place
from bot.sealed_file import read_sealed
from bot.store import Store
from bot.tables import attachments

LINK_LIFE = timedelta(days=30)
PURPOSE = "one stop file"


@dataclass(frozen=True)
class AgencyFile:
    name: str = field(repr=False)
    media_type: str
    size_bytes: int


class AgencyFiles:
    """`base`: where the outside world reaches this server; blank: no addresses can be given."""

    def __init__(self, store: Store, folder: Path, base: str) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._folder, self._base = folder, base.rstrip("/")

    def read(self, attachment_id: str) -> AsyncIterator[bytes]:
        return read_sealed(self._keys, self._folder / attachment_id, attachment_id)

    def link(self, attachment_id: str) -> str:
        if not self._base:
            return ""
        until = str(int((self._clock() + LINK_LIFE).timestamp()))
        proof = self._keys.hash(PURPOSE, attachment_id, until).hex()
        return f"{self._base}/one-stop/files/{attachment_id}?until={until}&proof={proof}"

    def is_granted(self, attachment_id: str, until: str, proof: str) -> bool:
        """Whether this address was given by us and is not over."""
        if not (until.isascii() and until.isdigit() and len(until) <= 12):
            return False
        expected = self._keys.hashes(PURPOSE, attachment_id, until)
        is_ours = any(hmac.compare_digest(one.hex().encode(), proof.encode()) for one in expected)
        return is_ours and int(until) >= self._clock().timestamp()

    async def find(self, attachment_id: str) -> AgencyFile | None:
        """None when the citizen erased it."""
        found = sa.select(attachments).where(attachments.c.id == attachment_id)
        row = await self._database.read(lambda connection: connection.execute(found).first())
        if row is None:
            return None
        name = self._keys.open(row.name, attachment_place(row.id)).decode()
        return AgencyFile(name, row.media_type, row.size_bytes)
