"""Guides to digital basics and scams: all there, drawn by harmless pictures, and honest about codes and money."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from knowledge import guides, pictures
from knowledge.catalogue import load_curated
from knowledge.guides import GUIDES_DIR, Guide
from knowledge.pictures import BadPicture
from knowledge.text import fold
from knowledge.yaml_folder import BadFile

GUIDES = guides.load()
BASICS = {
    "vneid-muc-2", "dang-nhap-cong", "giay-to-tren-vneid", "thanh-toan-truc-tuyen", "sao-y-dien-tu", "chu-ky-so",
    "vssid", "ban-hang-tren-mang",
}  # fmt: skip
SCAMS = {"gia-danh-can-bo", "app-vneid-gia", "ma-otp", "phat-nguoi-gia"}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 206" role="img"><title>t</title><desc>d</desc>{}</svg>'


def test_every_basic_and_every_scam_that_was_asked_for_has_its_guide() -> None:
    kinds = {kind: {key for key, found in GUIDES.items() if found.guide.kind == kind} for kind in ("how_to", "scam")}
    assert kinds["how_to"] >= BASICS and kinds["scam"] >= SCAMS


def test_every_procedure_of_a_guide_is_one_of_ours() -> None:
    codes = {procedure.code for procedure in load_curated()}
    for found in GUIDES.values():
        assert {procedure.code for procedure in found.guide.procedures} <= codes, found.guide.id


def test_a_guide_does_not_send_the_reader_to_itself() -> None:
    assert all(found.guide.id not in found.guide.see_also for found in GUIDES.values())


def test_a_scam_says_what_to_do_when_it_has_happened_and_whom_to_tell() -> None:
    for key in SCAMS:
        happened = " ".join(GUIDES[key].guide.if_it_happened).lower()
        assert "công an" in happened and "gọi ngân hàng" in happened, key


def test_no_guide_sends_people_to_an_address_that_is_not_the_states() -> None:
    allowed = (".gov.vn", "csgt.vn", "vneid.gov.vn", "google.com", "apple.com")
    for found in GUIDES.values():
        for origin in found.guide.sources:
            host = origin.url.split("/")[2] if origin.url else ".gov.vn"
            assert host.endswith(allowed), f"{found.guide.id}: {host}"


def test_a_guide_is_also_asked_for_without_diacritics() -> None:
    for found in GUIDES.values():
        assert any(fold(way) == way for way in found.guide.ways), found.guide.id


def test_a_picture_is_told_in_words_and_writes_words_that_can_be_read() -> None:
    for key, found in GUIDES.items():
        assert len(found.guide.picture_says.split()) >= 5, key
        assert "<text" in found.svg and "></text>" not in found.svg, key


def put_svg(folder: Path, source: str) -> Path:
    path = folder / "hinh.svg"
    path.write_text(source, "utf-8")
    return path


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("<script>alert(1)</script>", "element script"),
        ("<foreignObject/>", "element foreignObject"),
        ('<image href="https://xau.example/x.png"/>', "not allowed"),
        ('<rect onload="alert(1)"/>', "attribute onload"),
        ('<rect style="fill:red"/>', "attribute style"),
        ('<rect fill="url(https://xau.example/x)"/>', "points elsewhere"),
        ('<text font-size="9">x</text>', "smaller than 16"),
        ("<rect>", "mismatched"),
    ],
)
def test_a_harmful_or_unreadable_picture_is_refused(tmp_path: Path, inside: str, words: str) -> None:
    with pytest.raises(BadPicture, match=words):
        pictures.read(put_svg(tmp_path, SVG.format(inside)))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format(""), "document type or entity"),
        (SVG.format("<g/>" * 6_000), "larger than"),
        (SVG.format("").replace("<desc>d</desc>", ""), "has no desc"),
        (SVG.format("").replace("360 206", "800 206"), "at most 400 wide"),
        (SVG.format("").replace(' role="img"', ""), "role"),
        ("<html/>", "is no svg"),
        ("", "no element found"),
    ],
)
def test_a_picture_in_a_wrong_frame_is_refused(tmp_path: Path, source: str, words: str) -> None:
    with pytest.raises(BadPicture, match=words):
        pictures.read(put_svg(tmp_path, source))


def written(**changes: Any) -> dict[str, Any]:
    return {**yaml.safe_load((GUIDES_DIR / "ma-otp.yml").read_text("utf-8")), **changes}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"warnings": []}, "at least 1"),
        ({"steps": ["một bước"]}, "at least 2"),
        ({"kind": "advert"}, "how_to"),
        ({"sources": [{"title": "x", "url": "http://khong-an-toan.example"}]}, "pattern"),
        ({"procedures": [{"code": "không", "title": "x"}]}, "pattern"),
        ({"title": "x" * 61}, "at most 60"),
    ],
)
def test_a_wrong_guide_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Guide.model_validate(written(**changes))


def put_guide(folder: Path, **changes: Any) -> None:
    (folder / "ma-otp.yml").write_text(yaml.safe_dump(written(**changes), allow_unicode=True), "utf-8")


def test_a_guide_without_its_picture_is_refused(tmp_path: Path) -> None:
    put_guide(tmp_path, see_also=[])
    with pytest.raises(BadFile, match=r"ma-otp\.svg"):
        guides.load(tmp_path)


def test_a_guide_pointing_to_a_guide_that_is_not_there_is_refused(tmp_path: Path) -> None:
    put_guide(tmp_path)
    with pytest.raises(BadFile, match=r"ma-otp\.yml: see_also\[0\]: no guide gia-danh-can-bo"):
        guides.load(tmp_path)
