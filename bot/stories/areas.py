"""Which province a record belongs to: where the citizen said they live, or the address their dossier is filed for."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from bot.conversation import open_context
from bot.handoff.people import Helper
from bot.linking.tables import linked_conversations
from bot.privacy import CannotDecrypt, KeyRing
from bot.store import Store
from bot.submission.dossier import Dossier
from bot.submission.dossiers import Dossiers
from bot.tables import conversations, dossiers
from knowledge.places import Places

BATCH = 500
MOST_KEPT = 10_000  # provinces of dossiers: one that was sent is never moved

NOWHERE = ""  # not told: everybody who runs a province sees it


def is_of(helper: Helper, province: str) -> bool:
    """Theirs, or nobody's in particular."""
    return province in (NOWHERE, helper.team.province)


class Areas:
    """The places lie sealed, so they are asked after opening; as for cases, the citizen's word goes before a paper."""

    def __init__(self, store: Store, filed: Dossiers, places: Places) -> None:
        self._database, self._keys = store.database, store.keys
        self._dossiers, self._places = filed, places
        self._filed: dict[str, str] = {}

    async def told(self, conversation_ids: Collection[str]) -> dict[str, str]:
        """The provinces that citizens have told, by conversation; NOWHERE for the others."""
        ids, found = sorted(set(conversation_ids)), dict.fromkeys(conversation_ids, NOWHERE)
        for start in range(0, len(ids), BATCH):
            wanted = conversations.c.id.in_(ids[start : start + BATCH])
            page = sa.select(conversations.c.id, conversations.c.context).where(wanted)
            rows = await self._database.read(lambda connection, page=page: connection.execute(page).all())
            found |= await asyncio.to_thread(_told, self._keys, rows)
        return found

    async def of_conversations(self, conversation_ids: Collection[str]) -> dict[str, str]:
        """As told; else of the dossier changed last, in whichever linked channel."""
        found = await self.told(conversation_ids)
        untold = [one for one, province in found.items() if province == NOWHERE]
        for one in await self._with_dossiers(untold):
            found[one] = self._of(await self._dossiers.newest(one))
        return found

    async def _with_dossiers(self, ids: list[str]) -> set[str]:
        """Those with a dossier of their own, or maybe one in a linked channel: few, and the others need no look."""
        found: set[str] = set()
        for start in range(0, len(ids), BATCH):
            page, own, linked = ids[start : start + BATCH], dossiers.c.conversation_id, linked_conversations.c
            either = sa.union(
                sa.select(own).where(own.in_(page)),
                sa.select(linked.conversation_id).where(linked.conversation_id.in_(page)),
            )
            found |= set(
                await self._database.read(lambda connection, either=either: connection.execute(either).scalars().all())
            )
        return found

    async def of_dossiers(self, references: Collection[str]) -> dict[str, str]:
        """By the address that is filed for, else by what its citizen has told; NOWHERE once it was erased."""
        for reference in {*references} - {*self._filed, ""}:
            dossier = await self._dossiers.by_reference(reference)
            if dossier is None:
                continue
            province = self._of(dossier) or (await self.told([dossier.conversation_id]))[dossier.conversation_id]
            if province != NOWHERE:
                self._keep(reference, province)
        return {one: self._filed.get(one, NOWHERE) for one in references}

    def _keep(self, reference: str, province: str) -> None:
        if len(self._filed) >= MOST_KEPT:
            self._filed.pop(next(iter(self._filed)))
        self._filed[reference] = province

    def _of(self, dossier: Dossier | None) -> str:
        path = dossier.path if dossier else None
        steps = [step for step in path.of_the_case if step.question.kind == "address"] if path else []
        wards = (self._places.ward(path.answers[step.id].value or "") for step in steps)
        return next((ward.province for ward in wards if ward is not None), NOWHERE)


def _told(keys: KeyRing, rows: Sequence[Any]) -> dict[str, str]:
    return {row.id: _province(keys, row) for row in rows}


def _province(keys: KeyRing, row: Any) -> str:
    try:
        context = open_context(keys, row.id, row.context)
    except CannotDecrypt:
        return NOWHERE
    return (context.get("province") or NOWHERE) if context.get("ward") else NOWHERE
