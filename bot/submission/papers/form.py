"""The filled form as a PDF to keep or sign, in letters that every reader of Vietnamese sees as they are."""

from __future__ import annotations

import datetime as dt
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos

FONT = "form"
SYSTEM_FONTS = Path("/usr/share/fonts/truetype/dejavu")
MARGIN_MM, LINE_MM = 20, 6
SIGNING_MM = 52  # what the place to sign takes
FULL_PAGE_MM = 230  # an answer longer than a page is cut in any case


class FontMissing(Exception):
    """No DejaVu Sans, neither of the system nor of the environment."""


@dataclass(frozen=True)
class Form:
    """Every sentence on the page is given: nothing is worded here."""

    title: str
    code: str
    rows: Sequence[Sequence[str]]  # question, answer
    note: str
    place_and_day: str
    signer: str
    sign_hint: str
    page: str  # "{number}/{count}"
    created_on: str  # ISO day


def write(form: Form) -> bytes:
    """The same form gives the same letters; a row is never cut between two pages if it fits on one."""
    pdf = _Pages(form.page)
    pdf.set_title(form.title)
    pdf.set_creation_date(dt.datetime.fromisoformat(f"{form.created_on}T00:00:00+00:00"))
    pdf.add_page()
    _heading(pdf, form)
    for number, (question, answer) in enumerate(form.rows, 1):
        _row(pdf, f"{number}. {question}", answer)
    _ending(pdf, form)
    return bytes(pdf.output())


class _Pages(FPDF):
    def __init__(self, page: str) -> None:
        super().__init__(format="A4")
        self._page_words = page
        self.set_margins(MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(True, MARGIN_MM + 4)
        for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
            self.add_font(FONT, style, font_file(file))
        self.alias_nb_pages("{nb}")

    def footer(self) -> None:
        self.set_y(-MARGIN_MM)
        self.set_font(FONT, size=8)
        self.cell(0, LINE_MM, self._page_words.format(number=self.page_no(), count="{nb}"), align="C")


@lru_cache(maxsize=4)
def font_file(name: str) -> Path:
    """DejaVu of the system, else the one that comes with matplotlib, which is always in our environment."""
    spec = importlib.util.find_spec("matplotlib")
    ours = [Path(place) / "mpl-data/fonts/ttf" for place in (spec.submodule_search_locations or ())] if spec else []
    for folder in (SYSTEM_FONTS, *ours):
        if (folder / name).is_file():
            return folder / name
    raise FontMissing(name)


def _heading(pdf: FPDF, form: Form) -> None:
    pdf.set_font(FONT, "B", 14)
    _lines(pdf, 8, form.title, "C")
    pdf.set_font(FONT, size=9)
    _lines(pdf, LINE_MM, form.code, "C")
    pdf.ln(LINE_MM)


def _row(pdf: FPDF, question: str, answer: str) -> None:
    height_mm = _height_mm(pdf, question, answer)
    if height_mm < FULL_PAGE_MM and pdf.will_page_break(height_mm):
        pdf.add_page()
    pdf.set_font(FONT, size=9)
    pdf.set_text_color(90)
    _lines(pdf, 5, question)
    pdf.set_font(FONT, "B", 11)
    pdf.set_text_color(0)
    _lines(pdf, LINE_MM, answer)
    pdf.ln(2)


def _height_mm(pdf: FPDF, question: str, answer: str) -> float:
    height_mm = 0.0
    for text, style, size, line_mm in ((question, "", 9, 5), (answer, "B", 11, LINE_MM)):
        pdf.set_font(FONT, style, size)
        height_mm += pdf.multi_cell(0, line_mm, text, dry_run=True, output="HEIGHT")
    return height_mm


def _ending(pdf: FPDF, form: Form) -> None:
    if pdf.will_page_break(SIGNING_MM):
        pdf.add_page()
    pdf.ln(4)
    pdf.set_font(FONT, size=9)
    _lines(pdf, 5, form.note)
    pdf.ln(4)
    pdf.set_font(FONT, size=10)
    for text in (form.place_and_day, form.signer, form.sign_hint):
        _lines(pdf, LINE_MM, text, "R")


def _lines(pdf: FPDF, height_mm: float, text: str, align: str = "L") -> None:
    pdf.multi_cell(0, height_mm, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
