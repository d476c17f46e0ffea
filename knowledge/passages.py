"""What of a procedure is searched: its texts by field, each cut to what helps to find it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from knowledge.everyday import Phrase
from knowledge.schema import Procedure

# Fields of the lexical index, in the order of its columns.
FIELDS = ("name", "called", "situation", "ask", "sector", "documents", "conditions", "steps")

_LEVEL_WORDS = {"ward": "xã", "province": "tỉnh", "ministry": "bộ", "other": ""}


def field_texts(procedure: Procedure, phrases: Iterable[Phrase]) -> dict[str, list[str]]:
    """The texts of each field; a field without any is an empty list."""
    texts: dict[str, list[str]] = {field: [] for field in FIELDS}
    texts["name"] = [procedure.name]
    texts["sector"] = [procedure.sector]
    texts["documents"] = [document.name for document in procedure.documents[:40]]
    texts["conditions"] = [*procedure.conditions[:20], procedure.outcome or "", procedure.who_for or ""]
    texts["steps"] = [" ".join(procedure.official_steps)[:4_000]]
    for phrase in phrases:
        texts[{"name": "called"}.get(phrase.kind, phrase.kind)].append(phrase.text)
    return texts


def fingerprint(procedure: Procedure, phrases: Iterable[Phrase]) -> str:
    """Changes when anything that is searched of this procedure changes."""
    parts = [procedure.name, procedure.sector, *procedure.levels, *procedure.audience]
    for field, texts in field_texts(procedure, phrases).items():
        parts += [field, *texts]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
