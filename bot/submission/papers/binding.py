"""The pages of one paper bound into one PDF that the portal takes, as legible as its limit allows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, NumberObject, StreamObject

from bot.submission.papers.limits import Limits
from bot.submission.papers.pdf import BROKEN
from bot.submission.papers.prepared import Prepared
from bot.submission.papers.refusals import RefusedFile

A4_POINTS = (595.28, 841.89)
SMALL_PICTURE_BYTES = 60_000  # of a PDF: stamps and logos are left alone
Page = tuple[str, bytes]  # media type, content


@dataclass(frozen=True)
class Quality:
    side_px: int
    jpeg: int


# Stepped down until it fits; the last is still read without strain on A4 (about 110 dots an inch).
STEPS = (None, Quality(1800, 75), Quality(1500, 65), Quality(1280, 50))


def bind(pages: Sequence[Page], limits: Limits) -> Prepared:
    """One PDF, in the order given. Raises RefusedFile when it has too many pages or never fits."""
    for quality in STEPS:
        content, count = _bound(pages, quality)
        if count > limits.pages:
            raise RefusedFile("pages", limits.pages)
        if len(content) <= limits.paper_bytes:
            return Prepared(content, count)
    raise RefusedFile("paper_too_large", limits.paper_bytes)


def _bound(pages: Sequence[Page], quality: Quality | None) -> tuple[bytes, int]:
    try:
        writer = PdfWriter()
        for media_type, content in pages:
            if media_type == "application/pdf":
                _add_pdf(writer, content, quality)
            else:
                _add_photo(writer, content, quality)
        out = io.BytesIO()
        writer.metadata = None
        writer.write(out)
        return out.getvalue(), len(writer.pages)
    except BROKEN:
        raise RefusedFile("broken") from None


def _add_photo(writer: PdfWriter, content: bytes, quality: Quality | None) -> None:
    """A JPEG goes in as it is, filling an A4 page in its own direction."""
    content = _reduced(content, quality) if quality else content
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
        width, height = picture.size
    across, down = A4_POINTS if width <= height else A4_POINTS[::-1]
    scale = min(across / width, down / height)
    left, bottom = (across - width * scale) / 2, (down - height * scale) / 2
    page = PageObject.create_blank_page(width=across, height=down)
    drawing = DecodedStreamObject()
    drawing.set_data(f"q {width * scale:.2f} 0 0 {height * scale:.2f} {left:.2f} {bottom:.2f} cm /Page Do Q".encode())
    objects = DictionaryObject({NameObject("/Page"): writer._add_object(_jpeg(content, width, height))})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): objects})
    page[NameObject("/Contents")] = writer._add_object(drawing)
    writer.add_page(page)


def _jpeg(content: bytes, width: int, height: int) -> StreamObject:
    picture = StreamObject()
    picture._data = content
    picture.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Width"): NumberObject(width),
            NameObject("/Height"): NumberObject(height),
            NameObject("/ColorSpace"): NameObject("/DeviceRGB"),
            NameObject("/BitsPerComponent"): NumberObject(8),
            NameObject("/Filter"): NameObject("/DCTDecode"),
        }
    )
    return picture


def _reduced(content: bytes, quality: Quality) -> bytes:
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
        smaller = picture.convert("RGB")
    smaller.thumbnail((quality.side_px, quality.side_px), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    smaller.save(out, "JPEG", quality=quality.jpeg, optimize=True)
    return out.getvalue()


def _add_pdf(writer: PdfWriter, content: bytes, quality: Quality | None) -> None:
    for page in PdfReader(io.BytesIO(content)).pages:
        added = writer.add_page(page)
        if quality:
            _reduce_pictures(added, quality)


def _reduce_pictures(page: PageObject, quality: Quality) -> None:
    """A scanned page is one large picture; what cannot be read as one is left as it is."""
    names = list(page.images.keys())
    for name in names:
        try:
            picture = page.images[name]
            if isinstance(name, str) and len(picture.data) > SMALL_PICTURE_BYTES and picture.image is not None:
                smaller = picture.image.convert("RGB")
                smaller.thumbnail((quality.side_px, quality.side_px), Image.Resampling.LANCZOS)
                picture.replace(smaller, quality=quality.jpeg)
        except BROKEN:
            continue
