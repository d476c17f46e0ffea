"""Everything that can be looked up at one moment, swapped as a whole when a newer index stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from knowledge import catalogue, index
from knowledge.catalogue import Catalogue, ImportReport
from knowledge.index import IndexCorrupt, IndexMissing, Progress
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
        """Takes over a newer generation; one small file is read when there is none. Raises as `open`."""
        if index.current_generation(self._data_dir) == self.generation:
            return False
        self.snapshot = _read(self._data_dir)
        return True


def _read(data_dir: Path) -> Snapshot:
    loaded = index.load(data_dir)
    return Snapshot(loaded.generation, catalogue.load(data_dir), Searcher(loaded))


def import_and_index(
    paths: list[Path], data_dir: Path, today: dt.date, progress: Progress = lambda _: None
) -> ImportReport:
    """Imports, and returns when the records can be searched. Raises UnreadableFile, OSError; then the old state stands."""
    report = catalogue.import_files(paths, data_dir, today)
    progress(f"{report.count} records read, {len(report.bad)} left out")
    index.build_index(data_dir, progress)
    return report
