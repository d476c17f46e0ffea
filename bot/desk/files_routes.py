"""The doors to a citizen's files: for whoever has the case now, checked and noted at every opening."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from bot.channels.routes import Parts
from bot.desk import preview
from bot.desk.case_routes import has_word
from bot.desk.doors_routes import Desk, Here, SignedIn, Who
from bot.desk.parts import Denied, DeskParts
from bot.handoff.case import Case
from bot.page_headers import page_headers
from bot.privacy import CannotDecrypt
from bot.problems import Problem
from bot.services import Services
from bot.stories.case_files import rights_of
from bot.submission.attachments import Attachment
from bot.submission.file_type import JPEG, PDF

HEADERS = {**page_headers("sandbox"), "Cross-Origin-Resource-Policy": "same-origin"}
SHOWN = ("image/", PDF)  # anything else is only saved
SHOWN_BY_BROWSERS = (JPEG, "image/png", PDF)
ID_CHARS = 32

router = APIRouter(prefix="/desk/cases/{case_id}/tep", include_in_schema=False)


async def file_here(attachment_id: str, who: Who, case: Here, desk: Desk, parts: Parts) -> Attachment:
    """The file of this address. 403 for whoever has not the case or no consent, 404 for what is none of its files."""
    if not has_word(who, case):
        await _note(desk, who, case, attachment_id, "denied")
        raise Denied
    file = await parts.attachments.find(case.conversation_id, attachment_id) if attachment_id.isascii() else None
    rights = await rights_of(parts, case, await desk.cases.lines(case))
    if file is None or not rights.knows(file):
        await _note(desk, who, case, attachment_id, "denied")
        raise Problem(404, "not_found")
    if not rights.may_open(file):
        await _note(desk, who, case, attachment_id, "denied")
        raise Denied
    return file


File = Annotated[Attachment, Depends(file_here)]


@router.get("/{attachment_id}")
async def whole(file: File, who: Who, case: Here, desk: Desk, parts: Parts) -> Response:
    """As it is kept; a format that browsers do not show, as a JPEG."""
    try:
        content, media_type, name = await _content(parts, file), file.media_type, file.name
        if media_type.startswith("image/") and media_type not in SHOWN_BY_BROWSERS:
            content, media_type, name = await preview.whole(content, media_type), JPEG, f"{name}.jpg"
    except (OSError, CannotDecrypt, preview.NoPicture):
        raise await _lost(desk, who, case, file) from None
    await _note(desk, who, case, file.id)
    return _response(content, media_type, name)


@router.get("/{attachment_id}/nho")
async def small(file: File, who: Who, case: Here, desk: Desk, parts: Parts) -> Response:
    """A picture of a few kilobytes, for the talk."""
    try:
        content = await preview.small(await _content(parts, file), file.media_type)
    except (OSError, CannotDecrypt, preview.NoPicture):
        raise await _lost(desk, who, case, file) from None
    await _note(desk, who, case, file.id, act="preview")
    return _response(content, JPEG, "nho.jpg")


async def _content(parts: Services, file: Attachment) -> bytes:
    """Whole before anything is answered: one that was changed or cut off is not half shown. Uploads are bounded."""
    return b"".join([piece async for piece in parts.attachments.read(file)])


async def _lost(desk: DeskParts, who: SignedIn, case: Case, file: Attachment) -> Problem:
    await _note(desk, who, case, file.id, "failed")
    return Problem(404, "not_found")


async def _note(
    desk: DeskParts, who: SignedIn, case: Case, attachment_id: str, outcome: str = "done", act: str = "file"
) -> None:
    named = attachment_id[:ID_CHARS] if attachment_id.isascii() and attachment_id.isalnum() else "?"
    await desk.audit.note(who.helper.id, act, f"{case.code}/{named}", outcome)


def _response(content: bytes, media_type: str, name: str) -> Response:
    is_shown = media_type.startswith(SHOWN)
    way = "inline" if is_shown else "attachment"
    disposition = f"{way}; filename*=UTF-8''{quote(name, safe='')}"
    shown_as = media_type if is_shown else "application/octet-stream"
    return Response(content, media_type=shown_as, headers={**HEADERS, "Content-Disposition": disposition})
