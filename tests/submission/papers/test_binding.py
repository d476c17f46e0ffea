"""Pages of one paper become one PDF, in order, under the portal's limit or not at all."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from bot.submission.papers.binding import bind
from bot.submission.papers.limits import Limits
from bot.submission.papers.refusals import RefusedFile
from tests.submission.papers.pictures import jpeg, opened, page
from tests.submission.papers.test_pdf import plain

PHOTO, PDF = "image/jpeg", "application/pdf"


def noise(width: int = 1500, height: int = 2000) -> bytes:
    """A photo that can hardly be made smaller."""
    levels = np.random.default_rng(3).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return jpeg(Image.fromarray(levels), 92)


def read(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content))


def test_photos_and_pdfs_are_bound_in_the_order_they_were_sent() -> None:
    wide = jpeg(page(1200, 900))
    made = bind([(PHOTO, jpeg(page())), (PDF, plain(2)), (PHOTO, wide)], Limits())
    pages = read(made.content).pages
    assert made.pages == len(pages) == 4
    assert [one.extract_text().strip() for one in pages] == ["", "Page 1", "Page 2", ""]
    assert pages[0].mediabox.height > pages[0].mediabox.width
    assert pages[3].mediabox.width > pages[3].mediabox.height


def test_a_photo_that_fits_is_not_touched() -> None:
    sent = jpeg(page())
    picture = read(bind([(PHOTO, sent)], Limits()).content).pages[0].images[0]
    assert picture.image.size == opened(sent).size
    assert sent in bind([(PHOTO, sent)], Limits()).content


def test_quality_goes_down_only_as_far_as_needed() -> None:
    pages = [(PHOTO, noise()), (PHOTO, noise())]
    whole = len(bind(pages, Limits(paper_bytes=10**9)).content)
    smaller = bind(pages, Limits(paper_bytes=whole - 1)).content
    smallest = bind(pages, Limits(paper_bytes=whole // 4)).content
    assert len(smallest) <= whole // 4 < len(smaller) < whole
    assert max(read(smallest).pages[0].images[0].image.size) >= 1280


def test_a_scanned_pdf_is_made_smaller_too() -> None:
    scanned = bind([(PHOTO, noise())], Limits(paper_bytes=10**9)).content
    made = bind([(PDF, scanned)], Limits(paper_bytes=len(scanned) // 2))
    assert len(made.content) <= len(scanned) // 2 and made.pages == 1


def test_what_never_fits_or_is_too_long_is_refused() -> None:
    for pages, limits, key in (
        ([(PHOTO, noise())], Limits(paper_bytes=50_000), "paper_too_large"),
        ([(PDF, plain(3)), (PDF, plain(3))], Limits(pages=5), "pages"),
        ([(PDF, b"%PDF-1.7")], Limits(), "broken"),
    ):
        with pytest.raises(RefusedFile) as refused:
            bind(pages, limits)
        assert refused.value.key == key and refused.value.sentence
