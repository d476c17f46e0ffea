"""Pictures of the guides: an SVG is taken only if it is self-contained, harmless, described and readable on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

NAMESPACE = "{http://www.w3.org/2000/svg}"
MOST_BYTES = 20_000
WIDEST = 400  # units of the viewBox; shown at most this wide, so that a unit is about a pixel on a phone
SMALLEST_TEXT = 16
# Shapes and words only: no script, no foreign content, nothing fetched from elsewhere.
ALLOWED = frozenset(
    {"svg", "title", "desc", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan"}
)


class BadPicture(ValueError):
    """An SVG that must not be shown: 'vneid-muc-2.svg: element script is not allowed'."""


def read(path: Path) -> str:
    """The SVG's source. Raises BadPicture."""
    try:
        source = path.read_text("utf-8")
        problem = next(_problems(source), None)
    except (OSError, UnicodeDecodeError, ElementTree.ParseError) as error:
        raise BadPicture(f"{path.name}: {error}") from error
    if problem:
        raise BadPicture(f"{path.name}: {problem}")
    return source


def _problems(source: str) -> Iterator[str]:
    if len(source.encode()) > MOST_BYTES:
        yield f"larger than {MOST_BYTES} bytes"
        return
    if "<!" in re.sub(r"<!--.*?-->", "", source, flags=re.DOTALL):
        yield "a document type or entity is not allowed"
        return
    root = ElementTree.fromstring(source)
    yield from _frame_problems(root)
    for element in root.iter():
        yield from _element_problems(element)


def _frame_problems(root: ElementTree.Element) -> Iterator[str]:
    if root.tag != f"{NAMESPACE}svg":
        yield "is no svg"
        return
    for name in ("title", "desc"):
        if not (root.findtext(f"{NAMESPACE}{name}") or "").strip():
            yield f"has no {name}"
    box = (root.get("viewBox") or "").split()
    if len(box) != 4 or float(box[2]) > WIDEST:
        yield f"viewBox: four numbers, at most {WIDEST} wide"
    if root.get("role") != "img":
        yield "role: must be img"


def _element_problems(element: ElementTree.Element) -> Iterator[str]:
    name = str(element.tag).removeprefix(NAMESPACE)
    if name not in ALLOWED:
        yield f"element {name} is not allowed"
    for attribute, value in element.attrib.items():
        if attribute.lower().startswith("on") or attribute.endswith("href") or attribute == "style":
            yield f"attribute {attribute} is not allowed"
        if "url(" in value and not re.fullmatch(r"url\(#[\w-]+\)", value):
            yield f"attribute {attribute} points elsewhere"
    if "font-size" in element.attrib and float(element.attrib["font-size"]) < SMALLEST_TEXT:
        yield f"text smaller than {SMALLEST_TEXT}"
