"""A copy of what cannot be made anew: conversations, dossiers, files, imports and an operator's own wording.

Models and index are left out (`motcua prepare` makes them), and so are the keys: whoever has both can read everything.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.settings import Settings

DATABASE, MANIFEST = "motcua.sqlite3", "backup.json"
MADE_ANEW = frozenset({"index", "models", "prepared", "servers", "sandbox", "training.log", "evaluation.html"})
NEVER = frozenset({"secret.key"})
FORMAT = 1


class BadBackup(RuntimeError):
    """It cannot be written or taken back, and nothing was changed."""


@dataclass(frozen=True)
class Told:
    """What an operator should know of a backup."""

    files: int
    size_bytes: int
    key_id: str  # of the key that opens it
    has_database: bool  # False: PostgreSQL has tools of its own


def backup(settings: Settings, to: Path, now: datetime) -> Told:
    """Writes `to` (a .tar.gz) whole or not at all, while servers go on. Raises BadBackup, OSError."""
    if to.exists():
        raise BadBackup(f"{to} exists already: a backup never replaces another")
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".backup-") as folder:
        has_database = _copy_database(settings, Path(folder) / DATABASE)
        key_id = settings.key_ring().current.id.hex()
        manifest = {"format": FORMAT, "made_at": now.isoformat(), "key_id": key_id, "has_database": has_database}
        (Path(folder) / MANIFEST).write_text(json.dumps(manifest), "utf-8")
        draft = Path(folder) / "draft.tar.gz"
        files = _pack(settings.data_dir, Path(folder), draft)
        os.link(draft, to)  # fails when somebody else was quicker
    return Told(files, to.stat().st_size, key_id, has_database)


def _copy_database(settings: Settings, to: Path) -> bool:
    """SQLite's own way to copy while others write: one moment, not a mixture of several."""
    path = settings.data_dir / DATABASE
    if settings.database_url or not path.exists():
        return False
    with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(to)) as copy:
        source.backup(copy)
    return True


def _pack(data_dir: Path, extra: Path, draft: Path) -> int:
    """The database goes first into its copy, so that files noted in it are still there or were erased since."""
    count = 0
    with tarfile.open(draft, "w:gz", compresslevel=6) as archive:
        for name in (MANIFEST, DATABASE):
            if (extra / name).exists():
                archive.add(extra / name, name)
        for path in _kept(data_dir):
            with contextlib.suppress(FileNotFoundError):  # erased by its citizen meanwhile
                archive.add(path, str(path.relative_to(data_dir)), recursive=False)
                count += 1
    return count


def _kept(data_dir: Path) -> Iterator[Path]:
    for top in sorted(data_dir.iterdir()):
        is_ours = top.name.startswith((DATABASE, "prepared.", ".")) or top.name in MADE_ANEW | NEVER
        if not is_ours:
            yield from ([top] if top.is_file() else (path for path in sorted(top.rglob("*")) if path.is_file()))


# ---- the way back


def restore(settings: Settings, from_: Path) -> Told:
    """Puts a backup into an empty data folder. Raises BadBackup, and then the folder is as it was."""
    data_dir = settings.data_dir
    if (data_dir / DATABASE).exists():
        raise BadBackup(f"{data_dir / DATABASE} exists: restore into an empty MOTCUA_DATA_DIR")
    data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".restoring-") as name:
        folder = Path(name)
        manifest = _unpack(from_, folder)
        _check(folder, manifest)
        _check_is_new(folder, data_dir)
        files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MANIFEST]
        size = sum(path.stat().st_size for path in files)
        for top in sorted(folder.iterdir(), key=lambda path: path.name == DATABASE):  # the database last: the sign
            if top.name != MANIFEST:
                shutil.move(top, data_dir / top.name)
    count = len(files) - manifest["has_database"]
    return Told(count, size, manifest["key_id"], manifest["has_database"])


def _unpack(from_: Path, folder: Path) -> dict:
    try:
        with tarfile.open(from_, "r:gz") as archive:
            for member in archive:
                _take_out(archive, member, folder)
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        if manifest["format"] != FORMAT or not isinstance(manifest["key_id"], str):
            raise BadBackup(f"{from_}: made by another version")
        return {"key_id": manifest["key_id"], "has_database": bool(manifest["has_database"])}
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise BadBackup(f"{from_} is no backup, or was cut off: {error}") from error


def _take_out(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """One plain file below `folder`; no link, device or name that leads out is ever written."""
    target = (folder / member.name).resolve()
    content = archive.extractfile(member) if member.isreg() else None
    if content is None or not target.is_relative_to(folder.resolve()):
        raise BadBackup(f"{member.name}: no such thing is ever in a backup")
    target.parent.mkdir(parents=True, exist_ok=True)
    with content, target.open("wb") as file:
        shutil.copyfileobj(content, file)


def _check(folder: Path, manifest: dict) -> None:
    if not manifest["has_database"]:
        return
    try:
        with contextlib.closing(sqlite3.connect(folder / DATABASE)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise BadBackup(f"its database cannot be read: {error}") from error
    if verdict != "ok":
        raise BadBackup(f"its database is damaged: {verdict}")


def _check_is_new(folder: Path, data_dir: Path) -> None:
    there = sorted(top.name for top in folder.iterdir() if (data_dir / top.name).exists())
    if there:
        raise BadBackup(f"{data_dir} has {', '.join(there)} already: restore into an empty MOTCUA_DATA_DIR")
