"""The records of the exchange: ours as DongBoHoSoMC wants them, theirs read into a state."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from bot.submission.dossier import Status
from bot.submission.one_stop.formats import read_status, read_wire_time, wire_time
from bot.submission.one_stop.protocol import (
    Act,
    DossierState,
    Handover,
    HandoverCost,
    HandoverFile,
    ResultFile,
    Supplement,
)
from bot.submission.one_stop.wire import Theirs
from knowledge.text import clean

log = logging.getLogger(__name__)

MOST_SUMMARY_CHARS = 1000
MOST_STEP_NAME_CHARS = 50
MOST_WORDS = 1000  # of a reason or a request; a citizen reads it in a chat
ONLINE, CITIZEN, CITIZEN_ID, FILED_ELSEWHERE = "2", "1", "1", "2"
WHEN_RECEIVED = "1"
COST_KIND = {"fee": "1", "charge": "2"}


# ---- ours


def dossier_record(handover: Handover, code: str, link: Callable[[str], str]) -> dict[str, Any]:
    """One element of `data` of DongBoHoSoMC."""
    is_submission = handover.act is Act.submit
    return {
        "MaHoSo": code,
        "MaTTHC": handover.procedure_code,
        "TenTTHC": handover.procedure_name,
        "MaLinhVuc": "",
        "TenLinhVuc": handover.sector,
        "KenhThucHien": ONLINE,
        "ChuHoSo": handover.applicant_name,
        "LoaiDoiTuong": CITIZEN,
        "MaDoiTuong": "",
        "ThongTinKhac": "\n".join(f"{label.rstrip('?:. ')}: {answer}" for label, answer in handover.answers.items()),
        "Email": handover.email,
        "Fax": "",
        "SoDienThoai": handover.phone,
        "TrichYeuHoSo": handover.summary[:MOST_SUMMARY_CHARS],
        "NgayNopHoSo": wire_time(handover.submitted_at),
        "TrangThaiHoSo": "1" if is_submission else "5",
        "NoiNopHoSo": FILED_ELSEWHERE,
        "HoSoCoThanhPhanSoHoa": "1" if handover.documents else "0",
        "TaiKhoanDuocXacThucVoiVNeID": "0",
        "DuocThanhToanTrucTuyen": "0",
        "GhiChu": handover.reference,
        "DinhDanhCHS": _identity(handover),
        "TaiLieuNop": [_document(file, link) for file in handover.documents] if is_submission else [],
        "DanhSachLePhi": [_cost(cost) for cost in handover.costs],
        "DanhSachTepDinhKemKhac": [],
        "DanhSachHoSoBoSung": [] if is_submission else [_supplement(handover, link)],
        "DanhSachGiayToKetQua": [],
    }


def _identity(handover: Handover) -> list[dict[str, str]]:
    return [{"LoaiDinhDanh": CITIZEN_ID, "SoDinhDanh": handover.citizen_id}] if handover.citizen_id else []


def _document(file: HandoverFile, link: Callable[[str], str]) -> dict[str, str]:
    return {
        "TepDinhKemId": file.attachment_id,
        "TenTepDinhKem": file.name,
        "IsDeleted": "False",
        "MaThanhPhanHoSo": file.document_code,
        "DuongDanTaiTepTin": link(file.attachment_id),
        "DuocSoHoa": "1",
        "DuocTaiSuDung": "0",
        "DuocLayTuKhoDMQG": "0",
        "MaKetQuaThayThe": "",
    }


def _cost(cost: HandoverCost) -> dict[str, str]:
    return {
        "TenPhiLePhi": cost.name,
        "MaPhiLePhi": "",
        "HinhThucThu": WHEN_RECEIVED,
        "Gia": str(cost.amount_vnd),
        "LoaiPhiLePhi": COST_KIND.get(cost.kind, "2"),
    }


def _supplement(handover: Handover, link: Callable[[str], str]) -> dict[str, Any]:
    return {
        "HoSoBoSungId": handover.supplement_id or handover.reference,
        "ThongTinTiepNhan": handover.summary[:MOST_SUMMARY_CHARS],
        "NgayTiepNhanBoSung": wire_time(handover.submitted_at),
        "TrangThaiBoSung": "1",
        "DanhSachGiayToBoSung": [_document(file, link) for file in handover.documents],
    }


def progress_step(handover: Handover, code: str, status: str) -> dict[str, str]:
    """One element of `data` of CapNhatTienDoHoSoMC."""
    return {
        "MaHoSo": code,
        "NguoiXuLy": handover.applicant_name[:MOST_STEP_NAME_CHARS],
        "ChucDanh": "",
        "ThoiDiemXuLy": wire_time(handover.submitted_at),
        "PhongBanXuLy": "",
        "NoiDungXuLy": handover.summary[:MOST_SUMMARY_CHARS],
        "TrangThai": status,
        "NgayBatDau": wire_time(handover.submitted_at),
        "NgayKetThucTheoQuyDinh": "",
    }


# ---- theirs


class Lenient(Theirs):
    """Texts may be null or long: cleaned of what is invisible and cut, for citizens read some of them."""

    @field_validator("*", mode="before")
    @classmethod
    def _tidy(cls, value: object) -> object:
        if value is None:
            return ""
        return clean(value[: 4 * MOST_WORDS])[:MOST_WORDS] if isinstance(value, str) else value


class Paper(Lenient):
    TenGiayTo: str = ""
    TenTepDinhKem: str = ""


class Requested(Lenient):
    HoSoBoSungId: str = ""
    NoiDungBoSung: str = ""
    NgayBoSung: str = ""
    NgayHenBoSung: str = ""
    NgayTiepNhanBoSung: str = ""
    DanhSachGiayToBoSung: list[Paper] | str = Field(default=[], max_length=100)


class Result(Lenient):
    TenGiayTo: str = ""
    DuongDanTepTinKetQua: str = ""
    MaGiayToKetQua: str = ""


class Cost(Lenient):
    TenPhiLePhi: str = ""
    Gia: str = ""


class Record(Lenient):
    """A dossier in the fields of DongBoHoSoMC."""

    MaHoSo: str = Field(max_length=60)
    TenTTHC: str = ""
    ChuHoSo: str = ""
    TrangThaiHoSo: str
    DonViXuLy: str = ""
    NguoiXuLy: str = ""
    NgayNopHoSo: str = ""
    NgayTiepNhan: str = ""
    NgayHenTra: str = ""
    NgayTra: str = ""
    NgayKetThucXuLy: str = ""
    NgayTuChoi: str = ""
    GhiChu: str = ""
    ThongTinTra: str = ""
    DanhSachHoSoBoSung: list[Requested] | str = Field(default=[], max_length=100)
    DanhSachGiayToKetQua: list[Result] | str = Field(default=[], max_length=100)
    DanhSachLePhi: list[Cost] | str = Field(default=[], max_length=100)


def read_record(record: Record, trusted: frozenset[str], as_of: datetime | None = None) -> DossierState:
    """`trusted`: hosts a citizen may be sent to, besides those of the state (.gov.vn)."""
    status = read_status(record.TrangThaiHoSo)
    if status is None:
        log.warning("the one-stop system tells a status we do not know: %.20s", record.TrangThaiHoSo)
    return DossierState(
        code=record.MaHoSo,
        status=status,
        raw_status=record.TrangThaiHoSo[:20],
        procedure_name=record.TenTTHC,
        applicant_name=record.ChuHoSo,
        agency=record.DonViXuLy,
        officer=record.NguoiXuLy,
        submitted_at=read_wire_time(record.NgayNopHoSo),
        accepted_at=read_wire_time(record.NgayTiepNhan),
        promised_at=read_wire_time(record.NgayHenTra),
        finished_at=read_wire_time(record.NgayTra) or read_wire_time(record.NgayKetThucXuLy),
        reason=record.GhiChu if status in (Status.refused, Status.stopped) else "",
        amount_vnd=_total(record) if status is Status.payment_requested else None,
        supplement=_open_supplement(record) if status is Status.supplement_requested else None,
        results=tuple(_result(result, trusted) for result in _list(record.DanhSachGiayToKetQua)),
        as_of=as_of,
    )


def _list(value: list[Any] | str) -> list[Any]:
    return value if isinstance(value, list) else []


def _open_supplement(record: Record) -> Supplement:
    """The last request that was not answered yet."""
    requested = [one for one in _list(record.DanhSachHoSoBoSung) if not one.NgayTiepNhanBoSung]
    if not requested:
        return Supplement(id="", what=record.GhiChu)
    last = requested[-1]
    papers = tuple(paper.TenGiayTo for paper in _list(last.DanhSachGiayToBoSung) if paper.TenGiayTo)
    return Supplement(last.HoSoBoSungId, last.NoiDungBoSung, papers, read_wire_time(last.NgayHenBoSung))


def _total(record: Record) -> int | None:
    prices = [cost.Gia.replace(".", "") for cost in _list(record.DanhSachLePhi)]
    figures = [int(price) for price in prices if price.isascii() and price.isdigit() and len(price) <= 12]
    return sum(figures) if figures and len(figures) == len(prices) else None


def _result(result: Result, trusted: frozenset[str]) -> ResultFile:
    return ResultFile(result.TenGiayTo, trusted_link(result.DuongDanTepTinKetQua, trusted))


def trusted_link(url: str, trusted: frozenset[str]) -> str | None:
    """The address if a citizen may be sent there: the state's own hosts by https, or those we were told of."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    is_states = parts.scheme == "https" and host.endswith(".gov.vn") and parts.username is None
    return url if is_states or (parts.scheme in ("http", "https") and parts.netloc in trusted) else None
