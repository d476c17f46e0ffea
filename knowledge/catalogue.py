"""All procedures we know: curated files and imported records, a curated one winning over the imported one.

Imported records live in one JSON Lines file under the data folder; it is replaced in one step, so a
crash or a full disk leaves the old one whole.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import ValidationError

from knowledge.importers.reader import BadRecord, explain, read_file
from knowledge.schema import Procedure

CURATED_DIR = Path(__file__).parent / "procedures"
IMPORTED_FILE = "imported.jsonl"


class BadProcedure(ValueError):
    """A curated file is wrong: '1.001193.yml: questions[1].next[0].goto: not a later question'."""


class Catalogue(Mapping[str, Procedure]):
    """Procedures by code."""

    def __init__(self, procedures: Iterable[Procedure]) -> None:
        self._by_code = {procedure.code: procedure for procedure in procedures}

    def __getitem__(self, code: str) -> Procedure:
        return self._by_code[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)


def load(data_dir: Path, curated_dir: Path = CURATED_DIR) -> Catalogue:
    """Curated over imported. Raises BadProcedure."""
    return Catalogue([*load_imported(data_dir).values(), *load_curated(curated_dir)])


def load_curated(folder: Path = CURATED_DIR) -> list[Procedure]:
    """Every `<code>.yml` of the folder, strictly. Raises BadProcedure."""
    return [_load_file(path) for path in sorted(folder.glob("*.yml"))]


def _load_file(path: Path) -> Procedure:
    try:
        procedure = Procedure.model_validate(yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise BadProcedure(f"{path.name}: not YAML: {error}") from error
    except ValidationError as error:
        raise BadProcedure(f"{path.name}: {explain(error)}") from error
    if procedure.code != path.stem:
        raise BadProcedure(f"{path.name}: code: is {procedure.code}, the file name says {path.stem}")
    return procedure


def load_imported(data_dir: Path) -> dict[str, Procedure]:
    """Imported records by code; none if nothing was imported yet."""
    path = data_dir / IMPORTED_FILE
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as lines:
        procedures = (Procedure.model_validate_json(line) for line in lines)
        return {procedure.code: procedure for procedure in procedures}


@dataclass
class ImportReport:
    """What an import did: codes new, changed, unchanged, gone from the files since the last import, and left out."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    bad: list[BadRecord] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.new) + len(self.changed) + len(self.unchanged)


def import_files(paths: list[Path], data_dir: Path, today: dt.date, remove_gone: bool = False) -> ImportReport:
    """Reads, validates and stores; all good records or, on an error of disk or file, none.

    A record that is no longer in the files is reported as gone and kept, because a file may be a part of
    the whole; `remove_gone` drops it. Raises UnreadableFile, OSError.
    """
    report, records = read_import(paths, data_dir, today, remove_gone)
    if report.new or report.changed or (remove_gone and report.gone):
        with staged(records, data_dir) as commit:
            commit()
    return report


def read_import(
    paths: list[Path], data_dir: Path, today: dt.date, remove_gone: bool = False
) -> tuple[ImportReport, dict[str, Procedure]]:
    """What importing these files would do, and the imported records there would be then. Stores nothing."""
    before = load_imported(data_dir)
    report = ImportReport()
    fresh = _read_once(paths, today, report)
    for code, procedure in fresh.items():
        is_same = before.get(code) == procedure
        (report.new if code not in before else report.unchanged if is_same else report.changed).append(code)
    report.gone = sorted(set(before) - set(fresh))
    kept = {} if remove_gone else {code: before[code] for code in report.gone}
    return report, {**kept, **fresh}


def _read_once(paths: list[Path], today: dt.date, report: ImportReport) -> dict[str, Procedure]:
    fresh: dict[str, Procedure] = {}
    for path in paths:
        for item in read_file(path, today):
            if isinstance(item, BadRecord):
                report.bad.append(item)
            elif item.code in fresh and fresh[item.code] != item:
                problem = "code: stands twice with different content, the first is kept"
                report.bad.append(BadRecord(f"{path.name} ({item.code})", problem))
            else:
                fresh[item.code] = item
    return fresh


@contextlib.contextmanager
def staged(procedures: Mapping[str, Procedure], data_dir: Path) -> Iterator[Callable[[], None]]:
    """Imported records written to disk under another name; the yielded call puts them in place in one step."""
    data_dir.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=data_dir, prefix=".imported-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            for code in sorted(procedures):
                record = procedures[code].model_dump(mode="json", exclude_defaults=True)
                out.write(json.dumps(record, ensure_ascii=False) + "\n")
            out.flush()
            os.fsync(out.fileno())
        yield lambda: os.replace(name, data_dir / IMPORTED_FILE)
    finally:
        Path(name).unlink(missing_ok=True)
