"""The QR code of an identity card on a photo, also a small, dark or skewed one, within a time."""

from __future__ import annotations

import time
from collections.abc import Iterator

import zxingcpp
from PIL import Image, ImageFilter, ImageOps

from bot.submission.papers.card import KEPT_FIELDS, looks_like_card

BUDGET_SECONDS = 1.5
QUICK_PX = 1600
CARD_SHAPE, SHAPE_TOLERANCE = 1.586, 0.11  # of an identity card: long side by short side


def card_text(picture: Image.Image, paper: Image.Image | None) -> str | None:
    """The fields of the card as its code has them; None when no card is seen."""
    until = time.monotonic() + BUDGET_SECONDS
    is_seen = paper is not None and _is_card_shaped(paper)
    for number, look in enumerate(_looks(picture, paper if is_seen else None)):
        if time.monotonic() > until or (number >= 2 and not is_seen):
            return None  # a letter has no code: two looks are enough to know
        found = zxingcpp.read_barcodes(look, formats=zxingcpp.BarcodeFormat.QRCode, return_errors=True)
        is_seen = is_seen or bool(found)
        text = next((text for one in found if one.valid and (text := _text(one.bytes)) is not None), None)
        if text is not None:
            return text
    return None


def _text(content: bytes) -> str | None:
    try:
        text = bytes(content).decode()
    except UnicodeDecodeError:
        return None
    # Newer cards also name the parents: what nobody asks for is not kept.
    return "|".join(text.split("|")[:KEPT_FIELDS]) if looks_like_card(text) else None


def _is_card_shaped(paper: Image.Image) -> bool:
    return abs(max(paper.size) / max(min(paper.size), 1) - CARD_SHAPE) <= SHAPE_TOLERANCE


def _looks(picture: Image.Image, card: Image.Image | None) -> Iterator[Image.Image]:
    """The same picture, each time seen otherwise; the cheap ones first."""
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1)
    yield _at(grey, QUICK_PX)
    yield grey
    if card is not None:
        flat = ImageOps.autocontrast(card.convert("L"), cutoff=1)
        yield _at(flat, QUICK_PX, may_grow=True)
        yield _at(flat, QUICK_PX, may_grow=True).filter(ImageFilter.UnsharpMask(3, 200, 2))
    yield ImageOps.equalize(grey)
    yield _at(grey, 3200, may_grow=True).filter(ImageFilter.UnsharpMask(4, 250, 2))
    for degrees in (20, 45, -20):
        yield _at(grey, QUICK_PX).rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=128)


def _at(picture: Image.Image, side_px: int, may_grow: bool = False) -> Image.Image:
    longest = max(picture.size)
    if longest <= side_px and not may_grow:
        return picture
    scale = side_px / longest
    return picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
