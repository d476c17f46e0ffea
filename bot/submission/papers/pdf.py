"""A PDF from a stranger is built anew, page by page: what is seen stays, what acts or hides does not."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    PdfObject,
    RectangleObject,
    StreamObject,
)

from bot.submission.papers.limits import Limits
from bot.submission.papers.prepared import Prepared
from bot.submission.papers.refusals import RefusedFile

# All that a page needs to be seen. Not here: what acts (AA, Annots, A), what hides (PieceInfo, Metadata, AF, Thumb).
SEEN = ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Resources", "/Contents")
# Parts of the picture itself that may act or hide, wherever they stand in it.
HIDDEN = (
    "/Metadata",
    "/PieceInfo",
    "/AF",
    "/AA",
    "/A",
    "/JS",
    "/JavaScript",
    "/OPI",
    "/Ref",
    "/LastModified",
    "/Alternates",
)
HIDDEN_FLAG, INVISIBLE_FLAGS = "/F", 0b100010  # of an annotation: hidden, not to be viewed
# What a broken file makes a reader raise.
BROKEN = (
    PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, AssertionError, RecursionError, OSError,
    struct.error, zlib.error, OverflowError, NotImplementedError, UnicodeError,
)  # fmt: skip


def rebuild(content: bytes, limits: Limits) -> Prepared:
    """Raises RefusedFile for what is broken, locked, empty or too long."""
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        _unlock(reader)
        count = len(reader.pages)
        if count > limits.pages:
            raise RefusedFile("pages", limits.pages)
        writer = PdfWriter()
        for page in _pages(reader, limits.pages):
            _add(writer, page)
        return Prepared(_written(writer), len(writer.pages))
    except BROKEN:
        raise RefusedFile("broken") from None


def _unlock(reader: PdfReader) -> None:
    """Many offices lock a file against changes only: that opens without a password."""
    if not reader.is_encrypted:
        return
    try:
        is_open = bool(reader.decrypt(""))
    except BROKEN:
        is_open = False
    if not is_open:
        raise RefusedFile("password")


def _pages(reader: PdfReader, most: int) -> Iterator[PageObject]:
    """Counted again: what a file says of its length may be a lie."""
    number = 0
    for number, page in enumerate(reader.pages, 1):
        if number > most:
            raise RefusedFile("pages", most)
        yield page
    if not number:
        raise RefusedFile("broken")


def _add(writer: PdfWriter, page: PageObject) -> None:
    """What is drawn on the page, and the looks of its form fields, stamps and signatures; no links, no scripts."""
    bare = PageObject.create_blank_page(
        width=max(float(page.mediabox.width), 1), height=max(float(page.mediabox.height), 1)
    )
    for name in SEEN:
        value = page.get(name) if name in page else _inherited(page, name)
        if value is not None:
            bare[NameObject(name)] = value
    looks = list(_looks(page))
    added = writer.add_page(bare)
    for look, rectangle in looks:
        _draw(writer, added, look, rectangle)
    _forget_hidden(added.get("/Resources"), set())


def _inherited(page: PageObject, name: str) -> PdfObject | None:
    """Size and turn may stand above the page, at any of the shelves it lies on."""
    above, steps = page.get("/Parent"), 0
    while above is not None and steps < 50:
        above = above.get_object()
        if name in above:
            return above[name]
        above, steps = above.get("/Parent"), steps + 1
    return None


def _looks(page: PageObject) -> Iterator[tuple[StreamObject, RectangleObject]]:
    """Form fields, stamps and signatures as they are shown, each with its place."""
    for one in page.get("/Annots") or ():
        note = one.get_object()
        if not isinstance(note, DictionaryObject) or int(note.get(HIDDEN_FLAG, 0)) & INVISIBLE_FLAGS:
            continue
        look = _look(note)
        if look is not None and "/Rect" in note and note.get("/Subtype") not in ("/Link", "/Popup"):
            yield look, RectangleObject(tuple(float(side) for side in note["/Rect"]))


def _look(note: DictionaryObject) -> StreamObject | None:
    normal = note.get("/AP", DictionaryObject()).get_object().get("/N")
    normal = normal.get_object() if normal is not None else None
    if isinstance(normal, DictionaryObject) and not isinstance(normal, StreamObject):  # ticked or not
        state = normal.get(note.get("/AS", "/Off"))
        normal = state.get_object() if state is not None else None
    return normal if isinstance(normal, StreamObject) else None


def _draw(writer: PdfWriter, page: PageObject, look: StreamObject, rectangle: RectangleObject) -> None:
    """The look as part of the page: its own box laid over the place it had."""
    box = RectangleObject(tuple(float(side) for side in look.get("/BBox", (0, 0, 1, 1))))
    width, height = float(box.width), float(box.height)
    if not width or not height:
        return
    across, up = float(rectangle.width) / width, float(rectangle.height) / height
    left, bottom = float(rectangle.left) - float(box.left) * across, float(rectangle.bottom) - float(box.bottom) * up
    name = NameObject(f"/Look{len(_forms(page)) + 1}")
    _forms(page)[name] = writer._add_object(look.clone(writer))
    before = page.get_contents()
    drawn = f"Q q {across:.5f} 0 0 {up:.5f} {left:.3f} {bottom:.3f} cm {name} Do Q".encode()
    stream = StreamObject()
    stream.set_data(b"q " + (before.get_data() if before is not None else b"") + b"\n" + drawn)
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())


def _forms(page: PageObject) -> DictionaryObject:
    resources = page.setdefault(NameObject("/Resources"), DictionaryObject()).get_object()
    return resources.setdefault(NameObject("/XObject"), DictionaryObject()).get_object()


def _forget_hidden(part: PdfObject | None, seen: set[int]) -> None:
    """Walks what the page is drawn from and drops what is never drawn."""
    waiting = [part]
    while waiting:
        one = waiting.pop()
        one = one.get_object() if one is not None else None
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, ArrayObject):
            waiting += list(one)
        elif isinstance(one, DictionaryObject):
            for name in HIDDEN:
                one.pop(NameObject(name), None)
            waiting += list(one.values())


def _written(writer: PdfWriter) -> bytes:
    writer.metadata = None
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
