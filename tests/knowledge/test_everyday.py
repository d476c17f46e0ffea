"""Everyday wording: strict, joined from two places, and harmless where its procedure is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge import everyday
from knowledge.everyday import BadEveryday
from knowledge.schema import Facet
from tests.knowledge.shelf import procedure


def write(folder: Path, text: str, name: str = "ho_tich.yml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder


def problem(folder: Path) -> str:
    with pytest.raises(BadEveryday) as caught:
        everyday.load(None, folder)
    return str(caught.value)


def test_wording_of_both_places_is_joined(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours", '"1.004873": {names: [giấy độc thân], asks: {cost: [hết bao nhiêu]}}')
    write(tmp_path / "data" / "everyday", '"1.004873": {names: [giấy chưa vợ], asks: {cost: [tốn mấy đồng]}}')
    wording = everyday.load(tmp_path / "data", ours)["1.004873"]
    assert wording.names == ("giấy độc thân", "giấy chưa vợ")
    assert wording.asks[Facet.cost] == ("hết bao nhiêu", "tốn mấy đồng")


def test_a_code_without_quotes_is_explained(tmp_path: Path) -> None:
    assert "put it in quotes" in problem(write(tmp_path, "1.004870: {names: [giấy độc thân]}"))


def test_an_unknown_facet_names_file_code_and_place(tmp_path: Path) -> None:
    said = problem(write(tmp_path, '"1.004873": {asks: {price: [hết bao nhiêu]}}'))
    assert said.startswith("ho_tich.yml: 1.004873: asks.price")


def test_a_misspelt_key_is_refused(tmp_path: Path) -> None:
    assert "nams" in problem(write(tmp_path, '"1.004873": {nams: [giấy độc thân]}'))


def test_a_code_that_stands_twice_is_refused(tmp_path: Path) -> None:
    assert "stands twice" in problem(write(tmp_path, '"1.004873": {names: [a]}\n"1.004873": {names: [b]}'))


@pytest.mark.parametrize("text", ["- just a list", "'1.004873': {}", "'1.004873': [1]", "a: b: c", "abc: {names: [x]}"])
def test_other_shapes_are_refused(tmp_path: Path, text: str) -> None:
    assert problem(write(tmp_path, text)).startswith("ho_tich.yml: ")


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert everyday.load(None, write(tmp_path, "# soon\n")) == {}


def test_wording_of_an_unknown_procedure_is_left_aside_and_reported(tmp_path: Path) -> None:
    wording = everyday.load(None, write(tmp_path, '"9.999999": {names: [việc lạ]}'))
    known = {"1.000001": procedure("1.000001", "Việc quen", everyday_names=("việc quen",))}
    assert [phrase.text for phrase in everyday.phrases(known, wording)] == ["việc quen"]
    assert everyday.unknown_codes(known, wording) == ["9.999999"]


def test_a_phrase_stands_once_per_procedure(tmp_path: Path) -> None:
    wording = everyday.load(None, write(tmp_path, '"1.000001": {names: [Việc quen, việc mới]}'))
    known = {"1.000001": procedure("1.000001", "Tên", everyday_names=("việc quen",))}
    assert [phrase.text for phrase in everyday.phrases(known, wording)] == ["việc quen", "việc mới"]


def test_our_own_files_are_well_formed() -> None:
    assert everyday.load()
