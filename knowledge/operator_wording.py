"""An operator's own wording: a sentence that citizens used, put beside the procedure they meant."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from knowledge import everyday, index
from knowledge.schema import Procedure
from knowledge.text import clean, fold

FILE = "operator.yml"
FEWEST_LETTERS, MOST_CHARS = 4, 200


class BadWording(ValueError):
    """It cannot be taken: too short or long, an unknown procedure, or another procedure's words."""


class UnknownProcedure(BadWording):
    """The procedure is not known here."""


class SaidElsewhere(BadWording):
    """Another procedure has these words already."""

    def __init__(self, text: str, owner: str) -> None:
        super().__init__(f"“{text[:60]}” is already said of {owner}")
        self.owner = owner


def add(data_dir: Path, code: str, texts: Iterable[str], procedures: Mapping[str, Procedure]) -> list[str]:
    """Adds each as a situation of the procedure; returns the new ones. Raises BadWording, BadEveryday, adding none.

    The search knows them once the index is built anew.
    """
    if code not in procedures:
        raise UnknownProcedure(f"{code}: no such procedure is known here")
    with index.writing(data_dir):
        taken = _taken(data_dir, procedures)
        wanted = [_checked(text, code, taken) for text in texts]
        new = list(dict.fromkeys(text for text in wanted if taken.get(fold(text)) is None))
        if new:
            _write(data_dir / "everyday" / FILE, code, new)
    return new


def _taken(data_dir: Path, procedures: Mapping[str, Procedure]) -> dict[str, str]:
    """Whose each known phrase is, blind to diacritics."""
    known = everyday.phrases(procedures, everyday.load(data_dir))
    return {fold(phrase.text): phrase.code for phrase in known}


def _checked(text: str, code: str, taken: Mapping[str, str]) -> str:
    text = " ".join(clean(text).split())
    if sum(char.isalpha() for char in text) < FEWEST_LETTERS or len(text) > MOST_CHARS:
        raise BadWording(
            f"“{text[:60]}”: a wording has {FEWEST_LETTERS} letters or more, {MOST_CHARS} characters at most"
        )
    owner = taken.get(fold(text), code)
    if owner != code:
        raise SaidElsewhere(text, owner)
    return text


def _write(path: Path, code: str, texts: list[str]) -> None:
    """Whole or not at all."""
    said = everyday.load_file(path) if path.exists() else {}
    content = {key: one.model_dump(mode="json", exclude_defaults=True) for key, one in said.items()}
    known = content.setdefault(code, {})
    known["situations"] = [*known.get("situations", ()), *texts]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    with draft.open("w", encoding="utf-8") as file:
        yaml.safe_dump(content, file, allow_unicode=True, sort_keys=True, width=1000)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
