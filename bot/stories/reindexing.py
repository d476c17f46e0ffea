"""The index built anew beside the conversations, when somebody at the desk has taught the assistant something."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from knowledge import index, operator_wording
from knowledge.library import Library

log = logging.getLogger(__name__)


class State(StrEnum):
    updating = "updating"
    updated = "updated"
    outdated = "outdated"  # words were added that the index does not know, and nobody works on it
    failed = "failed"


@dataclass(frozen=True)
class Knowing:
    """How far the search has what was taught; `at` is when its index was built."""

    state: State
    at: datetime | None


async def build_apart(data_dir: Path) -> bool:
    """`motcua index` in a process of its own: minutes of counting must not hold up whoever is talking with us."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli", "index"),
        env=os.environ | {"MOTCUA_DATA_DIR": str(data_dir.resolve())},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        return await process.wait() == 0
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()  # the old index stands; the page says that it is out of date
        raise


class Reindexing:
    """One build at a time; what is asked for meanwhile is built once more after it."""

    def __init__(
        self, data_dir: Path, library: Library, build: Callable[[Path], Awaitable[bool]] = build_apart
    ) -> None:
        self._data_dir, self._library, self._build = data_dir, library, build
        self._task: asyncio.Task[None] | None = None
        self._is_wanted = self._has_failed = False

    def start(self) -> None:
        self._is_wanted = True
        if not self._is_building:
            self._task = asyncio.create_task(self._build_all())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def ended(self) -> None:
        if self._task is not None:
            await self._task

    def knowing(self) -> Knowing:
        """From the files, so that a server started anew, or another one, tells the same."""
        built_at, taught_at = _changed_at(self._current), _changed_at(self._taught)
        return Knowing(self._state(built_at, taught_at), built_at)

    def _state(self, built_at: datetime | None, taught_at: datetime | None) -> State:
        if self._is_building:
            return State.updating
        if self._has_failed:
            return State.failed
        if built_at is None or (taught_at is not None and taught_at > built_at):
            return State.outdated
        is_taken_over = index.current_generation(self._data_dir) == self._library.generation
        return State.updated if is_taken_over else State.updating

    @property
    def _is_building(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def _current(self) -> Path:
        return index.folder(self._data_dir) / index.CURRENT

    @property
    def _taught(self) -> Path:
        return self._data_dir / "everyday" / operator_wording.FILE

    async def _build_all(self) -> None:
        while self._is_wanted:
            self._is_wanted = False
            try:
                self._has_failed = not await self._build(self._data_dir)
            except Exception:
                log.exception("the index could not be built anew")
                self._has_failed = True


def _changed_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None
