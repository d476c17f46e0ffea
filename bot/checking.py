"""What `motcua check` looks at and prints: the curated records beside the catalogue, and how plainly they speak."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bot.dialogue.asker import Asker
from bot.dialogue.facts import answer
from bot.settings import Settings
from knowledge import catalogue, check, readability
from knowledge.check import Against, Finding
from knowledge.importers.reader import BadRecord, read_file
from knowledge.readability import Readability
from knowledge.schema import Facet, Procedure
from knowledge.tariffs import tariffs

ROOMS = Path(__file__).parent.parent
MENTIONING = ("bot/dialogue", "knowledge/everyday", "knowledge/life_events", "knowledge/guides")
SHOWN_SENTENCES = 25


def reference_records(settings: Settings, today: dt.date) -> dict[str, Procedure] | None:
    """The catalogue's records, from MOTCUA_CATALOGUE and what was imported, the fresher of each code; None: neither.

    Raises UnreadableFile.
    """
    records = catalogue.load_imported(settings.data_dir)
    for record in read_file(settings.catalogue, today) if settings.catalogue else ():
        if not isinstance(record, BadRecord) and not _is_fresher(records.get(record.code), record):
            records[record.code] = record
    return records or None


def _is_fresher(one: Procedure | None, other: Procedure) -> bool:
    return one is not None and (one.source.snapshot_on or dt.date.min) > (other.source.snapshot_on or dt.date.min)


def findings(records: Mapping[str, Procedure] | None, today: dt.date) -> list[Finding]:
    """Everything there is to say about the curated records today. Raises BadProcedure."""
    against = Against(today=today, records=records, mentions=mentions(), tariffs=tariffs())
    return check.check(catalogue.load_curated(), against)


def mentions() -> dict[str, str]:
    """The text of our other files that may name procedures, by file name."""
    files = (path for folder in MENTIONING for path in sorted((ROOMS / folder).glob("*.yml")))
    return {str(path.relative_to(ROOMS)): path.read_text("utf-8") for path in files}


# ---- plain language


def reply_texts(procedures: Iterable[Procedure], today: dt.date) -> Iterator[str]:
    """What the bot sends for every facet of every procedure."""
    for procedure in procedures:
        for facet in Facet:
            yield from (reply.text for reply in answer(procedure, (facet,), Asker(today)).replies)


def readability_text(procedures: list[Procedure], today: dt.date) -> str:
    """A line for each record, the worst sentences of all, and the replies as a whole. Lengths are in syllables."""
    lines = [f"{'code':<10}{'sentences':>10}{'median':>8}{'longest':>9}{'rare':>8}  words of offices"]
    worst: list[tuple[int, str]] = []
    for procedure in procedures:
        read = readability.measure(readability.told_texts(procedure))
        lines.append(_line(procedure.code, read))
        worst += [(one.weight, f"{procedure.code}  {one.syllables:>3}  {one.text}") for one in read.worst(3)]
    replies = readability.measure(reply_texts(procedures, today))
    lines += ["", "Worst sentences:", *(text for _, text in sorted(worst, reverse=True)[:SHOWN_SENTENCES])]
    lines += ["", "All replies the bot sends about these records:", _line("replies", replies)]
    return "\n".join(lines)


def readability_json(procedures: list[Procedure], today: dt.date) -> str:
    told = {one.code: _figures(readability.measure(readability.told_texts(one))) for one in procedures}
    told["replies"] = _figures(readability.measure(reply_texts(procedures, today)))
    return json.dumps(told, ensure_ascii=False, indent=1)


def _line(name: str, read: Readability) -> str:
    jargon = ", ".join(f"{word} ({count})" for word, count in read.jargon.most_common(4))
    return (
        f"{name:<10}{len(read.sentences):>10}{read.median_syllables:>8.1f}{read.longest:>9}{read.rare_share:>8.1%}"
        f"  {jargon}"
    )


def _figures(read: Readability) -> dict[str, object]:
    return {
        "sentences": len(read.sentences),
        "median_syllables": read.median_syllables,
        "longest": read.longest,
        "rare_share": round(read.rare_share, 4),
        "jargon": dict(read.jargon),
        "worst": [one.text for one in read.worst(3)],
    }
