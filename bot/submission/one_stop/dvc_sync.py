"""The ministries' DvcSync interface of 2026: a number first, then the files, then the dossier."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import tempfile
from dataclasses import dataclass, field
from typing import IO, Any

from pydantic import Field

from bot.submission.one_stop.exchange import CODE, MOST_REASON_CHARS
from bot.submission.one_stop.formats import DOSSIER_CODE, wire_time
from bot.submission.one_stop.protocol import (
    Accepted,
    Act,
    Answer,
    DossierState,
    Files,
    Handover,
    HandoverFile,
    Notes,
    Rejected,
    Retry,
    Unavailable,
)
from bot.submission.one_stop.wire import Received, Theirs, Wire
from knowledge.text import fold

log = logging.getLogger(__name__)

NUMBER_DIGITS = 4
ELECTRONIC = 2
CITIZEN = 0
MEMORY_BYTES = 1024 * 1024  # of a file on its way; what is larger waits on the disk
WITHDRAWN, SUPPLEMENTED = 7, 5
REFUSED = frozenset({400, 413, 422})
NOTE_CHARS = 1000


@dataclass(frozen=True)
class DvcSyncAccess:
    client_id: str
    client_secret: str = field(repr=False)
    unit: str  # mã đơn vị tiếp nhận, and the first part of every dossier code


class _Token(Theirs):
    token: str = Field(min_length=1, max_length=8192)


class _Next(Theirs):
    value: int = Field(ge=1, le=9_999_999)


class _Uploaded(Theirs):
    IdGiayTo: str = Field(min_length=1, max_length=200)


class _Created(Theirs):
    MaHoSo: str = Field(min_length=1, max_length=60)


class _Trouble(Theirs):
    message: str = Field(default="", max_length=10_000)


class _Refused(Exception):
    """Understood and refused, with their words."""


class DvcSync:
    """One adapter; what it was given (number, file ids) is noted before the next step, so that no step is done anew."""

    def __init__(self, wire: Wire, access: DvcSyncAccess, notes: Notes, files: Files) -> None:
        self._wire, self._access, self._notes, self._files = wire, access, notes, files
        self._token: str | None = None
        self._signing_in = asyncio.Lock()

    # ---- what the protocol promises

    async def submit(self, handover: Handover) -> Answer:
        try:
            if handover.act is not Act.submit:
                return await self._report(handover)
            code = await self._reserve(handover)
            papers = [await self._upload(handover.reference, file) for file in handover.documents]
            return await self._create(handover, code, papers)
        except Unavailable as reason:
            return Retry(str(reason))
        except _Refused as reason:
            return Rejected(str(reason))

    async def progress(self, reference: str) -> DossierState | None:
        """Nothing can be asked there: these systems report to us (CapNhatTrangThai)."""
        return None

    async def look_up(self, code: str) -> DossierState | None:
        return None

    # ---- the steps

    async def _reserve(self, handover: Handover) -> str:
        """The dossier code: a number is drawn once, and kept before anything is created under it."""
        known = await self._notes.get(handover.reference, CODE)
        if known:
            return known
        day = f"{self._access.unit}-{wire_time(handover.submitted_at)[2:8]}"
        number = (await self._call("GetNextValue", json={"code": day})).parse(_Next).value
        code = f"{day}-{number:0{NUMBER_DIGITS}d}"
        if not DOSSIER_CODE.match(code):
            raise Unavailable(f"{code} is no dossier code: see MOTCUA_ONE_STOP_UNIT")
        return await self._notes.keep(handover.reference, CODE, code)

    async def _upload(self, reference: str, file: HandoverFile) -> dict[str, Any]:
        uploaded_id, digest = await self._uploaded(reference, file)
        paper = {
            "IdGiayTo": uploaded_id,
            "MaKetQua": "",
            "TenGiayTo": file.name,
            "HashTepTin": digest,
        }
        return {
            "MaThanhPhanHoSo": file.document_code,
            "TenThanhPhanHoSo": file.document_name,
            "SoLuong": 1,
            "LoaiBan": ELECTRONIC,
            "GiayToDinhKem": [paper],
        }

    async def _uploaded(self, reference: str, file: HandoverFile) -> tuple[str, str]:
        """Their id of the file and its digest; a file that arrived is not sent again."""
        note = f"file:{file.attachment_id}"
        known = await self._notes.get(reference, note)
        if known is None:
            with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as spool:
                digest = await self._spool(file, spool)
                content = {"file": (file.name, spool, file.media_type)}
                found = (await self._call("UploadFile", files=content, rewind=spool)).parse(_Uploaded)
            known = await self._notes.keep(reference, note, f"{digest} {found.IdGiayTo}")
        digest, _, uploaded_id = known.partition(" ")
        return uploaded_id, digest

    async def _spool(self, file: HandoverFile, spool: IO[bytes]) -> str:
        digest = hashlib.sha256()
        async for chunk in self._files.read(file.attachment_id):
            digest.update(chunk)
            spool.write(chunk)
        return digest.hexdigest()

    async def _create(self, handover: Handover, code: str, papers: list[dict[str, Any]]) -> Answer:
        try:
            received = await self._call("CreateDossier", json=_dossier(handover, code, self._access.unit, papers))
        except _Refused as refused:
            if "da ton tai" in fold(str(refused)):  # our number, so it is ours: an earlier attempt arrived
                return Accepted(code)
            raise
        received.parse(_Created)
        return Accepted(code)

    async def _report(self, handover: Handover) -> Answer:
        code = await self._notes.get(handover.reference, CODE)
        if code is None:
            return Rejected("the dossier was never created there")
        is_supplement = handover.act is Act.supplement
        papers = [await self._upload(handover.reference, file) for file in handover.documents]
        body = {
            "MaHoSo": code,
            "TrangThai": SUPPLEMENTED if is_supplement else WITHDRAWN,
            "ThoiDiem": wire_time(handover.submitted_at),
            "NoiDung": handover.summary[:NOTE_CHARS],
            "ThanhPhanHoSo": papers,
        }
        await self._call("CapNhatTrangThai", json=body)
        return Accepted(code)

    # ---- calling

    async def _call(self, path: str, rewind: IO[bytes] | None = None, **content: Any) -> Received:
        """One call with our token; an expired one is renewed once. Raises Unavailable, _Refused."""
        token = await self._current_token()
        received = await self._post(path, token, rewind, content)
        if received.status == 401:
            token = await self._current_token(instead_of=token)
            received = await self._post(path, token, rewind, content)
        if received.status in REFUSED:
            reason = received.parse(_Trouble).message[:MOST_REASON_CHARS]
            raise _Refused(reason or f"{path}: HTTP {received.status}")
        if received.status != 200:  # 403, 404: ours or their settings are wrong, the dossier is not
            raise Unavailable(f"{path}: HTTP {received.status}")
        return received

    async def _post(self, path: str, token: str, rewind: IO[bytes] | None, content: dict[str, Any]) -> Received:
        if rewind:
            rewind.seek(0)
        return await self._wire.post(path, headers={"Authorization": f"Bearer {token}"}, **content)

    async def _current_token(self, instead_of: str | None = None) -> str:
        async with self._signing_in:
            if self._token is None or self._token == instead_of:
                self._token = None
                self._token = await self._sign_in()
            return self._token

    async def _sign_in(self) -> str:
        body = {"clientId": self._access.client_id, "clientSecret": self._access.client_secret}
        received = await self._wire.post("GetToken", json=body)
        if received.status in (400, 401, 403):
            log.error("the one-stop system refuses our client id and secret (HTTP %d)", received.status)
        if received.status != 200:
            raise Unavailable(f"GetToken: HTTP {received.status}")
        return received.parse(_Token).token


def _dossier(handover: Handover, code: str, unit: str, papers: list[dict[str, Any]]) -> dict[str, Any]:
    """The body of CreateDossier."""
    return {
        "MaHoSo": code,
        "MaTTHC": handover.procedure_code,
        "MaDichVuCong": handover.procedure_code,
        "ChuHoSo": handover.applicant_name,
        "LoaiDoiTuong": CITIZEN,
        "MaDonViTiepNhan": unit,
        "NgayNop": wire_time(handover.submitted_at),
        "ThanhPhanHoSo": papers,
        "ThongTinNguoiNop": {
            "LoaiDoiTuong": CITIZEN,
            "IdDoiTuong": handover.citizen_id,
            "ThongTinChiTiet": {
                "HoVaTen": handover.applicant_name,
                "SoDienThoai": handover.phone,
                "Email": handover.email,
                "ToKhai": dict(handover.answers),
            },
        },
    }
