"""Which servers run on a data folder and which index each has taken over, so that an import can wait for them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def announce(data_dir: Path, generation: str) -> Path:
    """Writes this process's note; called at start and after each change of index."""
    note = _folder(data_dir) / str(os.getpid())
    note.parent.mkdir(parents=True, exist_ok=True)
    fresh = note.with_suffix(".new")
    fresh.write_text(generation)
    os.replace(fresh, note)
    return note


def withdraw(data_dir: Path) -> None:
    (_folder(data_dir) / str(os.getpid())).unlink(missing_ok=True)


def behind(data_dir: Path, generation: str) -> list[int]:
    """Process ids of live servers that have not yet taken `generation` over; notes of dead ones are removed."""
    late = []
    for note in _folder(data_dir).glob("[0-9]*"):
        if note.suffix:
            continue
        pid = int(note.name)
        if not _is_alive(pid):
            note.unlink(missing_ok=True)
        elif note.read_text() != generation:
            late.append(pid)
    return late


def wait_for_servers(
    data_dir: Path, generation: str, patience_seconds: float = 60.0, pause: Callable[[float], None] = time.sleep
) -> list[int]:
    """Returns when every live server has `generation`, or the ids of those that have not after `patience_seconds`."""
    for _ in range(int(patience_seconds / 0.2)):
        late = behind(data_dir, generation)
        if not late:
            return []
        pause(0.2)
    return late


def _folder(data_dir: Path) -> Path:
    return data_dir / "servers"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
