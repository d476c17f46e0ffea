"""All dossiers of a citizen at a glance: drafts, those under way, what is wanted, what is done."""

from __future__ import annotations

import datetime as dt
from datetime import datetime

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from bot.channels.reply import Button
from bot.linking.reach import is_theirs
from bot.store import Store
from bot.submission import payloads
from bot.submission.dossier import Dossier, Status
from bot.submission.dossiers import Dossiers
from bot.submission.journey import left
from bot.submission.one_stop.following import Following
from bot.submission.one_stop.handovers import Handovers
from bot.submission.one_stop.protocol import DossierState, ResultFile
from bot.submission.one_stop.sentences import ENDED, OPEN, Teller, is_overdue, local_day, working_days_between
from bot.submission.posting import line
from bot.submission.proof import Proofs
from bot.tables import dossiers as table
from bot.wording import say

MOST = 50
FAILED = ("dead", "rejected")
DONE = (Status.completed, Status.returned)


class Result(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    url: str | None = None


class Listed(BaseModel):
    """One dossier as its page shows it; `actions` are buttons to press in the conversation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    procedure_code: str
    title: str
    status: Status
    status_text: str
    code: str | None = None
    text: str
    promised_on: dt.date | None = None
    working_days_left: int | None = None
    is_late: bool = False
    answered: int | None = None
    total: int | None = None
    expires_on: dt.date | None = None
    results: tuple[Result, ...] = ()
    proof_url: str | None = None
    changed_at: datetime
    actions: tuple[Button, ...] = ()


class MyDossiers:
    def __init__(
        self, store: Store, dossiers: Dossiers, following: Following, queue: Handovers, teller: Teller, proofs: Proofs
    ) -> None:
        self._store, self._dossiers, self._following = store, dossiers, following
        self._queue, self._teller, self._proofs = queue, teller, proofs

    async def of(self, conversation_id: str) -> list[Listed]:
        """The one changed last first."""
        ids = await self._ids(conversation_id)
        found = [await self._dossiers.find(conversation_id, one) for one in ids]
        return [await self._listed(one) for one in found if one and (one.answers or not one.is_draft)]

    async def _ids(self, conversation_id: str) -> list[str]:
        ours = sa.select(table.c.id).where(is_theirs(table.c.conversation_id, conversation_id))
        newest = ours.order_by(table.c.changed_at.desc()).limit(MOST)
        return await self._store.database.read(lambda connection: list(connection.execute(newest).scalars()))

    async def _listed(self, dossier: Dossier) -> Listed:
        if dossier.is_draft:
            return _draft(dossier)
        state = await self._following.state_of(dossier.reference or "")
        if state is not None:
            return self._followed(dossier, state)
        waits = await self._queue.status_of(dossier.reference or "")
        if waits is None:
            return _base(dossier, say("my_dossiers.by_hand", day=_day(dossier.submitted_at or dossier.changed_at)))
        reply = self._teller.not_there_yet(dossier.reference or "", waits in FAILED)
        return _base(dossier, reply.text, actions=reply.buttons)

    def _followed(self, dossier: Dossier, state: DossierState) -> Listed:
        now = self._store.clock()
        today, reply = local_day(now), self._teller.state(state, now)
        promised = local_day(state.promised_at) if state.promised_at and state.status in OPEN else None
        return _base(
            dossier,
            self._teller.beside_a_card(state, now),
            code=state.code,
            promised_on=promised,
            working_days_left=working_days_between(today, promised) if promised and promised >= today else None,
            is_late=is_overdue(state, today),
            results=tuple(map(_result, state.results)),
            proof_url=self._proofs.path(state.code) if state.status in DONE else None,
            actions=reply.buttons,
        )


def _draft(dossier: Dossier) -> Listed:
    answered = len(dossier.path.answered)
    waiting = 0 if dossier.path.waiting is None else 1 + left(dossier.procedure.questions, dossier.path)
    until = dossier.expires_at or dossier.changed_at
    key = "my_dossiers.draft" if waiting else "my_dossiers.checked"
    go = Button(title=say("filing.button.go"), payload=payloads.order("go", dossier))
    return _base(
        dossier,
        say(key, answered=answered, total=answered + waiting, until=_day(until)),
        answered=answered,
        total=answered + waiting,
        expires_on=local_day(until),
        actions=(go,),
    )


def _base(dossier: Dossier, text: str, **more: object) -> Listed:
    is_coming = dossier.status not in (*ENDED, *DONE) and dossier.path.waiting is None
    posted = line(dossier.answers) if is_coming else ""
    return Listed(
        id=dossier.tag,
        procedure_code=dossier.procedure.code,
        title=_capital(dossier.procedure.spoken_name),
        status=dossier.status,
        status_text=say(f"my_dossiers.status.{dossier.status}"),
        text="\n".join(part for part in (text, posted) if part),
        changed_at=dossier.changed_at,
        **{"code": dossier.reference, **more},
    )


def _result(result: ResultFile) -> Result:
    return Result(name=result.name, url=result.url)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _day(moment: datetime) -> str:
    return local_day(moment).strftime("%d/%m/%Y")
