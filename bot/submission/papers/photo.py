"""A phone's photo becomes a legible picture: upright, without what it tells of place and phone, the paper alone."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
import pillow_heif
from PIL import Image, ImageOps

from bot.submission.papers import qr
from bot.submission.papers.edges import straightened
from bot.submission.papers.limits import Limits
from bot.submission.papers.prepared import Prepared
from bot.submission.papers.quality import hints_of
from bot.submission.papers.refusals import RefusedFile

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/heic": "HEIF"}
JPEG_QUALITY = 84
LOOK_PX = 1000  # long side at which a picture is judged
MANY_PIXELS = 24_000_000
FEWEST_PX = 50
SAME_EVERYWHERE = 4.0  # spread of brightness below which there is nothing on a picture
BLACK, WHITE = 45, 215
# What decoders raise on broken files; nothing else of theirs is expected.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, EOFError, struct.error, zlib.error, OverflowError)


def prepare(content: bytes, media_type: str, limits: Limits) -> Prepared:
    """Raises RefusedFile for what is no picture, too large, or empty."""
    picture = _upright(_opened(content, media_type, limits))
    look = _small(picture).convert("L")
    _refuse_empty(look)
    paper = straightened(picture, look)
    kept = _small(paper or picture, limits.side_px)
    hints = hints_of(_small(kept).convert("L"), max(picture.size))
    return Prepared(_encoded(kept), 1, hints, qr.card_text(picture, paper))


def _opened(content: bytes, media_type: str, limits: Limits) -> Image.Image:
    """Decoded only after its size was read; a format that it does not claim to be is not tried."""
    _ready()
    name = FORMATS[media_type]
    try:
        picture = Image.open(io.BytesIO(content), formats=[name])
        width, height = picture.size
        if width * height > limits.pixels:
            raise RefusedFile("pixels", limits.pixels // 1_000_000)
        if width * height > MANY_PIXELS:  # a JPEG can be decoded at half its size, for a quarter of the work
            picture.draft(None, (width // 2, height // 2))
        picture.load()
    except Image.DecompressionBombError:
        raise RefusedFile("pixels", limits.pixels // 1_000_000) from None
    except BROKEN:
        raise RefusedFile("broken") from None
    return picture


def _ready() -> None:
    pillow_heif.register_heif_opener(thumbnails=False)
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # we ask ourselves, before anything is decoded


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as the phone says, without transparency, in the colours of a screen."""
    try:
        turned = ImageOps.exif_transpose(picture)
    except BROKEN:  # a broken note on how to turn is no reason to refuse the picture
        turned = picture
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        seen = turned.convert("RGBA")
        white = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(white, seen).convert("RGB")
    return _eight_bits(turned).convert("RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    if not picture.mode.startswith("I") and picture.mode != "F":
        return picture
    levels = np.asarray(picture, dtype=np.float32)
    top = 65535.0 if levels.max(initial=0) > 255 else 255.0
    return Image.fromarray(np.clip(levels * 255.0 / top, 0, 255).astype(np.uint8))


def _refuse_empty(look: Image.Image) -> None:
    if max(look.size) < FEWEST_PX:
        raise RefusedFile("tiny")
    levels = np.asarray(look, dtype=np.float32)
    low, high = np.percentile(levels, (0.5, 99.5))
    if high - low >= SAME_EVERYWHERE * 4 or levels.std() >= SAME_EVERYWHERE:
        return
    middle = float(levels.mean())
    raise RefusedFile("black" if middle < BLACK else "white" if middle > WHITE else "empty")


def _small(picture: Image.Image, side_px: int = LOOK_PX) -> Image.Image:
    """At most `side_px` on its long side; never enlarged."""
    longest = max(picture.size)
    if longest <= side_px:
        return picture
    size = tuple(max(1, round(side * side_px / longest)) for side in picture.size)
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _encoded(picture: Image.Image) -> bytes:
    """A new file with nothing but the picture in it: no place, no day, no phone."""
    out = io.BytesIO()
    clean = Image.frombytes("RGB", picture.size, picture.tobytes())
    clean.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()
