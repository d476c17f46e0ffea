"""References that lead nowhere: codes of no procedure, forms that are not listed, reasons given for no field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import Any

from knowledge.schema import Procedure
from knowledge.text import fold

CODE = re.compile(r"(?<![\d.])\d\.\d{6}(?![\d.]\d|\d)")
_LAW = re.compile(r"(?<=.)\b(phu luc|nghi dinh|quyet dinh|thong tu)\b.*")  # what follows a form's own number
_FORM_WORDS = re.compile(r"\b(mau|so)\b|[^a-z0-9/ -]")

# Doubts and reasons may speak of codes that are gone; citizens do not read them.
_NOT_TOLD = {"code", "source", "online_url", "doubts", "differs_because"}
# Reasons may also be given for what is compared but is no field of the record itself.
COMPARED_BESIDE_FIELDS = {"decision"}


def dead_codes(where: Procedure | str, known: Set[str]) -> Iterator[tuple[str, str]]:
    """Codes named in a record or a text that no known procedure bears, each with the field it stands in."""
    seen: set[str] = set()
    for field, text in _texts(where):
        for code in CODE.findall(text):
            if code not in known and code not in seen:
                seen.add(code)
                yield code, field


def dead_parts(procedure: Procedure) -> Iterator[tuple[str, str]]:
    """Within one record: forms that papers name but the list of forms lacks, and reasons for unknown fields."""
    for paper in procedure.documents:
        if paper.form_template and not _is_listed(paper.form_template, procedure.form_templates):
            yield "documents", f"form_template {paper.form_template} is not among form_templates"
    for field in procedure.differs_because:
        if field not in Procedure.model_fields and field not in COMPARED_BESIDE_FIELDS:
            yield "differs_because", f"{field} is no field"


def _is_listed(form: str, forms: tuple[str, ...]) -> bool:
    """As a whole, or each of several that a comma joins."""
    listed = [_form_key(one) for one in forms]
    parts = [key for key in map(_form_key, form.split(",")) if key]
    return any(_is_same_form(_form_key(form), one) for one in listed) or (
        bool(parts) and all(any(_is_same_form(part, one) for one in listed) for part in parts)
    )


def _is_same_form(wanted: str, listed: str) -> bool:
    """By its number where it has one, by all its words where it has none."""
    if any(letter.isdigit() for letter in wanted):
        return re.search(rf"(?<![\w-]){re.escape(wanted)}(?![\w-])", listed) is not None
    return set(wanted.split()) <= set(listed.split())


def _form_key(form: str) -> str:
    """'Mẫu số 18, Nghị định 151/2025/NĐ-CP' → '18'."""
    return " ".join(_FORM_WORDS.sub(" ", _LAW.sub("", fold(form))).split())


def _texts(where: Procedure | str) -> Iterator[tuple[str, str]]:
    if isinstance(where, str):
        yield "", where
        return
    for field, value in where.model_dump(mode="json", exclude=_NOT_TOLD).items():
        yield from ((field, text) for text in _strings(value))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
