"""`motcua evaluate` on a small library: the report tells what happened, and a bad file is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.evaluation import evaluate
from bot.evaluation.baselines import PlainBm25, SqliteSearch
from bot.evaluation.questions import BadQuestions, read
from knowledge.library import import_and_index
from tests.knowledge.shelf import TODAY, catalogue_file, leave_out_our_own, put_small_encoder, shelf

ROWS = [
    {"question": "xin phép thả diều", "codes": ["1.900001"], "facet": "fee", "style": "standard"},
    {"question": "nuoi ong rung", "codes": ["1.900002"], "facets": ["where", "steps"], "style": "no_diacritics"},
    {"question": "ong hay diều", "codes": ["1.900001", "1.900002"], "facet": "general", "ambiguous": True},
    {"text": "chào ad", "scope": "greeting"},
]  # fmt: skip


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    leave_out_our_own(monkeypatch)
    put_small_encoder(tmp_path)
    names = {"1.900001": "Cấp phép thả diều trên đê", "1.900002": "Xác nhận nuôi ong rừng"}
    import_and_index([catalogue_file(tmp_path / "a.jsonl", names)], tmp_path, TODAY)
    return tmp_path


def questions(folder: Path, content: str | None = None) -> Path:
    path = folder / "questions.jsonl"
    path.write_text(content if content is not None else "\n".join(map(json.dumps, ROWS)), "utf-8")
    return path


def test_a_report_is_printed_and_drawn(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    html = data_dir / "out" / "report.html"
    assert evaluate([questions(data_dir)], data_dir, html, facets=lambda text: ["cost"]) == 0
    printed = capsys.readouterr().out
    assert "SQLite FTS5" in printed and "no_diacritics" in printed and "time_limit" not in printed
    page = html.read_text("utf-8")
    assert page.count("<svg") == 4
    assert "Facet understood" in page


def test_a_missing_index_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate([questions(tmp_path)], tmp_path, tmp_path / "report.html") == 2
    assert "motcua index" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{", '{"id": 1}', "[1]"])
def test_a_bad_file_is_named(tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = questions(tmp_path, content)
    assert evaluate([path], tmp_path, tmp_path / "report.html") == 2
    assert "questions.jsonl" in capsys.readouterr().err
    with pytest.raises(BadQuestions):
        read([path])


def test_facets_get_our_names(tmp_path: Path) -> None:
    read_back = read([questions(tmp_path)])
    assert [question.facets for question in read_back] == [("cost",), ("place", "steps"), ("overview",), ()]
    assert read_back[2].is_ambiguous
    assert read_back[3].scope == "greeting"


@pytest.mark.parametrize("baseline", [PlainBm25, SqliteSearch])
def test_baselines_find_words_in_names(baseline: type) -> None:
    search = baseline(shelf()).search
    assert search("dang ky ket hon")[0] == "1.000002"
    assert search("") == []
    assert search('" OR name MATCH "') is not None
