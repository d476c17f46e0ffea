"""Everything that can be looked up at one moment, swapped as a whole when a newer index stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from knowledge import catalogue, everyday, index
from knowledge.catalogue import Catalogue, ImportReport
from knowledge.desks import Desks
from knowledge.everyday import Wording
from knowledge.index import IndexCorrupt, IndexMissing, Progress
from knowledge.index_content import silent
from knowledge.search import Searcher

__all__ = ["IndexCorrupt", "IndexMissing", "Library", "Snapshot", "import_and_index"]


@dataclass(frozen=True)
class Snapshot:
    """One consistent state; stays valid for whoever holds it."""

    generation: str
    catalogue: Catalogue
    searcher: Searcher


class Library:
    """The current snapshot of a data folder."""

    def __init__(self, data_dir: Path, snapshot: Snapshot) -> None:
        self._data_dir = data_dir
        self.snapshot = snapshot
        self.desks = Desks(data_dir)

    @classmethod
    def open(cls, data_dir: Path) -> Library:
        """Raises IndexMissing, IndexCorrupt, BadProcedure."""
        return cls(data_dir, _read(data_dir))

    @property
    def catalogue(self) -> Catalogue:
        return self.snapshot.catalogue

    @property
    def searcher(self) -> Searcher:
        return self.snapshot.searcher

    @property
    def generation(self) -> str:
        return self.snapshot.generation

    def refresh_if_changed(self) -> bool:
        """Takes over a newer generation; reads one small file when there is none. Raises as `open`, keeping the old."""
        if index.current_generation(self._data_dir) == self.generation:
            return False
        self.snapshot = _read(self._data_dir)
        return True


def _read(data_dir: Path) -> Snapshot:
    loaded, encoder = index.load(data_dir)
    procedures = _named(catalogue.load(data_dir), everyday.load(data_dir))
    return Snapshot(loaded.generation, procedures, Searcher(loaded, encoder, known=procedures))


def _named(procedures: Catalogue, wording: Mapping[str, Wording]) -> Catalogue:
    """Imported records with what people call them, as curated ones have it."""
    return Catalogue(
        procedure.model_copy(update={"everyday_names": wording[code].names})
        if procedure.origin == "imported" and code in wording
        else procedure
        for code, procedure in procedures.items()
    )


def import_and_index(
    paths: list[Path], data_dir: Path, today: dt.date, progress: Progress = silent, remove_gone: bool = False
) -> ImportReport:
    """Imports, and returns when the records can be searched.

    Raises UnreadableFile, BadProcedure, BadEveryday, EncoderMissing, OSError; then the old state stands whole.
    """
    with index.writing(data_dir):
        report, records = catalogue.read_import(paths, data_dir, today, remove_gone)
        progress(f"{report.count} records read, {len(report.bad)} left out")
        everything = Catalogue([*records.values(), *catalogue.load_curated()])
        with catalogue.staged(records, data_dir) as commit:
            generation = index.write(everything, data_dir, progress)
            try:
                commit()
                index.make_current(data_dir, generation)
            except BaseException:
                index.discard(data_dir, generation)
                raise
    progress(f"index {generation} is current")
    return report
