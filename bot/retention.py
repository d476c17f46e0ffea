"""Forgetting and handing over: erase, export, the retention sweep, and moving everything to a new key."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.assisting.forgetting import forget_assisting
from bot.conversation import (
    Conversation,
    attachment_details_place,
    attachment_place,
    dossier_place,
    open_context,
    open_line,
)
from bot.database import Database
from bot.handoff.forgetting import forget_audit, forget_cases, has_live_case
from bot.linking import reach
from bot.payment.forgetting import forget_payers
from bot.petitions import keeping as petition_keeping
from bot.petitions.tables import petitions
from bot.privacy import CannotDecrypt, KeyRing
from bot.settings import Settings
from bot.tables import (
    attachments,
    conversations,
    dossiers,
    frozen_procedures,
    key_checks,
    messages,
    outbox,
    seen_events,
)

BATCH = 200  # rows per transaction, so that citizens' turns get in between
SHELL_LIFE = timedelta(hours=1)  # after an erasure: time enough to deliver "it is erased"
EVENT_LIFE = timedelta(days=7)  # no channel repeats an event for longer
DELIVERED_LIFE = timedelta(days=7)
ORPHAN_SECONDS = 24 * 3600
KEY_CHECK = b"mot cua"


def check_keys(connection: sa.Connection, keys: KeyRing) -> None:
    """Refuses to go on with a ring that cannot open what was stored; notes the current key."""
    known = {row.key_id: row.sealed for row in connection.execute(sa.select(key_checks))}
    for key_id, sealed in known.items():
        _check_key(keys, key_id, sealed)
    current = keys.current.id.hex()
    if current not in known:
        row = {"key_id": current, "sealed": keys.seal(KEY_CHECK, f"key_checks/{current}")}
        with contextlib.suppress(IntegrityError), connection.begin_nested():  # another process may be quicker
            connection.execute(sa.insert(key_checks), row)


def _check_key(keys: KeyRing, key_id: str, sealed: bytes) -> None:
    try:
        keys.open(sealed, f"key_checks/{key_id}")
    except CannotDecrypt:
        raise CannotDecrypt(
            f"this database was written with key {key_id}, which is not in MOTCUA_SECRET_KEYS (or in secret.key "
            "under MOTCUA_DATA_DIR): add it after the current one"
        ) from None


# ---- erase


def erase(connection: sa.Connection, conversation_id: str, now: datetime) -> list[str]:
    """Empties a conversation; the ids of its files are returned, to be deleted once this is committed.

    Its empty lines stay for the time of keeping, so that a late second copy is still recognised, and its
    address until the next sweep, so that the citizen can be told.
    """
    ours = conversations.c.id == conversation_id
    connection.execute(sa.update(conversations).where(ours).values(context=None, erased_at=now))
    connection.execute(sa.update(messages).where(messages.c.conversation_id == conversation_id).values(body=None))
    connection.execute(sa.delete(outbox).where(outbox.c.conversation_id == conversation_id))
    filed = sa.delete(dossiers).where(dossiers.c.conversation_id == conversation_id).returning(dossiers.c.reference)
    forget_payers(connection, [one for one in connection.execute(filed).scalars() if one])
    connection.execute(sa.delete(petitions).where(petitions.c.conversation_id == conversation_id))
    reach.forget(connection, conversation_id)
    forget_cases(connection, conversation_id, now)
    forget_assisting(connection, conversation_id)
    gone = sa.delete(attachments).where(attachments.c.conversation_id == conversation_id).returning(attachments.c.id)
    return list(connection.execute(gone).scalars())


def delete_files(folder: Path, ids: Iterable[str]) -> None:
    for attachment_id in ids:
        (folder / attachment_id).unlink(missing_ok=True)


# ---- export


def export(connection: sa.Connection, keys: KeyRing, conversation_id: str) -> dict[str, Any] | None:
    row = connection.execute(sa.select(conversations).where(conversations.c.id == conversation_id)).first()
    if row is None:
        return None
    conversation = Conversation.unseal(row, keys)
    return {
        "conversation_id": conversation.id,
        "channel": conversation.channel,
        "address": conversation.address,
        "created_at": conversation.created_at.isoformat(),
        "last_active_at": conversation.last_active_at.isoformat(),
        "context": open_context(keys, row.id, row.context),
        "messages": [open_line(keys, line) for line in connection.execute(_lines(conversation_id))],
        "attachments": [_attachment(keys, file) for file in connection.execute(_files(conversation_id))],
        "dossiers": [_dossier(keys, row) for row in connection.execute(_dossiers(conversation_id))],
        "petitions": petition_keeping.export(connection, keys, conversation_id),
    }


def _dossiers(conversation_id: str) -> sa.Select:
    return sa.select(dossiers).where(dossiers.c.conversation_id == conversation_id).order_by(dossiers.c.created_at)


def _dossier(keys: KeyRing, row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "procedure_code": row.procedure_code,
        "status": row.status,
        "reference": row.reference,
        "answers": json.loads(keys.open(row.answers, dossier_place(row.id))),
        "created_at": row.created_at.isoformat(),
    }


def _lines(conversation_id: str) -> sa.Select:
    ours = sa.select(messages).where(messages.c.conversation_id == conversation_id, messages.c.body.is_not(None))
    return ours.order_by(messages.c.seq)


def _files(conversation_id: str) -> sa.Select:
    ours = sa.select(attachments).where(attachments.c.conversation_id == conversation_id)
    return ours.order_by(attachments.c.created_at)


def _attachment(keys: KeyRing, row: Any) -> dict[str, Any]:
    name = keys.open(row.name, attachment_place(row.id)).decode()
    return {
        "id": row.id,
        "name": name,
        "media_type": row.media_type,
        "size_bytes": row.size_bytes,
        "created_at": row.created_at.isoformat(),
        "details": json.loads(keys.open(row.details, attachment_details_place(row.id))) if row.details else None,
    }


# ---- sweep


async def sweep(database: Database, settings: Settings, now: datetime, kept: timedelta) -> int:
    """Deletes conversations nobody wrote in for `kept`, and what of erased ones was still needed.

    One whose case is open stays, with its files, until the case is closed.
    """
    folder, count = settings.attachments_dir, 0
    while True:
        gone, files = await database.write(lambda connection: _delete_old(connection, now - kept))
        await asyncio.to_thread(delete_files, folder, files)
        count += gone
        if gone < BATCH:
            break
    await database.write(lambda connection: _empty_shells(connection, now))
    await database.write(lambda connection: _delete_finished(connection, now))
    await database.write(lambda connection: _delete_expired_drafts(connection, now))
    await _delete_orphans(database, folder)
    await _sweep_audit(database, now, settings.desk_audit_months)
    return count


async def _sweep_audit(database: Database, now: datetime, months: int) -> None:
    """What was done at the desk longer ago is forgotten. A month is counted as 31 days."""
    before = now - timedelta(days=31 * months)
    while await database.write(lambda connection: forget_audit(connection, before, BATCH)) == BATCH:
        pass


def _delete_old(connection: sa.Connection, before: datetime) -> tuple[int, list[str]]:
    is_old = conversations.c.last_active_at < before
    old = sa.select(conversations.c.id).where(is_old, ~has_live_case(conversations.c.id)).limit(BATCH)
    ids = list(connection.execute(old).scalars())
    if not ids:
        return 0, []
    files = sa.select(attachments.c.id).where(attachments.c.conversation_id.in_(ids))
    names = list(connection.execute(files).scalars())
    connection.execute(sa.delete(conversations).where(conversations.c.id.in_(ids)))
    return len(ids), names


def _empty_shells(connection: sa.Connection, now: datetime) -> None:
    """What an erasure left so that the citizen could be told goes once they have been."""
    is_waiting = sa.exists().where(
        outbox.c.conversation_id == conversations.c.id, outbox.c.status.in_(("waiting", "sending"))
    )
    shells = (
        sa.select(conversations.c.id)
        .where(conversations.c.erased_at < now - SHELL_LIFE, ~is_waiting)
        .where(sa.or_(conversations.c.address.is_not(None), conversations.c.token_hash.is_not(None)))
    )
    for conversation_id in connection.execute(shells).scalars().all():
        end(connection, conversation_id, now)


def end(connection: sa.Connection, conversation_id: str, now: datetime) -> list[str]:
    """The last of an erased conversation: nobody can be reached by it or enter it any more."""
    files = erase(connection, conversation_id, now)
    nothing = {"address": None, "address_hash": None, "token_hash": None, "closed_at": now}
    connection.execute(sa.update(conversations).where(conversations.c.id == conversation_id).values(nothing))
    return files


def _delete_finished(connection: sa.Connection, now: datetime) -> None:
    delivered = sa.and_(outbox.c.status == "sent", outbox.c.finished_at < now - DELIVERED_LIFE)
    connection.execute(sa.delete(outbox).where(delivered))
    connection.execute(sa.delete(seen_events).where(seen_events.c.seen_at < now - EVENT_LIFE))


def _delete_expired_drafts(connection: sa.Connection, now: datetime) -> None:
    """Drafts nobody went on with, and readings of procedures that no dossier rests on any more."""
    expired = sa.and_(dossiers.c.status == "draft", dossiers.c.expires_at < now)
    connection.execute(sa.delete(dossiers).where(expired))
    used = sa.exists().where(dossiers.c.procedure_digest == frozen_procedures.c.digest)
    unused = sa.and_(~used, frozen_procedures.c.frozen_at < now - SHELL_LIFE)  # not one that is being begun
    connection.execute(sa.delete(frozen_procedures).where(unused))


async def _delete_orphans(database: Database, folder: Path) -> None:
    """Files without a row: an upload or an erasure that was cut off in the middle."""
    candidates = await asyncio.to_thread(_old_files, folder)
    for start in range(0, len(candidates), BATCH):
        names = candidates[start : start + BATCH]
        known = await database.read(lambda connection, names=names: _known_files(connection, names))
        await asyncio.to_thread(delete_files, folder, set(names) - known)


def _old_files(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    before = time.time() - ORPHAN_SECONDS  # the file system's clock, not ours: a running upload is not an orphan
    return sorted(path.name for path in folder.iterdir() if path.is_file() and path.stat().st_mtime < before)


def _known_files(connection: sa.Connection, names: list[str]) -> set[str]:
    return set(connection.execute(sa.select(attachments.c.id).where(attachments.c.id.in_(names))).scalars())
