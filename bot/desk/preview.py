"""A picture made small for a bad line, off the loop and a few at a time."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import pillow_heif
from PIL import Image, ImageOps

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/heic": "HEIF"}
SMALL_PX, WHOLE_PX = 400, 2200  # long sides: beside the talk, and opened where the browser cannot read the format
SMALL_QUALITY, WHOLE_QUALITY = 70, 84
MOST_PIXELS = 64_000_000
MOST_AT_ONCE = 2
# What decoders raise on broken files; nothing else of theirs is expected.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, EOFError, struct.error, zlib.error, OverflowError)


class NoPicture(Exception):
    """The file is no picture of a kind we take, broken or too large."""


async def small(content: bytes, media_type: str) -> bytes:
    """A JPEG to look at beside the talk. Raises NoPicture."""
    return await _made(content, media_type, SMALL_PX, SMALL_QUALITY)


async def whole(content: bytes, media_type: str) -> bytes:
    """A JPEG that every browser shows. Raises NoPicture."""
    return await _made(content, media_type, WHOLE_PX, WHOLE_QUALITY)


async def _made(content: bytes, media_type: str, side_px: int, quality: int) -> bytes:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_workers(), shrunk, content, media_type, side_px, quality)


@lru_cache(maxsize=1)
def _workers() -> ThreadPoolExecutor:
    pillow_heif.register_heif_opener(thumbnails=False)
    return ThreadPoolExecutor(MOST_AT_ONCE, "preview")


def shrunk(content: bytes, media_type: str, side_px: int, quality: int) -> bytes:
    """Decoded only after its size was read, as the format it claims to be; nothing but the picture is kept."""
    try:
        with Image.open(io.BytesIO(content), formats=[FORMATS[media_type]]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise NoPicture
            picture.draft("RGB", (side_px, side_px))  # a JPEG is decoded near the wanted size: little work
            upright = ImageOps.exif_transpose(picture).convert("RGB")
        upright.thumbnail((side_px, side_px))
        out = io.BytesIO()
        upright.info.clear()
        upright.save(out, "JPEG", quality=quality)
    except (KeyError, Image.DecompressionBombError, *BROKEN):
        raise NoPicture from None
    return out.getvalue()
