"""The sandbox's provincial exchange: signing in, DongBoHoSoMC, CapNhatTienDoHoSoMC, TraCuuHoSo."""

from __future__ import annotations

import datetime as dt
import hmac
import json
import re
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse

from bot.sandbox.one_stop_records import Dossier, Exists, Missing, Records
from knowledge.working_days import VIETNAM

MOST_RECORDS = 10
WIRE_TIME = re.compile(r"\d{14}")
NEEDED = ("MaHoSo", "MaTTHC", "TenTTHC", "ChuHoSo", "NgayNopHoSo", "TrangThaiHoSo")
WITHDRAWN = "7"
EXPIRED = "Session không hợp lệ hoặc đã hết hạn"


@dataclass(frozen=True)
class Access:
    """Who is let in, and where a citizen's browser finds the results."""

    user: str
    password: str = field(repr=False)
    public_base: str

    def is_known(self, user: object, password: object) -> bool:
        is_user = hmac.compare_digest(str(user).encode(), self.user.encode())
        return hmac.compare_digest(str(password).encode(), self.password.encode()) and is_user


def create_router(records: Records, access: Access) -> APIRouter:
    router = APIRouter()
    services = _Services(records, access)

    @router.post("/auth")
    async def auth(request: Request, dstcode: str = Header(default="")) -> JSONResponse:
        """For systems that know the name and password."""
        body = await _json(request)
        if not dstcode or not access.is_known(body.get("username"), body.get("password")):
            return JSONResponse({"error_code": "1", "session": "", "message": "Sai tài khoản hoặc mật khẩu"})
        return JSONResponse({"error_code": 0, "session": records.open_session()})

    @router.post("/integration")
    async def integration(request: Request, dstcode: str = Header(default="")) -> JSONResponse:
        """For systems with a session."""
        body = await _json(request)
        if not dstcode or not records.is_session(str(body.get("session", ""))):
            return _error("-1", EXPIRED)
        if body.get("madonvi") != records.unit:
            return _error("3", f"Mã đơn vị {body.get('madonvi')} không đúng")
        return services.answer(body)

    return router


class _Services:
    def __init__(self, records: Records, access: Access) -> None:
        self._records, self._access = records, access

    def answer(self, body: dict[str, Any]) -> JSONResponse:
        match body.get("service"):
            case "DongBoHoSoMC":
                return self._synchronise(body)
            case "CapNhatTienDoHoSoMC":
                return self._progress(body)
            case "TraCuuHoSo":
                found = self._records.find(str(body.get("MaHoSo", "")))
                return JSONResponse(_good() | {"data": [self.record(found)] if found else []})
            case other:
                return _error("4", f"Dịch vụ {other} không tồn tại")

    def _synchronise(self, body: dict[str, Any]) -> JSONResponse:
        data = body.get("data")
        if not isinstance(data, list) or not 1 <= len(data) <= MOST_RECORDS:
            return _error("2", "Dữ liệu data không đúng")
        for record in data:
            trouble = _trouble(record) or self._take(record, body.get("isUpdating") == "True")
            if trouble:
                return _error("2", trouble)
        return JSONResponse(_good())

    def _take(self, record: dict[str, Any], is_update: bool) -> str | None:
        """What is wrong with it; None when it was taken."""
        code = record["MaHoSo"]
        try:
            if not is_update:
                self._records.create(code, "exchange", record)
                return None
            added = record.get("DanhSachHoSoBoSung")
            self._records.update(code, record)
            if added:
                self._records.answer_supplement(code, added[-1])
        except Exists:
            return f"Hồ sơ {code} đã tồn tại"
        except Missing:
            return f"Hồ sơ {code} không có trong hệ thống"
        return None

    def _progress(self, body: dict[str, Any]) -> JSONResponse:
        data = body.get("data")
        if not isinstance(data, list) or not 1 <= len(data) <= MOST_RECORDS:
            return _error("2", "Dữ liệu data không đúng")
        for step in data:
            try:
                self._records.move(str(step["MaHoSo"]), int(step["TrangThai"]), "", str(step["NoiDungXuLy"]))
            except (KeyError, ValueError, Missing):
                return _error("2", "Tiến độ không đúng")
        return JSONResponse(_good())

    def record(self, dossier: Dossier) -> dict[str, Any]:
        """The dossier in the fields of DongBoHoSoMC, as it stands now."""
        return dossier.record | {
            "MaHoSo": dossier.code,
            "TrangThaiHoSo": str(dossier.status),
            "NgayTiepNhan": _wire(dossier.accepted_at),
            "NgayHenTra": _wire(dossier.promised_at),
            "NgayKetThucXuLy": _wire(dossier.finished_at),
            "NgayTra": _wire(dossier.finished_at) if dossier.status == 10 else "",
            "NgayTuChoi": _wire(dossier.finished_at) if dossier.status == 3 else "",
            "DonViXuLy": "Trung tâm Phục vụ hành chính công (thử nghiệm)",
            "NguoiXuLy": dossier.officer,
            "GhiChu": dossier.reason,
            "DanhSachLePhi": _costs(dossier),
            "DanhSachHoSoBoSung": [_supplement(row) for row in self._records.supplements(dossier)],
            "DanhSachGiayToKetQua": [
                {
                    "TenGiayTo": row["name"],
                    "MaThanhPhanHoSo": "",
                    "GiayToId": row["id"],
                    "DuongDanTepTinKetQua": f"{self._access.public_base}/results/{row['id']}",
                    "MaGiayToKetQua": row["id"],
                }
                for row in self._records.results(dossier)
            ],
        }


def state_record(records: Records, access: Access, dossier: Dossier) -> dict[str, Any]:
    return _Services(records, access).record(dossier)


def _costs(dossier: Dossier) -> list[dict[str, Any]]:
    if dossier.amount_vnd is None:
        return dossier.record.get("DanhSachLePhi", [])
    return [{"TenPhiLePhi": "Lệ phí", "MaPhiLePhi": "", "HinhThucThu": "1", "Gia": str(dossier.amount_vnd)}]


def _supplement(row: Any) -> dict[str, Any]:
    until = dt.datetime.fromisoformat(row["until"]) if row["until"] else None
    answered = dt.datetime.fromisoformat(row["answered_at"]) if row["answered_at"] else None
    return {
        "HoSoBoSungId": row["id"],
        "NguoiYeuCauBoSung": "",
        "NoiDungBoSung": row["what"],
        "NgayBoSung": _wire(dt.datetime.fromisoformat(row["asked_at"])),
        "NgayHenBoSung": _wire(until),
        "NgayTiepNhanBoSung": _wire(answered),
        "TrangThaiBoSung": "1" if answered else "0",
        "DanhSachGiayToBoSung": [{"TenGiayTo": paper} for paper in json.loads(row["papers"])],
    }


def _trouble(record: Any) -> str | None:
    if not isinstance(record, dict):
        return "Hồ sơ không đúng định dạng"
    missing = [name for name in NEEDED if not record.get(name)]
    if missing:
        return f"Thiếu trường {', '.join(missing)}"
    if not WIRE_TIME.fullmatch(str(record["NgayNopHoSo"])):
        return "NgayNopHoSo không đúng định dạng yyyyMMddHHmmss"
    return None


def _wire(moment: dt.datetime | None) -> str:
    return moment.astimezone(VIETNAM).strftime("%Y%m%d%H%M%S") if moment else ""


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _good() -> dict[str, Any]:
    return {"error_code": "0", "message": "Thành công"}


def _error(code: str, message: str) -> JSONResponse:
    return JSONResponse({"error_code": code, "message": message})
