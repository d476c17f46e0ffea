"""Reads import files of either kind, record by record, and says of every bad one which field is wrong."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from knowledge.importers import catalogue_jsonl, portal_api
from knowledge.schema import Procedure

KINDS = (portal_api, catalogue_jsonl)


@dataclass(frozen=True)
class BadRecord:
    """A record left out: where it stands and what is wrong, e.g. 'a.jsonl line 7 (1.001193): name: missing'."""

    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; nothing of it is imported."""


def read_file(path: Path, today: dt.date) -> Iterator[Procedure | BadRecord]:
    """Procedures and bad records of one file, in its order; raises UnreadableFile."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{path.name}: {error}") from error
    if not text.strip():
        raise UnreadableFile(f"{path.name}: empty file")
    for place, record in _records(path.name, text):
        yield record if isinstance(record, BadRecord) else _convert(place, record, today)


def _records(name: str, text: str) -> Iterator[tuple[str, Any]]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        if "\n" not in text.strip():
            raise UnreadableFile(f"{name}: not JSON: {error}") from error
        yield from _lines(name, text)
        return
    if isinstance(whole, dict) and "data" in whole and not any(kind.looks_like(whole) for kind in KINDS):
        whole = whole["data"]
    for number, record in enumerate(whole if isinstance(whole, list) else [whole], 1):
        yield f"{name} record {number}", record


def _lines(name: str, text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{name} line {number}"
        try:
            yield place, json.loads(line)
        except json.JSONDecodeError as error:
            yield place, BadRecord(place, f"not JSON: {error.msg} at column {error.colno}")


def _convert(place: str, record: Any, today: dt.date) -> Procedure | BadRecord:
    if isinstance(record, dict) and isinstance(record.get("code"), str):
        place = f"{place} ({record['code'][:40]})"
    kind = next((kind for kind in KINDS if kind.looks_like(record)), None)
    if kind is None:
        return BadRecord(place, "neither a catalogue record (code, field) nor a portal record (executionMethods, …)")
    try:
        return kind.to_procedure(record, today)
    except ValidationError as error:
        return BadRecord(place, explain(error))
    except KeyError as error:
        return BadRecord(place, f"{error.args[0]}: missing")
    except (TypeError, AttributeError, ValueError) as error:
        return BadRecord(place, f"wrong type: {error}")


def explain(error: ValidationError) -> str:
    """First problem as 'documents[2].originals: Input should be …'."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = ""
    for part in first["loc"]:
        path += f"[{part}]" if isinstance(part, int) else ("." if path else "") + str(part)
    message = first["msg"].removeprefix("Value error, ")
    if message.startswith("["):  # our own validators name the rest of the path themselves
        rest, _, message = message.partition(": ")
        path += rest
    return f"{path}: {message}" if path else message
