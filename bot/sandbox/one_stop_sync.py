"""The sandbox's DvcSync interface: a token, a number, the files, the dossier, its status."""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import APIRouter, Header, Request, UploadFile
from fastapi.responses import JSONResponse

from bot.sandbox.one_stop_exchange import Access
from bot.sandbox.one_stop_records import Exists, Missing, Records

MOST_FILE_BYTES = 6 * 1024 * 1024  # as provincial portals have it
NEEDED = ("MaHoSo", "MaTTHC", "ChuHoSo", "MaDonViTiepNhan", "NgayNop", "ThongTinNguoiNop")


def create_router(records: Records, access: Access) -> APIRouter:
    router = APIRouter()

    def is_let_in(authorization: str) -> bool:
        return records.is_session(authorization.removeprefix("Bearer "))

    @router.post("/GetToken")
    async def token(request: Request) -> JSONResponse:
        """For systems that know the client id and secret."""
        body = await _json(request)
        if not access.is_known(body.get("clientId"), body.get("clientSecret")):
            return _answer(401, "Sai thông tin đăng nhập")
        return JSONResponse({"token": records.open_session()})

    @router.post("/GetNextValue")
    async def next_value(request: Request, authorization: str = Header(default="")) -> JSONResponse:
        """For systems with a token."""
        if not is_let_in(authorization):
            return _answer(401, "Token hết hạn")
        code = str((await _json(request)).get("code", ""))
        if not code.startswith(f"{records.unit}-"):
            return _answer(400, f"Mã {code} không thuộc đơn vị")
        return JSONResponse({"value": records.next_number(code)})

    @router.post("/UploadFile")
    async def upload(file: UploadFile, authorization: str = Header(default="")) -> JSONResponse:
        """For systems with a token."""
        if not is_let_in(authorization):
            return _answer(401, "Token hết hạn")
        content = await file.read(MOST_FILE_BYTES + 1)
        if not content or len(content) > MOST_FILE_BYTES:
            return _answer(413 if content else 400, "Tệp trống hoặc quá lớn")
        digest = hashlib.sha256(content).hexdigest()
        media_type = file.content_type or "application/octet-stream"
        return JSONResponse({"IdGiayTo": records.add_upload(file.filename or "tep", media_type, digest, content)})

    @router.post("/CreateDossier")
    async def create(request: Request, authorization: str = Header(default="")) -> JSONResponse:
        """For systems with a token."""
        if not is_let_in(authorization):
            return _answer(401, "Token hết hạn")
        body = await _json(request)
        missing = [name for name in NEEDED if not body.get(name)]
        if missing:
            return _answer(400, f"Thiếu trường {', '.join(missing)}")
        try:
            return JSONResponse({"MaHoSo": records.create(str(body["MaHoSo"]), "dvc_sync", body)})
        except Exists:
            return _answer(400, f"Hồ sơ {body['MaHoSo']} đã tồn tại")

    @router.post("/CapNhatTienTrinh")
    @router.post("/CapNhatTrangThai")
    async def status(request: Request, authorization: str = Header(default="")) -> JSONResponse:
        """For systems with a token."""
        if not is_let_in(authorization):
            return _answer(401, "Token hết hạn")
        body = await _json(request)
        try:
            _take_status(records, body)
        except (KeyError, ValueError):
            return _answer(400, "Trạng thái không đúng")
        except Missing:
            return _answer(404, "Không có hồ sơ")
        return JSONResponse({"message": "Thành công"})

    return router


def _take_status(records: Records, body: dict[str, Any]) -> None:
    code, status = str(body["MaHoSo"]), int(body["TrangThai"])
    if status == 5:
        records.answer_supplement(code, body)
    else:
        records.move(code, status, "", str(body.get("NoiDung", "")))


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _answer(status: int, message: str) -> JSONResponse:
    return JSONResponse({"message": message}, status)
