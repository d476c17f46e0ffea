"""`motcua check` on our own records: no contradiction unexplained, its exit codes, and without a catalogue."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import checking
from bot.cli import app
from bot.commands.line import EXIT_BAD_INPUT, EXIT_NO_CATALOGUE
from bot.settings import Settings
from knowledge import catalogue
from knowledge.catalogue import load_curated
from knowledge.check import Kind, contradictions
from tests.knowledge.shelf import catalogue_file

CHECKED_ON = dt.date(2026, 11, 25)  # the figures of this day; another day has other ends
CATALOGUE = Settings(_env_file=None).catalogue
needs_catalogue = pytest.mark.skipif(CATALOGUE is None, reason="MOTCUA_CATALOGUE is not set")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("MOTCUA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MOTCUA_CATALOGUE", "")
    return CliRunner()


def dated(path: Path, name: str, snapshot: str) -> Path:
    line = {"code": "1.900001", "name": name, "field": "Thử", "source": {"snapshot": snapshot}}
    path.write_text(json.dumps(line), "utf-8")
    return path


@pytest.fixture(scope="module")
def findings() -> list:
    records = checking.reference_records(Settings(_env_file=None, data_dir=Path("nowhere")), CHECKED_ON)
    return checking.findings(records, CHECKED_ON)


@needs_catalogue
def test_no_record_of_ours_contradicts_the_catalogue_without_a_reason(findings: list) -> None:
    assert contradictions(findings) == []


@needs_catalogue
def test_no_reference_of_ours_leads_nowhere(findings: list) -> None:
    assert [finding for finding in findings if finding.kind is Kind.dead_reference] == []


@needs_catalogue
def test_no_figure_of_ours_has_run_out_unnoticed(findings: list) -> None:
    assert [finding for finding in findings if finding.kind in (Kind.expired, Kind.old)] == []


def test_without_a_catalogue_the_check_says_how_to_get_one(run: CliRunner) -> None:
    done = run.invoke(app, ["check"])
    assert done.exit_code == EXIT_NO_CATALOGUE
    assert "MOTCUA_CATALOGUE" in done.output and "motcua import" in done.output


def test_a_catalogue_that_cannot_be_read_is_named(run: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_CATALOGUE", "missing.jsonl")
    done = run.invoke(app, ["check"])
    assert done.exit_code == EXIT_BAD_INPUT and "missing.jsonl" in done.output


def test_a_contradiction_fails_the_check(run: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = catalogue_file(tmp_path / "other.jsonl", {"1.001193": "Tên khác hẳn"})
    monkeypatch.setenv("MOTCUA_CATALOGUE", str(path))
    done = run.invoke(app, ["check", "--json"])
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert any((row["code"], row["field"], row["theirs"]) == ("1.001193", "name", "Tên khác hẳn") for row in told)


def test_what_was_imported_counts_as_the_catalogue(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, catalogue=None)
    assert checking.reference_records(settings, CHECKED_ON) is None
    catalogue.import_files([catalogue_file(tmp_path / "a.jsonl", {"1.900001": "A"})], tmp_path, CHECKED_ON)
    assert set(checking.reference_records(settings, CHECKED_ON)) == {"1.900001"}


def test_the_fresher_record_of_a_code_counts(tmp_path: Path) -> None:
    old, new = (
        dated(tmp_path / f"{month}.jsonl", name, month) for name, month in (("Cũ", "2026-01"), ("Mới", "2026-09"))
    )
    for first, second in ((old, new), (new, old)):
        shutil.rmtree(tmp_path / "data", ignore_errors=True)
        catalogue.import_files([first], tmp_path / "data", CHECKED_ON)
        settings = Settings(_env_file=None, data_dir=tmp_path / "data", catalogue=second)
        assert checking.reference_records(settings, CHECKED_ON)["1.900001"].name == "Mới"


def test_readability_is_printed_for_every_record_without_a_catalogue(run: CliRunner) -> None:
    done = run.invoke(app, ["check", "--readability"])
    assert done.exit_code == 0
    assert all(procedure.code in done.output for procedure in load_curated())
    assert "Worst sentences" in done.output
