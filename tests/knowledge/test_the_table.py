"""The room's README names every file and folder of the room, and nothing that is gone."""

from __future__ import annotations

import re
from pathlib import Path

ROOM = Path(__file__).parents[2] / "knowledge"


def named() -> set[str]:
    table = [line for line in (ROOM / "README.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    return {name for line in table for name in re.findall(r"`([\w.]+(?:\.\w+|/))`", line.split("|")[1])}


def kept() -> set[str]:
    files = {path.name for path in ROOM.iterdir() if path.suffix in (".py", ".yml", ".json")}
    folders = {f"{path.name}/" for path in ROOM.iterdir() if path.is_dir() and path.name != "__pycache__"}
    return (files | folders) - {"__init__.py"}


def test_every_file_and_folder_of_the_room_stands_in_its_table() -> None:
    assert kept() - named() == set()


def test_the_table_names_nothing_that_is_gone() -> None:
    assert named() - kept() == set()


def test_every_file_is_told_once() -> None:
    lines = [line for line in (ROOM / "README.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    names = [name for line in lines for name in re.findall(r"`([\w./]+)`", line.split("|")[1])]
    assert len(names) == len(set(names))
