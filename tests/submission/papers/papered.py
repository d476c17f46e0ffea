"""A citizen who files with papers: files are really kept; opening them is played, so that a test takes no second."""

from __future__ import annotations

from bot.settings import Settings
from bot.store import Store
from bot.submission.attachments import Attachments, Details, Opened
from bot.submission.dossiers import Dossiers
from bot.submission.file_type import PDF
from bot.submission.filing import Filing
from bot.submission.papers.desk import PaperDesk
from bot.submission.papers.refusals import RefusedFile
from bot.submission.papers.work import paper_desk
from bot.submission.sheet import Sheets
from knowledge.schema import Procedure
from tests.submission.filer import DAYS, Filer
from tests.submission.journeys import all_places, curated
from tests.uploads import JPEG, upload

MOST_BOUND_BYTES = 40_000


class PlayedOpening:
    """Tells of the next file what the test says."""

    def __init__(self) -> None:
        self.next = Details()
        self.bound: list[int] = []

    async def open(self, content: bytes, media_type: str) -> Opened:
        return Opened(content, media_type, self.next)

    async def bind(self, pages: list[tuple[str, bytes]]) -> Opened:
        self.bound.append(len(pages))
        content = b"%PDF-1.7 " + b"".join(content for _, content in pages)
        if len(content) > MOST_BOUND_BYTES:
            raise RefusedFile("paper_too_large", MOST_BOUND_BYTES)
        return Opened(content, PDF, Details(pages=len(pages) - 1 + self.next.pages))


class PaperedFiler(Filer):
    """Sends real attachments, and its messages go through the desk of papers."""

    files: Attachments
    opening: PlayedOpening

    async def photo(self, hints: tuple[str, ...] = (), card: str | None = None, size: int = 0, pages: int = 1) -> str:
        self.opening.next = Details(pages, hints, card)
        kept = await self.files.accept(self.conversation_id, "photo.jpg", upload(JPEG + bytes(size)))
        return kept.id

    async def sends_photos(self, count: int = 1, album: str | None = None, **more: object) -> list[str]:
        ids = [await self.photo(**more) for _ in range(count)]
        await self._hears(self.heard(attachment_ids=tuple(ids), album=album))
        return ids

    def title(self, beginning: str) -> str:
        return next(button.title for button in self.buttons if button.title.startswith(beginning))

    @property
    def titles(self) -> list[str]:
        return [button.title for button in self.buttons]

    async def stored(self) -> int:
        return len(list(self.files._folder.iterdir()))


def desk_on(store: Store, files: Attachments, opening: PlayedOpening, records: dict[str, Procedure]) -> PaperDesk:
    dossiers, sheets = Dossiers(store, DAYS), Sheets(store.keys, store.clock, "")
    filing = Filing(dossiers, lambda: records, all_places(), sheets)
    return paper_desk(filing, filing, dossiers, files, opening, all_places(), sheets)


async def papered(store: Store, settings: Settings, *own: Procedure) -> PaperedFiler:
    opening = PlayedOpening()
    files = Attachments(store, settings, opening.open)
    records = {**curated(), **{one.code: one for one in own}}
    conversation, _ = await store.start_conversation("web")
    filer = PaperedFiler(desk_on(store, files, opening, records), conversation.id)
    filer.files, filer.opening = files, opening
    return filer
