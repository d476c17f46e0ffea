"""Moves everything stored to the first key of the ring, so that older keys can leave it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.assisting.forgetting import SEALED as ASSISTING
from bot.channels.zalo_places import event_place, token_place
from bot.channels.zalo_tables import zalo_events, zalo_tokens
from bot.conversation import (
    address_place,
    attachment_details_place,
    attachment_place,
    context_place,
    dossier_place,
    message_place,
    open_inbound,
)
from bot.database import Database
from bot.handoff.resealed import HELP
from bot.payment.resealed import MONEY
from bot.petitions import keeping as petition_keeping
from bot.privacy import KeyRing
from bot.sealed_file import is_current, read_sealed, write_sealed
from bot.submission.one_stop.places import handover_place, notice_place, state_place
from bot.tables import (
    attachments,
    conversations,
    dossiers,
    followed_dossiers,
    handovers,
    key_checks,
    messages,
    status_notices,
)

BATCH = 200


@dataclass(frozen=True)
class Sealed:
    """A table's sealed columns and where each was sealed for; `hashed` renews the look-up hashes of a row."""

    table: sa.Table
    places: dict[str, Callable[[Any], str]]
    hashed: Callable[[KeyRing, Any], dict[str, bytes]] = lambda keys, row: {}


def _address_hash(keys: KeyRing, row: Any) -> dict[str, bytes]:
    if row.address is None:
        return {}
    return {"address_hash": keys.hash(row.channel, keys.open(row.address, address_place(row.id)).decode())}


def _message_key(keys: KeyRing, row: Any) -> dict[str, bytes]:
    if row.direction != "in" or row.body is None:
        return {}
    inbound = open_inbound(keys, row.conversation_id, row.seq, row.body)
    return {"message_key": keys.hash(inbound.channel, inbound.sender, inbound.message_id)}


EVERYTHING = (
    Sealed(
        conversations,
        {"address": lambda row: address_place(row.id), "context": lambda row: context_place(row.id)},
        _address_hash,
    ),
    Sealed(messages, {"body": lambda row: message_place(row.conversation_id, row.seq)}, _message_key),
    Sealed(
        attachments,
        {"name": lambda row: attachment_place(row.id), "details": lambda row: attachment_details_place(row.id)},
    ),
    Sealed(dossiers, {"answers": lambda row: dossier_place(row.id)}),
    Sealed(handovers, {"body": lambda row: handover_place(row.reference, row.number)}),
    Sealed(followed_dossiers, {"state": lambda row: state_place(row.reference)}),
    Sealed(zalo_events, {"body": lambda row: event_place(row.event_key)}),
    Sealed(zalo_tokens, {"pair": lambda row: token_place(row.app_id)}),
    Sealed(status_notices, {"body": lambda row: notice_place(row.reference, row.number)}),
    *(Sealed(*parts) for parts in petition_keeping.SEALED),
    *(Sealed(*parts) for parts in MONEY),
    *(Sealed(*parts) for parts in HELP),
    *(Sealed(*parts) for parts in ASSISTING),
)


async def reseal(database: Database, keys: KeyRing, folder: Path) -> int:
    """How many rows and files were sealed anew; may be cut off and run again, and runs beside a server."""
    count = 0
    for sealed in EVERYTHING:
        count += await _reseal_table(database, keys, sealed)
    count += await _reseal_files(database, keys, folder)
    others = sa.delete(key_checks).where(key_checks.c.key_id != keys.current.id.hex())
    await database.write(lambda connection: connection.execute(others))
    return count


async def _reseal_table(database: Database, keys: KeyRing, sealed: Sealed) -> int:
    count, after = 0, None
    while True:
        changed, after = await database.write(lambda c, after=after: _reseal_page(c, keys, sealed, after))
        count += changed
        if after is None:
            return count


def _reseal_page(connection: sa.Connection, keys: KeyRing, sealed: Sealed, after: Any) -> tuple[int, Any]:
    primary = list(sealed.table.primary_key.columns)
    page = sa.select(sealed.table).order_by(*primary).limit(BATCH).with_for_update()
    if after is not None:
        page = page.where(sa.tuple_(*primary) > after)
    rows, changed = connection.execute(page).all(), 0
    for row in rows:
        values = _resealed(keys, sealed, row)
        if values:
            same_row = [column == row._mapping[column.name] for column in primary]
            connection.execute(sa.update(sealed.table).where(*same_row).values(values))
            changed += 1
    return changed, tuple(rows[-1]._mapping[column.name] for column in primary) if rows else None


def _resealed(keys: KeyRing, sealed: Sealed, row: Any) -> dict[str, bytes]:
    """The row's columns that lie under an older key, under the first one."""
    values = {}
    for column, place_of in sealed.places.items():
        value, place = row._mapping[column], place_of(row)
        if value is not None and not keys.is_current(value):
            values[column] = keys.seal(keys.open(value, place), place)
    return values | sealed.hashed(keys, row) if values else {}


async def _reseal_files(database: Database, keys: KeyRing, folder: Path) -> int:
    ids = await database.read(lambda connection: list(connection.execute(sa.select(attachments.c.id)).scalars()))
    count = 0
    for attachment_id in ids:
        path = folder / attachment_id
        if path.exists() and not await asyncio.to_thread(is_current, keys, path):
            draft = folder / f"{attachment_id}.new"
            draft.unlink(missing_ok=True)  # of a run that was cut off
            await write_sealed(keys, draft, attachment_id, read_sealed(keys, path, attachment_id))
            os.replace(draft, path)
            count += 1
    return count
