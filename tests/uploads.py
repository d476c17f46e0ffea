"""Small files of every kind, and an upload as Starlette hands it over."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def _photo() -> bytes:
    """A picture with something on it, small and whole."""
    out = io.BytesIO()
    levels = np.random.default_rng(1).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(levels).save(out, "JPEG", quality=60)
    return out.getvalue()


JPEG = _photo()
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
PDF = b"%PDF-1.7\n1 0 obj\n"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
HEIC_IN_CONTAINER = b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1heicmiaf"


class Upload:
    """Hands out at most `piece` bytes at a time, and may break off in the middle."""

    def __init__(self, content: bytes, piece: int, breaks_after: int | None) -> None:
        self._content, self._piece, self._breaks_after = io.BytesIO(content), piece, breaks_after
        self.read_bytes = 0

    async def read(self, size: int, /) -> bytes:
        if self._breaks_after is not None and self.read_bytes >= self._breaks_after:
            raise ConnectionError("the citizen went through a tunnel")
        chunk = self._content.read(min(size, self._piece))
        self.read_bytes += len(chunk)
        return chunk


def upload(content: bytes, piece: int = 1 << 30, breaks_after: int | None = None) -> Upload:
    return Upload(content, piece, breaks_after)
