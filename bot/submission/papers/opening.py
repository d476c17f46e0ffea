"""What becomes of a stranger's file: looked at by the scanner, opened in the workshop, kept as what is seen of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict

from bot.settings import Settings
from bot.submission.attachments import Details, Opened
from bot.submission.file_type import JPEG, PDF
from bot.submission.papers.form import Form
from bot.submission.papers.limits import Limits
from bot.submission.papers.scanning import Scanner
from bot.submission.papers.workshop import Workshop


class Opening:
    def __init__(self, workshop: Workshop, limits: Limits, scanner: Scanner | None = None) -> None:
        self._workshop, self._limits, self._scanner = workshop, limits, scanner

    async def open(self, content: bytes, media_type: str) -> Opened:
        """Raises RefusedFile."""
        if self._scanner is not None:
            await self._scanner.check(content)
        if media_type == PDF:
            return await self._made({"do": "pdf"}, [content], PDF)
        return await self._made({"do": "photo", "media_type": media_type}, [content], JPEG)

    async def bind(self, pages: Sequence[tuple[str, bytes]]) -> Opened:
        """Pages that were opened before (media type, content), in order, as one PDF. Raises RefusedFile."""
        ask = {"do": "bind", "media_types": [media_type for media_type, _ in pages]}
        return await self._made(ask, [content for _, content in pages], PDF)

    async def write(self, form: Form) -> bytes:
        return (await self._workshop.do({"do": "form", "form": asdict(form)}))[1]

    async def _made(self, ask: dict[str, object], files: Sequence[bytes], media_type: str) -> Opened:
        said, content = await self._workshop.do({**ask, "limits": asdict(self._limits)}, files)
        return Opened(content, media_type, Details(said["pages"], tuple(said["hints"]), said["card"]))


@asynccontextmanager
async def opening(settings: Settings) -> AsyncIterator[Opening]:
    """Works while the block runs."""
    limits = Limits(
        pixels=settings.max_photo_megapixels * 1_000_000,
        pages=settings.max_paper_pages,
        paper_bytes=settings.max_paper_bytes,
    )
    scanner = Scanner(settings.clamav) if settings.clamav else None
    async with Workshop().running() as workshop:
        yield Opening(workshop, limits, scanner)
