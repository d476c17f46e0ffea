"""The confirmation that money came, as a sheet to print or send: with a QR by which anybody can check it."""

from __future__ import annotations

import importlib.util
import io
from functools import lru_cache
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from bot.payment.page import clock_time, law, line_name, money, qr_png
from bot.payment.records import Payment
from bot.wording import say

FONT = "DejaVu"
FILES = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}
WITH_THE_SYSTEM = Path("/usr/share/fonts/truetype/dejavu")
MARGIN_MM, QR_MM, LABEL_MM = 18, 38, 48
SOFT, INK = (86, 97, 114), (27, 36, 48)


def as_pdf(payment: Payment, check_address: str, hotline: str) -> bytes:
    """One A5 page; says that it is no receipt, which only the collecting body may issue."""
    pdf = FPDF(format="A5")
    pdf.set_margin(MARGIN_MM)
    pdf.set_title(say("paying.confirmation.title"))
    pdf.set_lang("vi")
    for style, file in FILES.items():
        pdf.add_font(FONT, style, str(_fonts() / file))
    pdf.add_page()
    _head(pdf, payment)
    _rows(pdf, payment)
    _lines(pdf, payment)
    _proof(pdf, check_address, hotline)
    return bytes(pdf.output())


def _head(pdf: FPDF, payment: Payment) -> None:
    _say(pdf, say("paying.confirmation.title"), 15, "B")
    _say(pdf, payment.title[:1].upper() + payment.title[1:], 11)
    _say(pdf, say("paying.confirmation.sum", amount=money(payment.amount_vnd)), 17, "B")
    pdf.ln(2)


def _rows(pdf: FPDF, payment: Payment) -> None:
    told = {
        "code": payment.reference,
        "dossier": payment.dossier_reference,
        "paid_at": clock_time(payment.paid_at) if payment.paid_at else "",
        "through": say(f"payment.provider.{payment.provider}"),
    }
    for name, value in told.items():
        pdf.set_font(FONT, "", 9.5)
        pdf.set_text_color(*SOFT)
        pdf.cell(LABEL_MM, 6, say(f"paying.confirmation.{name}"))
        pdf.set_font(FONT, "B", 9.5)
        pdf.set_text_color(*INK)
        pdf.multi_cell(0, 6, value, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(2)


def _lines(pdf: FPDF, payment: Payment) -> None:
    for line in payment.lines:
        _say(pdf, say("paying.line", name=line_name(line), amount=money(line.amount_vnd)), 9.5)
        if line.source:
            _say(pdf, law(line)[0], 8, color=SOFT)
    pdf.ln(3)


def _proof(pdf: FPDF, address: str, hotline: str) -> None:
    top = pdf.get_y()
    if top + QR_MM > pdf.h - MARGIN_MM:
        pdf.add_page()
        top = pdf.get_y()
    pdf.image(io.BytesIO(qr_png(address)), x=MARGIN_MM, y=top, w=QR_MM, alt_text=address)
    pdf.set_left_margin(MARGIN_MM + QR_MM + 4)
    pdf.set_xy(MARGIN_MM + QR_MM + 4, top)
    _say(pdf, say("paying.confirmation.check"), 9)
    _say(pdf, address, 8, color=SOFT)
    _say(pdf, say("paying.confirmation.no_receipt", hotline=hotline), 8, color=SOFT)


def _say(pdf: FPDF, text: str, size: float, style: str = "", color: tuple[int, int, int] = INK) -> None:
    pdf.set_font(FONT, style, size)
    pdf.set_text_color(*color)
    pdf.multi_cell(0, size * 0.55, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT, wrapmode="WORD")
    pdf.ln(0.8)


@lru_cache(maxsize=1)
def _fonts() -> Path:
    """DejaVu has every letter of Vietnamese; it comes with matplotlib, which the dialogue needs anyway."""
    spec = importlib.util.find_spec("matplotlib")  # found, not imported
    shipped = [Path(place) / "mpl-data/fonts/ttf" for place in (spec.submodule_search_locations if spec else ())]
    places = [place for place in (*shipped, WITH_THE_SYSTEM) if (place / FILES[""]).exists()]
    if not places:
        raise FileNotFoundError(f"{FILES['']}: install the fonts DejaVu")
    return places[0]
