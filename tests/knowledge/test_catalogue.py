"""Curated files and imported records: strict, a curated one winning, all or nothing on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge import catalogue
from knowledge.catalogue import BadProcedure
from knowledge.importers.reader import UnreadableFile
from tests.knowledge.shelf import TODAY, catalogue_file

YAML = """
code: "1.900001"
name: Cấp phép thả diều
sector: Vui chơi
source: {title: Thử}
checked_on: 2026-11-24
"""


def curated(folder: Path, text: str = YAML, name: str = "1.900001.yml") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder


def problem(folder: Path) -> str:
    with pytest.raises(BadProcedure) as caught:
        catalogue.load_curated(folder)
    return str(caught.value)


def test_a_curated_file_wins_over_the_imported_record(tmp_path: Path) -> None:
    catalogue.import_files(
        [catalogue_file(tmp_path / "a.jsonl", {"1.900001": "Tên cũ", "1.900002": "Khác"})], tmp_path, TODAY
    )
    loaded = catalogue.load(tmp_path, curated(tmp_path / "curated"))
    assert loaded["1.900001"].name == "Cấp phép thả diều"
    assert loaded["1.900002"].origin == "imported"


def test_a_file_named_otherwise_than_its_code_is_refused(tmp_path: Path) -> None:
    assert "the file name says 1.900009" in problem(curated(tmp_path, name="1.900009.yml"))


def test_an_unknown_key_names_its_file_and_place(tmp_path: Path) -> None:
    assert problem(curated(tmp_path, YAML + "fee: 5\n")).startswith("1.900001.yml: fee: ")


def test_a_question_that_leads_backwards_is_refused(tmp_path: Path) -> None:
    questions = """
questions:
  - {id: a, kind: text, prompt: Gì?, example: x}
  - {id: b, kind: text, prompt: Gì?, example: x, next: [{goto: a}]}
"""
    assert (
        problem(curated(tmp_path, YAML + questions)) == "1.900001.yml: questions[1].next[0].goto: not a later question"
    )


def test_broken_yaml_names_its_file(tmp_path: Path) -> None:
    assert problem(curated(tmp_path, "code: [")).startswith("1.900001.yml: not YAML")


def test_nothing_imported_is_an_empty_catalogue(tmp_path: Path) -> None:
    assert catalogue.load_imported(tmp_path) == {}


def test_a_report_tells_new_changed_unchanged_and_gone(tmp_path: Path) -> None:
    first = catalogue_file(tmp_path / "a.jsonl", {"1.900001": "Một", "1.900002": "Hai", "1.900003": "Ba"})
    catalogue.import_files([first], tmp_path, TODAY)
    second = catalogue_file(tmp_path / "b.jsonl", {"1.900001": "Một", "1.900002": "Hai mới", "1.900004": "Bốn"})
    report = catalogue.import_files([second], tmp_path, TODAY)
    assert (report.unchanged, report.changed, report.new, report.gone) == (
        ["1.900001"],
        ["1.900002"],
        ["1.900004"],
        ["1.900003"],
    )
    assert "1.900003" in catalogue.load_imported(tmp_path)


def test_gone_records_leave_when_that_is_wished(tmp_path: Path) -> None:
    catalogue.import_files(
        [catalogue_file(tmp_path / "a.jsonl", {"1.900001": "Một", "1.900002": "Hai"})], tmp_path, TODAY
    )
    catalogue.import_files(
        [catalogue_file(tmp_path / "b.jsonl", {"1.900001": "Một"})], tmp_path, TODAY, remove_gone=True
    )
    assert sorted(catalogue.load_imported(tmp_path)) == ["1.900001"]


def test_one_unreadable_file_keeps_all_out(tmp_path: Path) -> None:
    good = catalogue_file(tmp_path / "a.jsonl", {"1.900001": "Một"})
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(UnreadableFile, match="empty file"):
        catalogue.import_files([good, tmp_path / "empty.jsonl"], tmp_path, TODAY)
    assert catalogue.load_imported(tmp_path) == {}


def test_a_code_twice_with_other_content_keeps_the_first_and_says_so(tmp_path: Path) -> None:
    files = [
        catalogue_file(tmp_path / "a.jsonl", {"1.900001": "Một"}),
        catalogue_file(tmp_path / "b.jsonl", {"1.900001": "Hai"}),
    ]
    report = catalogue.import_files(files, tmp_path, TODAY)
    assert catalogue.load_imported(tmp_path)["1.900001"].name == "Một"
    assert "stands twice" in str(report.bad[0])


def test_a_record_comes_back_from_disk_as_it_was(tmp_path: Path) -> None:
    path = catalogue_file(tmp_path / "a.jsonl", {"1.900001": "Một"})
    _, records = catalogue.read_import([path], tmp_path, TODAY)
    catalogue.import_files([path], tmp_path, TODAY)
    assert catalogue.load_imported(tmp_path) == records


def test_our_own_curated_files_are_well_formed() -> None:
    assert catalogue.load_curated()
