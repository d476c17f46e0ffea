"""Life events and guides together: read, held against each other, and recognised in a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from knowledge import catalogue, everyday, guides, life_events
from knowledge.catalogue import Catalogue
from knowledge.guides import Guide, Illustrated
from knowledge.life_events import LifeEvent
from knowledge.topics import Topics
from knowledge.yaml_folder import BadFile


@dataclass(frozen=True)
class Advice:
    """Everything told that is no single procedure; never changes while serving."""

    events: Mapping[str, LifeEvent]
    illustrated: Mapping[str, Illustrated]
    topics: Topics

    def guide(self, guide_id: str) -> Guide | None:
        found = self.illustrated.get(guide_id)
        return found.guide if found else None

    @property
    def scams(self) -> tuple[str, ...]:
        """Guides against scams, the most general first."""
        scams = [found.guide for found in self.illustrated.values() if found.guide.kind == "scam"]
        return tuple(guide.id for guide in sorted(scams, key=lambda guide: -len(guide.see_also)))


def load(
    data_dir: Path | None = None,
    events_dir: Path = life_events.EVENTS_DIR,
    guides_dir: Path = guides.GUIDES_DIR,
) -> Advice:
    """Reads every file strictly. Raises BadFile, BadEveryday, BadProcedure."""
    events, illustrated = life_events.load(events_dir), guides.load(guides_dir)
    _hold_together(events, illustrated)
    told = {**events, **{key: found.guide for key, found in illustrated.items()}}
    return Advice(events, illustrated, Topics(told, _procedure_phrases(data_dir)))


def _hold_together(events: Mapping[str, LifeEvent], illustrated: Mapping[str, Illustrated]) -> None:
    for event in events.values():
        if event.id in illustrated:
            raise BadFile(f"{event.id}.yml: id: an event and a guide have the same")
        for number, guide_id in enumerate(event.guides):
            if guide_id not in illustrated:
                raise BadFile(f"{event.id}.yml: guides[{number}]: no guide {guide_id}")


def _procedure_phrases(data_dir: Path | None) -> list[str]:
    """What people say about single procedures, known here or not: these messages are not ours."""
    procedures, wording = Catalogue(catalogue.load_curated()), everyday.load(data_dir)
    known = {**everyday.placeholders(procedures, wording), **procedures}
    return [phrase.text for phrase in everyday.phrases(known, wording)]
