"""What of a procedure is searched: its fields for words in common, its passages for likeness of meaning."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from knowledge.everyday import Phrase
from knowledge.schema import Procedure

# Fields of the lexical index, in the order of its blocks.
FIELDS = ("name", "called", "situation", "ask", "sector", "documents", "conditions", "steps")
CHUNK_WORDS = 60
MAX_CHUNKS_PER_PART = 3
MAX_STEPS_CHARS = 4_000


class Kind(IntEnum):
    """Passages up to `ask` are short and compared as a whole; a chunk is a stretch of official text."""

    name = 0
    called = 1
    situation = 2
    ask = 3
    chunk = 4


_KINDS = {"name": Kind.called, "situation": Kind.situation, "ask": Kind.ask}


@dataclass(frozen=True)
class Passage:
    code: str
    kind: Kind
    text: str

    @property
    def digest(self) -> int:
        """Of the text alone: the same text needs encoding once."""
        return int.from_bytes(hashlib.blake2b(self.text.encode(), digest_size=8).digest(), "big", signed=True)


def field_texts(procedure: Procedure, phrases: Iterable[Phrase]) -> dict[str, list[str]]:
    """The texts of each field; a field without any is an empty list."""
    texts: dict[str, list[str]] = {field: [] for field in FIELDS}
    texts["name"] = [procedure.name]
    texts["sector"] = [procedure.sector]
    texts["documents"] = [document.name for document in procedure.documents[:40]]
    texts["conditions"] = [*procedure.conditions[:20], procedure.outcome or "", procedure.who_for or ""]
    texts["steps"] = [" ".join(procedure.official_steps)[:MAX_STEPS_CHARS]]
    for phrase in phrases:
        texts[_KINDS[phrase.kind].name].append(phrase.text)
    return texts


def short_passages(procedure: Procedure, phrases: Iterable[Phrase]) -> Iterator[Passage]:
    yield Passage(procedure.code, Kind.name, procedure.name)
    yield from (Passage(procedure.code, _KINDS[phrase.kind], phrase.text) for phrase in phrases)


def chunks(procedure: Procedure) -> Iterator[Passage]:
    """The first stretches of papers, conditions and steps."""
    papers = " ".join(document.name for document in procedure.documents)
    conditions = " ".join([*procedure.conditions, procedure.outcome or ""])
    for part in (papers, conditions, " ".join(procedure.official_steps)):
        words = part.split()
        for start in range(0, min(len(words), CHUNK_WORDS * MAX_CHUNKS_PER_PART), CHUNK_WORDS):
            if len(words) - start > 5:
                yield Passage(procedure.code, Kind.chunk, " ".join(words[start : start + CHUNK_WORDS]))


def fingerprint(procedure: Procedure, phrases: Iterable[Phrase]) -> str:
    """Changes when anything that is searched of this procedure changes."""
    parts = [procedure.name, procedure.sector, *procedure.levels, *procedure.audience]
    for field, texts in field_texts(procedure, phrases).items():
        parts += [field, *texts]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
