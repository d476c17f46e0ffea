"""Guides to digital basics and against scams: short steps, warnings and pictures drawn by us.

One YAML file per guide in `knowledge/guides/`, its pictures beside it as SVG.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from knowledge import pictures
from knowledge.life_events import Id, Title
from knowledge.pictures import BadPicture
from knowledge.schema import Code, Strict, Text
from knowledge.yaml_folder import BadFile, load_folder

GUIDES_DIR = Path(__file__).parent / "guides"
Address = Annotated[str, StringConstraints(pattern=r"^https://[\w.-]+(/\S*)?$")]


class Origin(Strict):
    """Where a guide's facts come from."""

    title: Text
    url: Address | None = None


class Procedure(Strict):
    """A procedure that the guide leads to; `title` stands on its button."""

    code: Code
    title: Title


class Guide(Strict):
    """How to do one thing on a phone, or how to know one kind of scam; recognised as a life event is."""

    id: Id
    kind: Literal["how_to", "scam"]
    title: Title
    lead: Text
    steps: tuple[Text, ...] = Field(min_length=2, max_length=8)
    warnings: tuple[Text, ...] = Field(min_length=1, max_length=5)
    if_it_happened: tuple[Text, ...] = Field(default=(), max_length=5)  # what to do when already cheated
    picture_says: Text  # the picture in words
    procedures: tuple[Procedure, ...] = Field(default=(), max_length=3)
    see_also: tuple[Id, ...] = Field(default=(), max_length=4)
    ways: tuple[Text, ...] = Field(min_length=8)
    signs: tuple[Text, ...] = Field(min_length=1)
    never: tuple[Text, ...] = ()
    asks: Literal["anything", "how", "several"] = "how"
    sources: tuple[Origin, ...] = Field(min_length=1)
    checked_on: dt.date

    @property
    def names_papers(self) -> str:
        return "any"  # a guide is recognised by what it teaches, whichever papers are named with it


@dataclass(frozen=True)
class Illustrated:
    """A guide with its picture's source."""

    guide: Guide
    svg: str


def load(folder: Path = GUIDES_DIR) -> dict[str, Illustrated]:
    """Every guide by id with its picture. Raises BadFile."""
    guides = load_folder(folder, Guide)
    for guide in guides.values():
        for number, other in enumerate(guide.see_also):
            if other not in guides:
                raise BadFile(f"{guide.id}.yml: see_also[{number}]: no guide {other}")
    return {key: Illustrated(guide, _picture(folder, key)) for key, guide in guides.items()}


def _picture(folder: Path, guide_id: str) -> str:
    try:
        return pictures.read(folder / f"{guide_id}.svg")
    except BadPicture as error:
        raise BadFile(str(error)) from error
