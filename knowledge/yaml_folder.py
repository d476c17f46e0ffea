"""A folder of YAML files, one strict record each, every file named by its record's id."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from knowledge.importers.reader import explain
from knowledge.schema import Strict


class BadFile(ValueError):
    """A file of ours is wrong: 'sinh-con.yml: steps[2].after[0]: no earlier step'."""


Record = TypeVar("Record", bound=Strict)  # with an `id`


def load_folder(folder: Path, model: type[Record]) -> dict[str, Record]:
    """Every `<id>.yml` of the folder by id, in the order of their names. Raises BadFile."""
    records = [_load(path, model) for path in sorted(folder.glob("*.yml"))]
    return {record.id: record for record in records}


def _load(path: Path, model: type[Record]) -> Record:
    try:
        record = model.model_validate(yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise BadFile(f"{path.name}: not YAML: {error}") from error
    except ValidationError as error:
        raise BadFile(f"{path.name}: {explain(error)}") from error
    if record.id != path.stem:
        raise BadFile(f"{path.name}: id: is {record.id}, the file name says {path.stem}")
    return record
