"""A PDF is built anew: what is seen stays, what acts or hides is gone, what cannot be opened is refused."""

from __future__ import annotations

import io

import pytest
from fpdf import FPDF
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    PdfObject,
    TextStringObject,
)

from bot.submission.papers.limits import Limits
from bot.submission.papers.pdf import rebuild
from bot.submission.papers.refusals import RefusedFile


def plain(pages: int = 2) -> bytes:
    pdf = FPDF()
    pdf.set_font("helvetica", size=14)
    for number in range(1, pages + 1):
        pdf.add_page()
        pdf.cell(text=f"Page {number}")
    return bytes(pdf.output())


def written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def action(kind: str, **more: str) -> DictionaryObject:
    values = {NameObject(f"/{name}"): TextStringObject(value) for name, value in more.items()}
    return DictionaryObject({NameObject("/S"): NameObject(f"/{kind}"), **values})


def numbers(*values: float) -> ArrayObject:
    return ArrayObject([NumberObject(value) for value in values])


def annotated(look: PdfObject | None, subtype: str = "/Widget", **more: PdfObject) -> bytes:
    """One page with one annotation on it."""
    writer = PdfWriter(clone_from=io.BytesIO(plain(1)))
    note = DictionaryObject(
        {NameObject("/Subtype"): NameObject(subtype), NameObject("/Rect"): numbers(100, 700, 300, 740)}
    )
    note.update({NameObject(f"/{name}"): value for name, value in more.items()})
    if look is not None:
        note[NameObject("/AP")] = DictionaryObject({NameObject("/N"): writer._add_object(look)})
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])
    return written(writer)


def look() -> DecodedStreamObject:
    drawn = DecodedStreamObject()
    drawn.set_data(b"0.5 g 0 0 100 20 re f % the signature")
    drawn.update({NameObject("/Subtype"): NameObject("/Form"), NameObject("/BBox"): numbers(0, 0, 100, 20)})
    return drawn


def texts(content: bytes) -> list[str]:
    return [page.extract_text().strip() for page in PdfReader(io.BytesIO(content)).pages]


def refusal(content: bytes, **limits: int) -> str:
    with pytest.raises(RefusedFile) as refused:
        rebuild(content, Limits(**limits))
    assert refused.value.sentence
    return refused.value.key


def test_every_page_is_there_in_its_order() -> None:
    made = rebuild(plain(3), Limits())
    assert made.pages == 3
    assert texts(made.content) == ["Page 1", "Page 2", "Page 3"]


def test_scripts_files_and_orders_are_gone() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(plain()))
    writer.add_attachment("toolexe", b"MZ a program")
    writer.add_metadata({"/Author": "An at home"})
    root, first = writer._root_object, writer.pages[0]
    root[NameObject("/OpenAction")] = action("Launch", F="cmdexe")
    root[NameObject("/Names")][NameObject("/JavaScript")] = action("JavaScript", JS="steal")
    root[NameObject("/AcroForm")] = DictionaryObject({NameObject("/XFA"): TextStringObject("xfa form")})
    first[NameObject("/AA")] = DictionaryObject({NameObject("/O"): action("JavaScript", JS="steal")})
    first[NameObject("/Resources")][NameObject("/Metadata")] = TextStringObject("13N109E")
    evil = written(writer)
    words = [
        b"Launch",
        b"cmdexe",
        b"JavaScript",
        b"steal",
        b"toolexe",
        b"XFA",
        b"13N109E",
        b"An at home",
        b"EmbeddedFile",
    ]
    assert [word for word in words if word not in evil] == []
    kept = rebuild(evil, Limits()).content
    assert [word for word in words if word in kept] == []
    assert texts(kept) == ["Page 1", "Page 2"]


def test_links_go_and_what_was_filled_in_or_signed_stays_seen() -> None:
    link = rebuild(annotated(None, "/Link", A=action("URI", URI="http://bad.example")), Limits()).content
    assert b"bad.example" not in link and b"/Annots" not in link
    signed = rebuild(annotated(look()), Limits()).content
    page = PdfReader(io.BytesIO(signed)).pages[0]
    assert "/Annots" not in page
    assert b"2.00000 0 0 2.00000 100.000 700.000 cm /Look1 Do" in page.get_contents().get_data()
    assert b"the signature" in page["/Resources"]["/XObject"]["/Look1"].get_data()
    assert texts(signed) == ["Page 1"]


def test_what_was_hidden_is_not_brought_to_light() -> None:
    hidden = rebuild(annotated(look(), F=NumberObject(2)), Limits()).content
    assert "/XObject" not in PdfReader(io.BytesIO(hidden)).pages[0].get("/Resources", {})


def test_a_password_is_asked_for_in_plain_words_but_a_lock_against_changes_opens() -> None:
    for user_password, is_locked in (("secret", True), ("", False)):
        writer = PdfWriter(clone_from=io.BytesIO(plain()))
        writer.encrypt(user_password, "owner")
        if is_locked:
            assert refusal(written(writer)) == "password"
        else:
            made = rebuild(written(writer), Limits())
            assert not PdfReader(io.BytesIO(made.content)).is_encrypted
            assert texts(made.content) == ["Page 1", "Page 2"]


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n1 0 obj\n",
        b"%PDF-1.7\n" + bytes(range(256)) * 50,
        plain()[:700],
        plain().replace(b"/Kids", b"/Dogs"),
        written(PdfWriter()),
    ],
    ids=["a head", "noise", "cut off", "no pages", "empty"],
)
def test_a_broken_pdf_is_refused(content: bytes) -> None:
    assert refusal(content) == "broken"


def test_too_many_pages_are_refused_whatever_the_file_says_of_itself() -> None:
    assert refusal(plain(6), pages=5) == "pages"
    lying = plain(6).replace(b"/Count 6", b"/Count 1")
    assert lying != plain(6)
    with pytest.raises(RefusedFile):
        rebuild(lying, Limits(pages=5))


def test_pages_that_turn_in_a_circle_end() -> None:
    circle = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj
trailer<</Root 1 0 R>>
"""
    assert refusal(circle) == "broken"
