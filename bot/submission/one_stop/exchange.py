"""The exchange of the provincial one-stop systems (security server, DongBoHoSoMC and its sisters)."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from bot.submission.one_stop import exchange_messages as messages
from bot.submission.one_stop.protocol import (
    Accepted,
    Act,
    Answer,
    DossierState,
    Files,
    Handover,
    Notes,
    Rejected,
    Retry,
    Unavailable,
)
from bot.submission.one_stop.wire import Theirs, Wire
from knowledge.text import fold

log = logging.getLogger(__name__)

CODE = "code"
WITHDRAWN = "7"
MOST_REASON_CHARS = 500
UNCLAIMED_SECONDS = 600.0  # the system has our dossier but gave it no code yet
# There is no list of error codes; these systems tell what is wrong in words.
_EXISTS = re.compile(r"\bda ton tai\b|\balready exist")
_EXPIRED = re.compile(r"(session|token|phien).*(het han|khong hop le|khong ton tai|expired|invalid)")
_PASSING = re.compile(r"\bban\b.*thu lai|thu lai sau|qua tai|gian doan|bao tri|time ?out|loi he thong|he thong loi")


@dataclass(frozen=True)
class ExchangeAccess:
    """Who we are there. `destination` routes the message on the security servers, `unit` is the agency's code."""

    username: str
    password: str = field(repr=False)
    unit: str
    destination: str
    auth_path: str = "auth"
    integration_path: str = "integration"


class _Session(Theirs):
    error_code: str
    session: str | None = Field(default=None, max_length=8192)


class _Reply(messages.Lenient):
    error_code: str
    message: str = ""

    @property
    def is_good(self) -> bool:
        return self.error_code == "0"

    @property
    def folded(self) -> str:
        return fold(self.message)


class _Found(_Reply):
    data: list[messages.Record] = Field(default=[], max_length=100)


class Exchange:
    """One adapter; holds a session that is renewed when the other side says that it is over."""

    def __init__(self, wire: Wire, access: ExchangeAccess, notes: Notes, files: Files, trusted: frozenset[str]) -> None:
        self._wire, self._access, self._notes, self._files = wire, access, notes, files
        self._trusted = trusted  # hosts whose result files a citizen may be sent to
        self._session: str | None = None
        self._signing_in = asyncio.Lock()

    # ---- what the protocol promises

    async def submit(self, handover: Handover) -> Answer:
        try:
            if handover.act is Act.withdraw:
                return await self._report_withdrawal(handover)
            return await self._synchronise(handover, is_update=handover.act is not Act.submit)
        except Unavailable as reason:
            return Retry(str(reason))

    async def progress(self, reference: str) -> DossierState | None:
        return await self.look_up(await self._notes.get(reference, CODE) or reference)

    async def look_up(self, code: str) -> DossierState | None:
        record = await self._find(code)
        return messages.read_record(record, self._trusted) if record else None

    # ---- handing over

    async def _synchronise(self, handover: Handover, is_update: bool) -> Answer:
        code = await self._notes.get(handover.reference, CODE)
        record = messages.dossier_record(handover, code or handover.reference, self._files.link)
        reply = await self._sync_call(record, is_update)
        if not reply.is_good and not is_update and _EXISTS.search(reply.folded):
            # An earlier attempt arrived and its answer did not: the same again as an update.
            reply = await self._sync_call(record, is_update=True)
        return await self._learn_code(handover) if reply.is_good else _refusal(reply)

    async def _sync_call(self, record: dict[str, Any], is_update: bool) -> _Reply:
        body = {"service": "DongBoHoSoMC", "isUpdating": str(is_update), "data": [record]}
        return await self._call(body, _Reply)

    async def _learn_code(self, handover: Handover) -> Answer:
        """The code the citizen is told is the one the system gave; it is asked for by our reference."""
        known = await self._notes.get(handover.reference, CODE)
        if known:
            return Accepted(known)
        record = await self._find(handover.reference)
        if record is None or not record.MaHoSo:
            return Retry("the system took the dossier but does not find it", UNCLAIMED_SECONDS)
        return Accepted(await self._notes.keep(handover.reference, CODE, record.MaHoSo))

    async def _report_withdrawal(self, handover: Handover) -> Answer:
        code = await self._notes.get(handover.reference, CODE) or handover.reference
        step = messages.progress_step(handover, code, WITHDRAWN)
        reply = await self._call({"service": "CapNhatTienDoHoSoMC", "data": [step]}, _Reply)
        return Accepted(code) if reply.is_good else _refusal(reply)

    async def _find(self, code: str) -> messages.Record | None:
        found = await self._call({"service": "TraCuuHoSo", "MaHoSo": code}, _Found)
        if not found.is_good:
            raise Unavailable(f"TraCuuHoSo: error code {found.error_code[:20]}")
        return found.data[0] if found.data else None

    # ---- calling

    async def _call(self, body: dict[str, Any], shape: type[_Reply]) -> Any:
        """One call in a session; an expired one is renewed once."""
        session = await self._current_session()
        reply = await self._call_in(session, body, shape)
        if reply is None:
            reply = await self._call_in(await self._current_session(instead_of=session), body, shape)
        if reply is None:
            raise Unavailable("a new session is refused as well")
        return reply

    async def _call_in(self, session: str, body: dict[str, Any], shape: type[_Reply]) -> Any:
        """None when the session is over."""
        access = self._access
        envelope = {"session": session, "madonvi": access.unit, **body}
        received = await self._wire.post(access.integration_path, headers=self._route, json=envelope)
        if received.status in (401, 403):
            return None
        if received.status != 200:
            raise Unavailable(f"{body['service']}: HTTP {received.status}")
        reply = received.parse(_Reply)  # the head first: an error need not carry data
        if not reply.is_good:
            return None if _EXPIRED.search(reply.folded) else shape(error_code=reply.error_code, message=reply.message)
        return received.parse(shape)

    async def _current_session(self, instead_of: str | None = None) -> str:
        """The session, or a new one; many who find it expired at once make one new one."""
        async with self._signing_in:
            if self._session is None or self._session == instead_of:
                self._session = None
                self._session = await self._sign_in()
            return self._session

    async def _sign_in(self) -> str:
        access = self._access
        body = {"username": access.username, "password": access.password}
        received = await self._wire.post(access.auth_path, headers=self._route, json=body)
        if received.status != 200:
            raise Unavailable(f"signing in: HTTP {received.status}")
        reply = received.parse(_Session)
        if reply.error_code != "0" or not reply.session:
            log.error("the one-stop system refuses our name and password (error code %s)", reply.error_code[:20])
            raise Unavailable("signing in is refused")
        return reply.session

    @property
    def _route(self) -> dict[str, str]:
        return {"dstcode": self._access.destination}


def _refusal(reply: _Reply) -> Answer:
    reason = reply.message[:MOST_REASON_CHARS] or f"error code {reply.error_code[:20]}"
    return Retry(reason) if _PASSING.search(reply.folded) or not reply.message else Rejected(reason)
