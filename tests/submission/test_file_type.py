"""A file is what its bytes say, whatever its name claims."""

from __future__ import annotations

import pytest

from bot.submission.file_type import MOST_NAME_CHARS, safe_name, sniff
from tests.uploads import HEIC, HEIC_IN_CONTAINER, JPEG, PDF, PNG


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (JPEG, "image/jpeg"),
        (PNG, "image/png"),
        (PDF, "application/pdf"),
        (b"\xef\xbb\xbf\r\n%PDF-1.4", "application/pdf"),
        (HEIC, "image/heic"),
        (HEIC_IN_CONTAINER, "image/heic"),
    ],
)
def test_what_citizens_hand_in_is_recognised(head: bytes, media_type: str) -> None:
    assert sniff(head) == media_type


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff\xd8",
        b"MZ\x90\x00 a program",
        b"PK\x03\x04 a docx",
        b"<html><script>",
        b"<?xml version='1.0'?><svg onload='x'>",
        b"GIF89a",
        b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avifmiaf",
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isomheic",
        b"\x00\x00\x00\x08ftyp",
        b"words about %PDF-1.4",
    ],
)
def test_everything_else_is_not(head: bytes) -> None:
    assert sniff(head) is None


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ("ảnh căn cước.JPG", "ảnh căn cước.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\An\\giấy.khai.sinh.png", "giấy.khai.sinh.jpg"),
        ("virus.exe", "virus.jpg"),
        ("gnp\u202eexe.jpg", "gnpexe.jpg"),
        ("a\x00b\nc.jpg", "abc.jpg"),
        ('x"; rm *.jpg', "x_; rm _.jpg"),
        ("...", "file.jpg"),
        ("", "file.jpg"),
        ("a\u0309nh.jpg", "\u1ea3nh.jpg"),
    ],
)
def test_a_name_keeps_its_words_and_loses_its_tricks(claimed: str, kept: str) -> None:
    assert safe_name(claimed, "image/jpeg") == kept


def test_a_name_is_never_long() -> None:
    assert len(safe_name("ả" * 5000 + ".pdf", "application/pdf")) <= MOST_NAME_CHARS
