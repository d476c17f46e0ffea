"""A phone's photo is made legible, loses what it tells of place and phone, and is refused when nothing is on it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from bot.submission.papers.limits import Limits
from bot.submission.papers.photo import prepare
from bot.submission.papers.prepared import Prepared
from bot.submission.papers.refusals import RefusedFile
from tests.submission.papers.pictures import (
    blurred,
    darkened,
    heic,
    jpeg,
    opened,
    page,
    photographed,
    png,
    with_glare,
)

TYPES = {"image/jpeg": jpeg, "image/png": png, "image/heic": heic}
ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825
SHEET = 1754 / 1240


def prepared(picture: Image.Image, media_type: str = "image/jpeg", **limits: int) -> Prepared:
    return prepare(TYPES[media_type](picture), media_type, Limits(**limits))


def refusal(content: bytes, media_type: str = "image/jpeg", **limits: int) -> str:
    with pytest.raises(RefusedFile) as refused:
        prepare(content, media_type, Limits(**limits))
    assert refused.value.sentence
    return refused.value.key


@pytest.mark.parametrize("media_type", TYPES)
def test_every_kind_of_photo_becomes_a_picture_of_the_paper_alone(media_type: str) -> None:
    made = prepared(photographed(page(), size=(800, 1000)), media_type)
    picture = opened(made.content)
    assert picture.format == "JPEG"
    assert picture.height / picture.width == pytest.approx(SHEET, rel=0.02)
    edge = np.asarray(picture.convert("L"))[:, :3]
    assert np.median(edge) > 180, "what is left is paper up to its edge"
    assert (made.hints, made.card, made.pages) == ((), None, 1)


@pytest.mark.parametrize("tilt", [0, 12, -20])
def test_a_sheet_that_lies_turned_is_laid_straight(tilt: float) -> None:
    picture = opened(prepared(photographed(page(), tilt=tilt)).content)
    assert picture.height / picture.width == pytest.approx(SHEET, rel=0.03)


@pytest.mark.parametrize(
    "picture",
    [
        photographed(page(), tilt=45),
        photographed(page(), share=0.3),
        page(),
        darkened(page(), 0.4),
        photographed(page(), share=1.4),
    ],
    ids=["askew", "far away", "nothing but paper", "grey paper", "runs out of the picture"],
)
def test_without_clear_edges_nothing_is_cut_off(picture: Image.Image) -> None:
    kept = opened(prepared(picture).content)
    assert kept.width / kept.height == pytest.approx(picture.width / picture.height, rel=0.01)


def test_a_photo_is_turned_as_the_phone_held_it() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    lying = page(600, 800).transpose(Image.Transpose.ROTATE_90)
    picture = opened(prepare(jpeg(lying, exif=exif), "image/jpeg", Limits()).content)
    assert picture.size == (600, 800)


def test_place_and_phone_are_not_kept() -> None:
    exif = Image.Exif()
    exif[MAKER] = "Dien thoai X"
    exif.get_ifd(GPS)[2] = (13.0, 5.0, 17.0)
    sent = jpeg(page(), exif=exif, comment=b"taken at home", icc_profile=b"profile of a phone")
    assert all(word in sent for word in (b"Exif", b"taken at home", b"profile of a phone"))
    kept = prepare(sent, "image/jpeg", Limits()).content
    assert not any(word in kept for word in (b"Exif", b"Dien thoai", b"taken at home", b"profile of", b"ICC_PROFILE"))
    assert not opened(kept).getexif()


def test_the_long_side_is_bounded() -> None:
    assert max(opened(prepared(page(2480, 3508), side_px=1500).content).size) == 1500


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "1", "LA", "I;16", "CMYK"])
def test_every_mode_of_colours_is_read(mode: str) -> None:
    as_mode = page(400, 500).convert(mode) if mode != "I;16" else page(400, 500).convert("I").convert("I;16")
    kind = "image/jpeg" if mode == "CMYK" else "image/png"
    assert opened(prepared(as_mode, kind).content).mode == "RGB"


def test_what_is_transparent_is_seen_on_white() -> None:
    picture = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    picture.paste((200, 0, 0, 255), (100, 100, 200, 200))
    kept = opened(prepared(picture, "image/png").content)
    assert min(kept.getpixel((5, 5))) > 240


@pytest.mark.parametrize(
    ("picture", "key"),
    [
        (Image.new("RGB", (800, 600)), "black"),
        (Image.new("RGB", (800, 600), "white"), "white"),
        (Image.new("RGB", (800, 600), (120, 120, 120)), "empty"),
        (page(40, 30), "tiny"),
    ],
    ids=["black", "white", "grey", "tiny"],
)
def test_a_photo_of_nothing_is_refused(picture: Image.Image, key: str) -> None:
    assert refusal(jpeg(picture)) == key


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = png(Image.new("1", (12_000, 12_000)))
    assert len(bomb) < 300_000
    assert refusal(bomb, "image/png") == "pixels"
    assert refusal(jpeg(page()), pixels=1_000_000) == "pixels"


@pytest.mark.parametrize("media_type", TYPES)
def test_a_file_cut_off_or_of_another_kind_is_refused(media_type: str) -> None:
    whole = TYPES[media_type](page(400, 500))
    assert refusal(whole[: len(whole) // 2], media_type) == "broken"
    assert refusal(whole[:40], media_type) == "broken"
    other = next(kind for kind in TYPES if kind != media_type)
    assert refusal(TYPES[other](page(200, 300)), media_type) == "broken"


@pytest.mark.parametrize(
    ("picture", "hint"),
    [
        (blurred(page(), 6), "blurry"),
        (darkened(photographed(page()), 0.25), "dark"),
        (with_glare(page()), "glare"),
        (page(400, 560), "small"),
    ],
    ids=["blurry", "dark", "glare", "small"],
)
def test_what_may_be_hard_to_read_is_told_and_kept_all_the_same(picture: Image.Image, hint: str) -> None:
    made = prepared(picture)
    assert hint in made.hints and opened(made.content)


def test_a_very_large_photo_is_read_at_half_its_size() -> None:
    picture = opened(prepared(page().resize((5000, 5000), Image.Resampling.NEAREST), side_px=9000).content)
    assert picture.size == (2500, 2500)
