"""A sentence that an operator teaches is kept, found, and never taken from another procedure."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge import everyday
from knowledge.index import build_index
from knowledge.library import Library
from knowledge.operator_wording import FILE, BadWording, add
from tests.knowledge.shelf import put_small_encoder, shelf

BIRTH, MARRIAGE = "1.000001", "1.000002"


def known(data_dir: Path, code: str = BIRTH) -> tuple[str, ...]:
    wording = everyday.load(data_dir, data_dir / "none").get(code)
    return wording.situations if wording else ()


def test_taught_sentences_are_kept_in_the_order_they_came(tmp_path: Path) -> None:
    assert add(tmp_path, BIRTH, ["con mới ra đời tuần trước"], shelf()) == ["con mới ra đời tuần trước"]
    add(tmp_path, BIRTH, ["cháu nội chưa có giấy tờ chi"], shelf())
    add(tmp_path, MARRIAGE, ["tụi em tính về chung nhà"], shelf())
    assert known(tmp_path) == ("con mới ra đời tuần trước", "cháu nội chưa có giấy tờ chi")
    assert known(tmp_path, MARRIAGE) == ("tụi em tính về chung nhà",)


def test_the_same_sentence_twice_or_without_diacritics_is_known_already(tmp_path: Path) -> None:
    add(tmp_path, BIRTH, ["con mới ra đời tuần trước"], shelf())
    assert add(tmp_path, BIRTH, ["con moi ra doi tuan truoc", "  con mới ra  đời tuần trước "], shelf()) == []
    assert len(known(tmp_path)) == 1


def test_another_procedures_words_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadWording, match=MARRIAGE):
        add(tmp_path, BIRTH, ["bé mới sinh ở quê", "làm giấy cưới"], shelf())
    assert known(tmp_path) == ()


@pytest.mark.parametrize("text", ["", "  ", "12345", "a b", "x" * 201, "\u200b\u200b"])
def test_what_is_no_sentence_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadWording):
        add(tmp_path, BIRTH, [text], shelf())
    assert not (tmp_path / "everyday" / FILE).exists()


def test_an_unknown_procedure_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadWording, match=r"9\.999999"):
        add(tmp_path, "9.999999", ["con mới ra đời tuần trước"], shelf())


def test_what_yaml_would_misread_comes_back_as_it_was(tmp_path: Path) -> None:
    odd = ["yes: no # không phải chú thích", "- gạch đầu dòng {đây}", "câu 'nháy' \"kép\" \\n"]
    add(tmp_path, BIRTH, odd, shelf())
    assert known(tmp_path) == tuple(odd)


def test_the_search_finds_what_was_taught(tmp_path: Path) -> None:
    put_small_encoder(tmp_path)
    data = Library  # the curated procedures of this machine
    build_index(tmp_path)
    snapshot = data.open(tmp_path).snapshot
    said = "ong bướm bay lạc xứ mần răng hè"
    before = [hit.code for hit in snapshot.searcher.search(said, 3).hits]
    add(tmp_path, "1.004873", [said], snapshot.catalogue)
    build_index(tmp_path)
    after = [hit.code for hit in data.open(tmp_path).snapshot.searcher.search(said, 3).hits]
    assert after[0] == "1.004873" and before[:1] != after[:1]
