"""Question files: one labelled message per line, as `{"question"|"text", "codes", "facet", "style", …}`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The files' names of facets → ours.
FACETS = {
    "fee": "cost", "duration": "time_limit", "where": "place", "legal": "legal_basis", "result": "outcome",
    "general": "overview",
}  # fmt: skip


class BadQuestions(ValueError):
    """A question file cannot be read: 'real.jsonl line 7: no question'."""


@dataclass(frozen=True)
class Question:
    """`codes` are all right answers; none means that no procedure of the catalogue is right."""

    text: str
    codes: tuple[str, ...]
    facets: tuple[str, ...]
    style: str
    is_ambiguous: bool = False  # asking back is the right thing
    scope: str = ""  # why no procedure is right


def read(paths: Sequence[Path]) -> list[Question]:
    """Raises BadQuestions."""
    return [question for path in paths for question in _read_file(path)]


def _read_file(path: Path) -> list[Question]:
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadQuestions(f"{path.name}: {error}") from error
    found = [_question(f"{path.name} line {number}", line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise BadQuestions(f"{path.name}: empty")
    return found


def _question(place: str, line: str) -> Question:
    try:
        row: dict[str, Any] = json.loads(line)
        text = row.get("question") or row["text"]
    except (json.JSONDecodeError, KeyError, AttributeError) as error:
        raise BadQuestions(f"{place}: no question ({error})") from error
    named = row.get("facets") or ([row["facet"]] if row.get("facet") else [])
    return Question(
        text=str(text),
        codes=tuple(row.get("codes") or ()),
        facets=tuple(FACETS.get(facet, facet) for facet in named),
        style=row.get("style") or row.get("scope") or "",
        is_ambiguous=bool(row.get("ambiguous")),
        scope=row.get("scope") or ("" if row.get("codes") else "no_procedure"),
    )
