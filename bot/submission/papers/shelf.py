"""The pages a citizen sent, where they are kept: looked at again, bound into papers, thrown away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from bot.submission.attachments import Attachment, Attachments
from bot.submission.papers.opening import Opening


class Shelf(Protocol):
    async def pages(self, conversation_id: str, ids: Sequence[str]) -> list[Attachment]:
        """Those that are there, in this order."""

    async def bind(self, conversation_id: str, ids: Sequence[str], name: str) -> int:
        """From now on these files are one paper; how many pages it has. Raises RefusedFile."""

    async def discard(self, conversation_id: str, ids: Iterable[str], papers: Iterable[Sequence[str]]) -> None:
        """Pages and papers that no dossier names any more."""


class NoShelf:
    """Where files are not opened, pages are taken as they are named."""

    async def pages(self, conversation_id: str, ids: Sequence[str]) -> list[Attachment]:
        return []

    async def bind(self, conversation_id: str, ids: Sequence[str], name: str) -> int:
        return len(ids)

    async def discard(self, conversation_id: str, ids: Iterable[str], papers: Iterable[Sequence[str]]) -> None: ...


class FileShelf:
    def __init__(self, attachments: Attachments, opening: Opening) -> None:
        self._attachments, self._opening = attachments, opening

    async def pages(self, conversation_id: str, ids: Sequence[str]) -> list[Attachment]:
        return await self._attachments.find_all(conversation_id, ids)

    async def bind(self, conversation_id: str, ids: Sequence[str], name: str) -> int:
        """Bound once: the same files in the same order are the same paper."""
        paper = await self._attachments.find_paper(conversation_id, ids)
        if paper is None:
            files = [(one.media_type, await self._content(one)) for one in await self.pages(conversation_id, ids)]
            if not files:  # erased meanwhile
                return 0
            paper = await self._attachments.keep_paper(conversation_id, ids, name, await self._opening.bind(files))
        return paper.details.pages

    async def _content(self, page: Attachment) -> bytes:
        return b"".join([piece async for piece in self._attachments.read(page)])

    async def discard(self, conversation_id: str, ids: Iterable[str], papers: Iterable[Sequence[str]]) -> None:
        await self._attachments.discard(conversation_id, ids, papers)
