"""The filled form is a PDF whose Vietnamese is Vietnamese in every reader, also without our fonts."""

from __future__ import annotations

import dataclasses
import io

from pypdf import PdfReader

from bot.submission.papers.form import Form, write

FORM = Form(
    title="Đăng ký khai sinh",
    code="Mã thủ tục: 1.001193",
    rows=(("Đứa trẻ tên đầy đủ là gì?", "Nguyễn Phước Quỳnh Ỷ Ẵm"), ("Nơi sinh ở đâu?", "ở " + "rất xa " * 60)),
    note="Bạn đọc lại trước khi ký.",
    place_and_day="…, ngày 25 tháng 11 năm 2026",
    signer="Người khai",
    sign_hint="(Ký, ghi rõ họ tên)",
    page="Trang {number}/{count}",
    created_on="2026-11-25",
)


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_every_word_can_be_read_and_the_font_lies_in_the_file() -> None:
    content = write(FORM)
    text = text_of(content)
    for words in (FORM.title, FORM.code, "Nguyễn Phước Quỳnh Ỷ Ẵm", "Người khai", "Trang 1/1"):
        assert words in text, words
    fonts = PdfReader(io.BytesIO(content)).pages[0]["/Resources"]["/Font"].values()
    embedded = [font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert embedded and all("/FontFile2" in one.get_object() for one in embedded)


def test_a_long_form_goes_on_over_pages_with_its_place_to_sign_on_the_last() -> None:
    rows = tuple((f"Câu hỏi {number}", "Trả lời " * 12) for number in range(40))
    content = write(dataclasses.replace(FORM, rows=rows))
    pages = PdfReader(io.BytesIO(content)).pages
    assert len(pages) > 2
    assert f"Trang 2/{len(pages)}" in pages[1].extract_text()
    assert "Người khai" in pages[-1].extract_text()
    for page in pages:
        text = page.extract_text()
        assert text.count("Câu hỏi") == text.count("Trả lời Trả lời Trả lời Trả lời Trả lời Trả lời Trả lời"), (
            "no row is cut"
        )
    assert "40. Câu hỏi 39" in text_of(content)


def test_the_same_form_is_the_same_file() -> None:
    assert write(FORM) == write(FORM)
