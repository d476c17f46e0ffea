"""The room of papers put together: what opens files, what stands beside filing, and the doors to look again."""

from __future__ import annotations

from fastapi import APIRouter

from bot.submission.attachments import Attachments
from bot.submission.dossiers import Dossiers
from bot.submission.filing import Filing
from bot.submission.papers.desk import Doors, PaperDesk
from bot.submission.papers.offers import Offers
from bot.submission.papers.opening import Opening
from bot.submission.papers.paging import Paging
from bot.submission.papers.shelf import FileShelf
from bot.submission.sheet import Sheets
from knowledge.places import Places


def paper_desk(
    doors: Doors,
    filing: Filing,
    dossiers: Dossiers,
    attachments: Attachments,
    opening: Opening,
    places: Places,
    sheets: Sheets,
) -> PaperDesk:
    """Stands before `doors`; from now on `filing` looks at the files it is given."""
    shelf = FileShelf(attachments, opening)
    filing.open_files_on(shelf)
    offers = Offers(dossiers, shelf, places)
    return PaperDesk(doors, filing, dossiers, offers, Paging(dossiers, shelf), sheets)


def paper_doors(opening: Opening) -> APIRouter:
    from bot.submission.papers.routes import create_router  # routes know the services, which know this room

    return create_router(opening)
