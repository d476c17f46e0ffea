"""Pictures made for tests: a page of print, photographed badly in any way, and an identity card with its QR code."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import pillow_heif
import segno
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bot.submission.papers.form import font_file

CARD_TEXT = "054190001234|221234567|NGUYỄN THỊ LAN|15031990|Nữ|Thôn Phú Hòa, Tuy An Đông, Đắk Lắk|20052021"
LINES = ("GIẤY CHỨNG SINH", "Họ và tên mẹ: Nguyễn Thị Lan", "Ngày sinh: 15/03/1990", "Nơi sinh: Bệnh viện Đa khoa")


@lru_cache(maxsize=4)
def page(width: int = 1240, height: int = 1754) -> Image.Image:
    """A page of print, white, straight and sharp."""
    picture = Image.new("RGB", (width, height), (246, 245, 240))
    draw, size = ImageDraw.Draw(picture), width // 40
    font = ImageFont.truetype(str(font_file("DejaVuSans.ttf")), size)
    for number in range(height // (size * 2) - 4):
        words = LINES[number % len(LINES)]
        draw.text((width // 12, size * 2 * (number + 2)), f"{number}. {words}", fill=(25, 25, 35), font=font)
    return picture


def photographed(
    sheet: Image.Image, size: tuple[int, int] = (1100, 1400), tilt: float = 6.0, share: float = 0.75
) -> Image.Image:
    """The sheet lying turned on a dark table with some grain."""
    rng = np.random.default_rng(7)
    table = Image.fromarray(rng.normal((62, 48, 40), 6, (size[1], size[0], 3)).clip(0, 255).astype(np.uint8))
    scale = min(size[0] * share / sheet.width, size[1] * share / sheet.height)
    laid = sheet.convert("RGBA").resize((round(sheet.width * scale), round(sheet.height * scale)))
    laid = laid.rotate(tilt, Image.Resampling.BICUBIC, expand=True)
    table.paste(laid, ((size[0] - laid.width) // 2, (size[1] - laid.height) // 2), laid)
    return table


def card(text: str = CARD_TEXT) -> Image.Image:
    """The front of an identity card: pale, with its code in the upper right corner."""
    picture = Image.new("RGB", (1011, 638), (214, 226, 214))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(font_file("DejaVuSans.ttf")), 30)
    draw.text((300, 40), "CĂN CƯỚC", fill=(160, 30, 30), font=font)
    draw.rectangle((40, 180, 260, 480), fill=(120, 110, 100))
    code = io.BytesIO()
    segno.make_qr(text.encode(), error="m", encoding=None).save(code, kind="png", scale=4, border=2)
    drawn = Image.open(code).convert("RGB").resize((190, 190), Image.Resampling.NEAREST)
    picture.paste(drawn, (790, 30))
    return picture


def blurred(picture: Image.Image, pixels: float) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(pixels))


def darkened(picture: Image.Image, factor: float) -> Image.Image:
    return picture.point(lambda level: int(level * factor))


def with_glare(picture: Image.Image) -> Image.Image:
    """The reflection of a lamp on grey paper."""
    seen = darkened(picture, 0.75)
    width, height = seen.size
    ImageDraw.Draw(seen).ellipse((width * 0.3, height * 0.3, width * 0.6, height * 0.5), fill=(255, 255, 255))
    return seen


def jpeg(picture: Image.Image, quality: int = 90, **more: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, **more)
    return out.getvalue()


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def heic(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(picture).save(out, quality=70)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))
