"""The code of an identity card is found on bad photos too, and read strictly."""

from __future__ import annotations

import datetime as dt

import pytest
from PIL import Image

from bot.submission.papers import qr
from bot.submission.papers.card import read
from bot.submission.papers.limits import Limits
from bot.submission.papers.photo import prepare
from tests.submission.papers.pictures import CARD_TEXT, blurred, card, darkened, jpeg, page, photographed

TODAY = dt.date(2026, 11, 25)
NEWER = f"{CARD_TEXT}||NGUYỄN VĂN CHA|TRẦN THỊ MẸ"


def far(share: float, tilt: float = 8, size: tuple[int, int] = (1500, 2000)) -> Image.Image:
    return photographed(card(), size=size, tilt=tilt, share=share)


def skewed(picture: Image.Image) -> Image.Image:
    """Seen from the side."""
    width, height = picture.size
    corners = (0, 0, width * 0.06, height, width * 0.94, height * 0.97, width, height * 0.02)
    return picture.transform(picture.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)


@pytest.mark.parametrize(
    "picture",
    [
        card(),
        far(0.9),
        far(0.45, size=(3024, 4032)),
        far(0.9, tilt=90),
        far(0.9, tilt=187),
        far(0.85, tilt=40),
        skewed(far(0.9)),
        darkened(far(0.9), 0.15),
        blurred(far(0.9), 1.5),
    ],
    ids=["flat", "near", "far", "on its side", "upside down", "askew", "skewed", "dark", "blurred"],
)
def test_the_code_is_found_on_a_photo(picture: Image.Image) -> None:
    assert prepare(jpeg(picture), "image/jpeg", Limits()).card == CARD_TEXT


def test_what_nobody_asks_for_is_not_kept() -> None:
    assert prepare(jpeg(card(NEWER)), "image/jpeg", Limits()).card == CARD_TEXT


@pytest.mark.parametrize("text", ["https://example.com", "0|1|2|3|4|5|6", "WIFI:T:WPA;S:nha;;"])
def test_another_code_is_no_card(text: str) -> None:
    assert prepare(jpeg(card(text)), "image/jpeg", Limits()).card is None


def test_looking_for_a_code_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    monkeypatch.setattr(qr.zxingcpp, "read_barcodes", lambda look, **_: looks.append(look) or [])
    assert qr.card_text(page(), None) is None and len(looks) == 2
    monkeypatch.setattr(qr, "BUDGET_SECONDS", -1.0)
    assert qr.card_text(page(), card()) is None and len(looks) == 2


def test_a_card_is_read_field_by_field() -> None:
    for text in (CARD_TEXT, NEWER, CARD_TEXT.replace("221234567", "")):
        found = read(text, TODAY)
        assert (found.number, found.name, found.sex) == ("054190001234", "NGUYỄN THỊ LAN", "female")
        assert (found.birth_date, found.issued_on) == (dt.date(1990, 3, 15), dt.date(2021, 5, 20))
        assert found.address == "Thôn Phú Hòa, Tuy An Đông, Đắk Lắk"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("054190001234", "05419000123"),
        ("054190001234", "054190001234x"),
        ("054190001234", "054090001234"),  # a man's number
        ("054190001234", "054191001234"),  # born 1991
        ("054190001234", "054390001234"),  # born 2090
        ("15031990", "31021990"),
        ("15031990", "1503199"),
        ("15031990", "15/03/1990"),
        ("|Nữ|", "|Khác|"),
        ("|Nữ|", "|Nam|"),
        ("NGUYỄN THỊ LAN", "NGUYỄN 7HỊ <b>"),
        ("NGUYỄN THỊ LAN", ""),
        ("Thôn Phú Hòa, Tuy An Đông, Đắk Lắk", ""),
        ("20052021", "20052031"),  # issued in the future
        ("20052021", "20051980"),  # issued before birth
        ("|20052021", ""),
        (CARD_TEXT, ""),
        (CARD_TEXT, "x" * 2000),
        (CARD_TEXT, CARD_TEXT + "|" * 30),
    ],
)
def test_any_doubt_and_there_is_no_card(right: str, wrong: str) -> None:
    assert read(CARD_TEXT.replace(right, wrong), TODAY) is None


def test_a_card_does_not_show_itself_in_logs() -> None:
    assert "LAN" not in repr(read(CARD_TEXT, TODAY)) and "0541" not in repr(read(CARD_TEXT, TODAY))
