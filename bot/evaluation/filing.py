"""What one turn of a journey costs, from stored to answered, with few open drafts and with many."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome
from bot.dialogue.context import Context
from bot.events import Events
from bot.flows import Gateway
from bot.settings import Settings
from bot.store import Store, open_store
from bot.submission.dossier import Status, frozen, seal_answers
from bot.submission.dossiers import Dossiers
from bot.submission.filing import Filing
from bot.submission.sheet import Sheets
from bot.tables import conversations, dossiers, frozen_procedures
from bot.underway import Heard
from knowledge import places
from knowledge.catalogue import load_curated
from knowledge.schema import Procedure

MANY_DRAFTS = 10_000
WALKS = 12
DRAFT_DAYS = 30
PROCEDURE = "1.001193"


@dataclass(frozen=True)
class FilingCost:
    """Milliseconds of CPU a turn, of the whole process: store, journey, answer."""

    turns: int
    cpu_ms: float
    cpu_ms_among_many: float
    drafts: int

    def __str__(self) -> str:
        return (
            f"{self.cpu_ms:.1f} ms of CPU a turn, {self.cpu_ms_among_many:.1f} ms among {self.drafts} open drafts "
            f"({self.turns} turns each)"
        )


def filing_cost(folder: Path, drafts: int = MANY_DRAFTS, walks: int = WALKS) -> FilingCost:
    """Walks a journey again and again on SQLite in `folder`; no model is loaded, for an answer needs none."""
    return asyncio.run(_measure(folder, drafts, walks))


async def _measure(folder: Path, drafts: int, walks: int) -> FilingCost:
    store = await open_store(Settings(_env_file=None, env="test", data_dir=folder, database_url=""))
    try:
        records = {one.code: one for one in load_curated()}
        gateway = Gateway(store, _Journeys(store, records), Events(), hotline="")
        await _walk(gateway, store, records[PROCEDURE], 2)  # everything read once is read
        few = await _walk(gateway, store, records[PROCEDURE], walks)
        await store.database.write(lambda connection: _fill(connection, store, records[PROCEDURE], drafts))
        many = await _walk(gateway, store, records[PROCEDURE], walks)
    finally:
        await store.close()
    turns = walks * len(_messages(records[PROCEDURE]))
    return FilingCost(turns, few * 1000 / turns, many * 1000 / turns, drafts)


async def _walk(gateway: Gateway, store: Store, procedure: Procedure, walks: int) -> float:
    """Seconds of CPU for so many journeys from the first question to the review."""
    spent = 0.0
    for _ in range(walks):
        conversation, _ = await store.start_conversation("web")
        for number, text in enumerate(_messages(procedure)):
            before = time.process_time()
            outcome = await gateway.on_message(conversation, Inbound("web", conversation.id, str(number), text=text))
            spent += time.process_time() - before
            assert outcome.turn.kind == "journey", outcome
    return spent


def _messages(procedure: Procedure) -> list[str]:
    """ "Begin", then the example of every question; what has none is left for later."""
    path = [one for one in procedure.questions if one.id != "authorisation"]
    return ["", *(one.example or "nop sau" for one in path)]


class _Journeys:
    """The part of a turn that a journey takes; the first message begins it."""

    def __init__(self, store: Store, records: dict[str, Procedure]) -> None:
        self._records = records
        sheets = Sheets(store.keys, store.clock, "")
        self._filing = Filing(Dossiers(store, DRAFT_DAYS), lambda: records, places.load(), sheets)

    async def take(self, conversation_id: str, inbound: Inbound, context: Context) -> tuple[Outcome, Context]:
        change, today = inbound.message_id.encode(), dt.date.today()
        heard = Heard(conversation_id, change, today, inbound.channel, context.underway, inbound.text)
        if context.underway is None:
            filed = await self._filing.start(self._records[PROCEDURE], heard)
        else:
            filed = await self._filing.command(heard) or await self._filing.answer(heard, insists=True)
        return filed.outcome, context.filling(filed.underway)


def _fill(connection: sa.Connection, store: Store, procedure: Procedure, count: int) -> None:
    """Other people's drafts."""
    now, (digest, _) = store.clock(), frozen(procedure)
    known = connection.execute(sa.select(frozen_procedures.c.digest)).scalars().all()
    assert digest in known
    moments = {"created_at": now, "changed_at": now, "expires_at": now + dt.timedelta(days=DRAFT_DAYS)}
    people, drafts = [], []
    for _ in range(count):
        person, draft = uuid.uuid4().hex, uuid.uuid4().hex
        people.append({"id": person, "channel": "web", "last_seq": 0, "created_at": now, "last_active_at": now})
        drafts.append(
            {
                "id": draft,
                "conversation_id": person,
                "procedure_code": procedure.code,
                "procedure_digest": digest,
                "status": Status.draft,
                "answers": seal_answers(store.keys, draft, {}),
                "version": 2,
                **moments,
            }
        )
    if count:
        connection.execute(sa.insert(conversations), people)
        connection.execute(sa.insert(dossiers), drafts)
