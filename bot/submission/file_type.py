"""What a file is, told from its bytes: names and announced types are only what a client claims."""

from __future__ import annotations

import re
import unicodedata

SNIFF_BYTES = 64
PDF, JPEG = "application/pdf", "image/jpeg"
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/heic": ".heic", "application/pdf": ".pdf"}
MOST_NAME_CHARS = 100

_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis"}
_CONTAINER_BRANDS = {b"mif1", b"msf1"}  # iPhones name the container; the pictures' own brand follows
_UNSAFE = re.compile(r'[\\/:*?"<>|]')


def sniff(head: bytes) -> str | None:
    """The media type of a file that begins like this; None for everything that is not taken."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"%PDF-"):
        return "application/pdf"
    return "image/heic" if _is_heic(head) else None


def _is_heic(head: bytes) -> bool:
    if head[4:8] != b"ftyp":
        return False
    size = min(int.from_bytes(head[:4], "big"), len(head))
    compatible = {head[at : at + 4] for at in range(16, size - 3, 4)}
    major = head[8:12]
    return major in _HEIC_BRANDS or (major in _CONTAINER_BRANDS and bool(compatible & _HEIC_BRANDS))


def safe_name(claimed: str, media_type: str) -> str:
    """The citizen's own name for the file without paths and hidden characters, ending as its type does."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", claimed))[-1]
    visible = "".join(char for char in last if not unicodedata.category(char).startswith("C"))
    stem = _UNSAFE.sub("_", visible).rpartition(".")[0] or visible
    stem = " ".join(stem.split()).strip(". ")[: MOST_NAME_CHARS - 5]
    return (stem or "file") + SUFFIXES[media_type]
