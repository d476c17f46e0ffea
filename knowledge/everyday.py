"""What people call a procedure and how they come to it: everyday wording by code, from us and from an operator.

Ours lies in `knowledge/everyday/*.yml`, an operator's additions in `<data_dir>/everyday/*.yml`, both as
`"1.004873": {names: […], situations: […], asks: {facet: […]}}`. A curated procedure adds its own names.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from knowledge.importers.reader import explain
from knowledge.schema import Code, Facet, Procedure, Source, Strict, Text

EVERYDAY_DIR = Path(__file__).parent / "everyday"
_CODE = TypeAdapter(Code)


class BadEveryday(ValueError):
    """An everyday file is wrong: 'ho_tich.yml: 1.004873: asks.cost[0]: Input should be …'."""


class Wording(Strict):
    """The everyday wording of one procedure."""

    names: tuple[Text, ...] = ()
    situations: tuple[Text, ...] = ()
    asks: dict[Facet, tuple[Text, ...]] = {}


@dataclass(frozen=True)
class Phrase:
    """One everyday phrase: `kind` is name, situation or ask; an ask knows its facet."""

    code: str
    kind: str
    text: str
    facet: Facet | None = None


def load(data_dir: Path | None = None, folder: Path = EVERYDAY_DIR) -> dict[str, Wording]:
    """Wording by code, files of both places joined. Raises BadEveryday."""
    files = sorted(folder.glob("*.yml"))
    if data_dir is not None:
        files += sorted((data_dir / "everyday").glob("*.yml"))
    wording: dict[str, Wording] = {}
    for path in files:
        for code, part in load_file(path).items():
            wording[code] = _join(wording[code], part) if code in wording else part
    return wording


def load_file(path: Path) -> dict[str, Wording]:
    """One file, strictly. Raises BadEveryday."""
    try:
        data = yaml.load(path.read_text("utf-8"), Loader=_OnceLoader)
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise BadEveryday(f"{path.name}: not YAML: {error}") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise BadEveryday(f"{path.name}: must be a mapping of codes")
    return {_code(path, key): _wording(path, key, value) for key, value in data.items()}


def phrases(procedures: Mapping[str, Procedure], wording: Mapping[str, Wording]) -> list[Phrase]:
    """Every phrase of a known procedure, each once per procedure, ordered by code."""
    found: dict[tuple[str, str], Phrase] = {}
    for code in sorted(procedures):
        for phrase in _of_procedure(procedures[code], wording.get(code)):
            found.setdefault((code, phrase.text.casefold()), phrase)
    return list(found.values())


def unknown_codes(procedures: Mapping[str, Procedure], wording: Mapping[str, Wording]) -> list[str]:
    """Codes with wording but no procedure: normal on a machine without the catalogue, a slip with it."""
    return sorted(set(wording) - set(procedures))


def placeholders(procedures: Mapping[str, Procedure], wording: Mapping[str, Wording]) -> dict[str, Procedure]:
    """Procedures that people's wording knows and no record does: found in their own right, so that a question about
    one of them is not answered with the nearest other. Nothing is ever told of them."""
    return {
        code: Procedure(
            code=code,
            name=wording[code].names[0],
            sector="–",
            levels=("ward",),
            audience=("Công dân Việt Nam",),
            source=Source(title="–"),
            checked_on=dt.date.min,
            is_partial=True,
            origin="imported",
        )
        for code in unknown_codes(procedures, wording)
        if wording[code].names
    }


def _of_procedure(procedure: Procedure, wording: Wording | None) -> Iterator[Phrase]:
    curated = [procedure.plain_name] if procedure.plain_name else []
    yield from (Phrase(procedure.code, "name", text) for text in [*curated, *procedure.everyday_names])
    if wording is None:
        return
    yield from (Phrase(procedure.code, "name", text) for text in wording.names)
    yield from (Phrase(procedure.code, "situation", text) for text in wording.situations)
    for facet, texts in wording.asks.items():
        yield from (Phrase(procedure.code, "ask", text, facet) for text in texts)


def _code(path: Path, key: Any) -> str:
    try:
        return _CODE.validate_python(key, strict=True)
    except ValidationError as error:
        hint = ": put it in quotes" if isinstance(key, float) else ""
        raise BadEveryday(f"{path.name}: {key}: not a procedure code{hint}") from error


def _wording(path: Path, key: str, value: Any) -> Wording:
    try:
        wording = Wording.model_validate(value)
    except ValidationError as error:
        raise BadEveryday(f"{path.name}: {key}: {explain(error)}") from error
    if not (wording.names or wording.situations or wording.asks):
        raise BadEveryday(f"{path.name}: {key}: says nothing")
    return wording


def _join(one: Wording, other: Wording) -> Wording:
    asks = {facet: one.asks.get(facet, ()) + other.asks.get(facet, ()) for facet in {**one.asks, **other.asks}}
    return Wording(names=one.names + other.names, situations=one.situations + other.situations, asks=asks)


class _OnceLoader(yaml.CSafeLoader):
    """YAML that refuses a key standing twice, where plain YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: Iterable[Any] = [self.construct_object(key, deep=True) for key, _ in node.value]
        seen: set[Any] = set()
        for key in keys:
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key} stands twice", node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)
